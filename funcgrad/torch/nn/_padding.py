"""Padding layers: one class, in four modes and one to three dimensions."""

from __future__ import annotations

from typing import Any, ClassVar

from funcgrad.torch._ops.padding import pad
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._convolutions import ntuple
from funcgrad.torch.nn._module import Module


class _Pad(Module):
    """Elements added at the ends of the last dimensions.

    Args:
        padding: One number, or `(before, after)` of the last dimension, then of the one before it, and so on.
    """

    ndim: ClassVar[int]
    mode: ClassVar[str]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = ntuple(padding, 2 * self.ndim)

    def forward(self, input: Tensor) -> Tensor:
        """The padded input."""
        return pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """As `_Pad`, with a value of one's own."""

    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The padded input."""
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The numbers and the value."""
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.padding}"


class _CircularPad(_Pad):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """The padded input."""
        if input.ndim not in (self.ndim + 1, self.ndim + 2):
            raise ValueError(f"expected {self.ndim + 1}D or {self.ndim + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


def _family(base: type, kind: str, text: str) -> list[type]:
    """The class in one, two and three dimensions."""
    made = []
    for n in (1, 2, 3):
        name = f"{kind}Pad{n}d"
        made.append(type(name, (base,), {"ndim": n, "__doc__": text, "__module__": __name__, "__qualname__": name}))
    return made


class _ReflectionPad(_Pad):
    mode = "reflect"


class _ReplicationPad(_Pad):
    mode = "replicate"


ConstantPad1d, ConstantPad2d, ConstantPad3d = _family(_ConstantPad, "Constant", "Padding with a value.")
ZeroPad1d, ZeroPad2d, ZeroPad3d = _family(_ZeroPad, "Zero", "Padding with zeros.")
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = _family(
    _ReflectionPad, "Reflection", "Padding with a mirror image."
)
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = _family(
    _ReplicationPad, "Replication", "Padding with the first and last elements."
)
CircularPad1d, CircularPad2d, CircularPad3d = _family(_CircularPad, "Circular", "Padding with the other end.")
