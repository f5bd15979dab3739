"""Legacy constructors: `torch.Tensor(2, 3)`, `torch.FloatTensor([1, 2])`, and their types for `isinstance`."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._dispatch import alias
from funcgrad.torch._ops.creation import empty, tensor
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import DTYPES, dtype, get_default_dtype


def constructed(given: tuple[Any, ...], wanted: dtype) -> Tensor:
    """A tensor as the old constructors make it: from sizes, without values, or from a sequence.

    Args:
        given: Several sizes, or one sequence, array or tensor.
        wanted: The dtype of the result, whatever the data's.

    Raises:
        TypeError: A tensor of another dtype.
    """
    if len(given) == 1 and not hasattr(given[0], "__index__") or _is_tensor(given):
        data = given[0]
        if not isinstance(data, Tensor):
            return tensor(data, dtype=wanted)
        if data.dtype is not wanted:
            raise TypeError(
                f"expected {wanted.scalar} (got {data.dtype.scalar}); use tensor.to(torch.{wanted.name}) to convert"
            )
        return alias(data)
    return empty(*(given or (0,)), dtype=wanted)


def _is_tensor(given: tuple[Any, ...]) -> bool:
    return len(given) == 1 and isinstance(given[0], Tensor)


class _TensorType(type):
    """The class of `torch.FloatTensor` and its kin: an instance is a tensor of their dtype."""

    dtype: dtype

    def __call__(cls, *given: Any) -> Tensor:
        return constructed(given, cls.dtype)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype


def new(input: Tensor, *given: Any) -> Tensor:
    """A tensor of the dtype of another, as the old constructors make it."""
    return constructed(given, input.dtype)


def install_constructor() -> None:
    """Let `torch.Tensor(...)` construct; the class itself has nothing to do with values."""

    def construct(cls: type[Tensor], *given: Any) -> Tensor:
        if cls is not Tensor:
            return object.__new__(cls)
        return constructed(given, get_default_dtype())

    Tensor.__new__ = construct  # pyright: ignore[reportAttributeAccessIssue]


ROWS = (
    *(Row(d.legacy, _TensorType(d.legacy, (), {"dtype": d, "__module__": "torch"}), method=False) for d in DTYPES),
    Row("new", new, function=False),
)
