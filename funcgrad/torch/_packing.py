"""Packing: what users do with the tensors that a graph saves, when it saves them and when it needs them.

A packed tensor is the users' own: later changes of it are no error, and its node is never replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from funcgrad.torch._dispatch import value_of
from funcgrad.torch._graph import OperatorNode, savers
from funcgrad.torch._hooks import hooks_of
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Value

CHANGED = (
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
    "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to "
    "perform in-place operations on the input to a pack hook."
)
NOT_A_TENSOR = "Output of saved tensor unpack_hook expected to be a Tensor but got result of type {}"
_OTHER_FIRST = ("MulBackward0", "DivBackward0", "MmBackward0", "BmmBackward0")
"""Nodes whose second operand is saved before the first."""

_refusals: list[str] = []


class Packed(NamedTuple):
    """What a pack hook made of a tensor, and what makes a tensor of it again."""

    content: Any
    unpack: Callable[[Any], Any]

    def tensor(self) -> Tensor:
        """The tensor.

        Raises:
            TypeError: The hook gives something else.
        """
        made = self.unpack(self.content)
        if not isinstance(made, Tensor):
            raise TypeError(NOT_A_TENSOR.format(type(made).__name__))
        return made

    def value(self) -> Value:
        """Its value."""
        return value_of(self.tensor())


class Packer(NamedTuple):
    """A pair of hooks."""

    pack: Callable[[Tensor], Any]
    unpack: Callable[[Any], Any]

    def packed(self, x: Tensor) -> Packed:
        """The tensor, packed.

        Raises:
            RuntimeError: The hook changes it in place.
        """
        version = x._version
        content = self.pack(x)
        if x._version != version:
            raise RuntimeError(CHANGED)
        return Packed(content, self.unpack)

    def __call__(self, node: OperatorNode) -> None:
        """Pack what a new node keeps."""
        kept: Any = node.kept
        places = [k for k, x in enumerate(kept) if type(x) is Value]
        if not places:
            return
        packed = hooks_of(node).packed
        for k in reversed(places) if node.label() in _OTHER_FIRST else places:
            packed[k] = self.packed(_shown(node, k))
            kept[k] = None
        node.storages, node.versions = [], []


def _shown(node: OperatorNode, k: int) -> Tensor:
    origin, value = node.origin(k), node.kept[k]  # pyright: ignore[reportOptionalSubscript]
    return origin if isinstance(origin, Tensor) else wrap(value, origin)


class saved_tensors_hooks:  # PyTorch's name
    """A block whose graphs keep what `pack_hook` makes of the tensors that they save; libraries make classes of it.

    Args:
        pack_hook: From a tensor to anything, called when it is saved.
        unpack_hook: From that to a tensor, called when it is needed.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        """Begin to pack.

        Raises:
            RuntimeError: The block is in one of `disable_saved_tensors_hooks`.
        """
        if _refusals:
            raise RuntimeError(_refusals[-1])
        savers.append(Packer(self.pack_hook, self.unpack_hook))

    def __exit__(self, *exception: object) -> None:
        """Go back to the block around this one."""
        savers.pop()


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """A block in which `saved_tensors_hooks` raises this error.

    Raises:
        RuntimeError: The block is in one of `saved_tensors_hooks`.
    """
    if savers:
        raise RuntimeError(error_message)
    _refusals.append(error_message)
    try:
        yield
    finally:
        _refusals.pop()
