"""Legacy constructors: `torch.Tensor(2, 3)`, `torch.FloatTensor([1, 2])`, and their types for `isinstance`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.torch._ops.creation import as_tensor, empty
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.storages import TypedStorage, UntypedStorage, viewed
from funcgrad.torch._overriding import as_subclass, of_class
from funcgrad.torch._tensor import Tensor, strided
from funcgrad.torch._types import DTYPES, Size, dtype, get_default_dtype
from funcgrad.torch._types import device as device_of


def constructed(
    given: tuple[Any, ...], wanted: dtype, *, strict: bool = True, size: Any = None, device: Any = None, **other: Any
) -> Tensor:
    """A tensor as the old constructors make it: from sizes, without values, or from data.

    Args:
        given: Several sizes, or one sequence, array, storage or tensor. The result lies on the memory of a tensor, a
            storage, or an array of its dtype.
        wanted: The dtype of the result, whatever the data's.
        strict: Whether a given tensor must have this dtype already.
        size: Sizes, as a keyword.
        device: `cpu` or None.
        other: Keywords that PyTorch refuses here.

    Raises:
        TypeError: A tensor of another dtype, a number that is no size, another keyword.
        RuntimeError: Another device, a storage of another dtype.
    """
    _check_keywords(given, device, other)
    given = given if size is None else (Size(size),)
    if len(given) != 1 or _is_size(given[0]):
        _check_sizes(given)
        return empty(*(given or (0,)), dtype=wanted)
    data = given[0]
    if isinstance(data, Tensor):
        return _same_memory(data, wanted, strict)
    if isinstance(data, TypedStorage | UntypedStorage):
        return viewed(data, wanted)
    if not isinstance(data, Sequence | np.ndarray):
        raise TypeError(f"new(): data must be a sequence (got {_name_of(data)})")
    return as_tensor(data, wanted)


def _is_size(x: Any) -> bool:
    return isinstance(x, Size) or (hasattr(x, "__index__") and not isinstance(x, Tensor | np.ndarray))


def _name_of(x: Any) -> str:
    kind = type(x)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _check_keywords(given: tuple[Any, ...], device: Any, other: dict[str, Any]) -> None:
    if device is not None and (asked := device_of(device).type) != "cpu":
        raise RuntimeError(f"legacy constructor expects device type: cpu but device type: {asked} was passed")
    if other:
        shown = [_name_of(x) for x in given] + [f"{name}={_name_of(x)}" for name, x in other.items()]
        raise TypeError(
            f"new() received an invalid combination of arguments - got ({', '.join(shown)}). Sizes or one sequence "
            "were expected; torch.tensor(data, dtype=...) takes a dtype."
        )


def _check_sizes(given: tuple[Any, ...]) -> None:
    for position, size in enumerate(given, 1):
        if not (_is_size(size) or (isinstance(size, Tensor) and size.ndim == 0 and size._aval.dtype.kind in "iu")):
            raise TypeError(
                f"new(): argument 'size' failed to unpack the object at pos {position} with error \"type must be tuple "
                f'of ints,but got {_name_of(size)}"'
            )


def _same_memory(data: Tensor, wanted: dtype, strict: bool) -> Tensor:
    if strict and data.dtype is not wanted:
        raise TypeError(
            f"expected {wanted.scalar} (got {data.dtype.scalar}); write tensor.to(torch.{wanted.name}) to convert"
        )
    return as_subclass(data, Tensor)


class _TensorType(type):
    """The class of `torch.FloatTensor` and its kin: an instance is a tensor of their dtype."""

    dtype: dtype
    is_cuda = is_sparse = False
    layout = strided

    def __call__(cls, *given: Any, **keywords: Any) -> Tensor:
        return constructed(given, cls.dtype, **keywords)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype


def new(input: Tensor, *given: Any, **keywords: Any) -> Tensor:
    """A tensor of the dtype of another, as the old constructors make it."""
    return constructed(given, input.dtype, **keywords)


def construct(cls: type[Tensor], *given: Any, **keywords: Any) -> Tensor:
    """`torch.Tensor(...)`: a tensor of the default dtype, on the memory of a given tensor."""
    return of_class(constructed(given, get_default_dtype(), strict=False, **keywords), cls)


ROWS = (
    *(Row(d.legacy, _TensorType(d.legacy, (), {"dtype": d, "__module__": "torch"}), method=False) for d in DTYPES),
    Row("new", new, function=False),
    Row("__new__", staticmethod(construct), function=False),
)
