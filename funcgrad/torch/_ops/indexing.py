"""Indexing: reading and writing parts of a tensor.

Integers, slices, None and `...` give views; where they start is data, so a loop over `x[i]` is one program. Tensors,
lists and masks give copies; the places that a mask selects must be known to know the shape, so a mask is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply, value_of, view
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._ops.choice import MASKED_FILL
from funcgrad.torch._ops.copying import to_dtype
from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._ops.inplace import COPY_INTO, copy_, fill_
from funcgrad.torch._ops.positions import GATHER, SCATTER, as_indices
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.shape import expanded_shape
from funcgrad.torch._ops.slicing import ALL, ENTIRE, NEW, ONE, SLICE, WHOLE
from funcgrad.torch._ops.type_queries import typename
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import INDEX_OF_SCALAR, LIST_OF_INDICES, SLICE_OF_SCALAR, UINT8_MASK
from funcgrad.torch._types import bool_, int64, type_name
from funcgrad.trace import NUMBERS, array_of

STRING_AS_INDEX = "new(): invalid data type 'str'"


class _Parsed(NamedTuple):
    pattern: tuple[Any, ...]
    places: tuple[int, ...]
    arrays: tuple[Tensor | None, ...]  # an index for each dimension of the view, None where all of it is taken


def _parse(x: Tensor, index: Any) -> _Parsed:
    """Split an index into a view by numbers and slices, and what tensors then select from it."""
    if not x._aval.shape and isinstance(index, int | slice) and not isinstance(index, bool):
        raise IndexError(SLICE_OF_SCALAR if isinstance(index, slice) else INDEX_OF_SCALAR)
    items: Any = index if type(index) is tuple else _listed(index)
    if len(items) <= x.ndim and all([type(item) in _NUMBERED for item in items]):  # noqa: C419 - faster
        return _by_numbers(x._aval.shape, items)
    items = [_plain(item) for item in items]
    items = _without_ellipsis(items, x.ndim)
    pattern: list[Any] = []
    places: list[int] = []
    arrays: list[Tensor | None] = []
    dim = 0
    for item in items:
        if item is None or isinstance(item, bool):
            pattern.append(NEW)
            arrays.append(None if item is None else tensor([0] if item else [], dtype=int64))
        elif isinstance(item, Tensor):
            taken = as_indices(item, x._aval.shape, dim)
            pattern += [ALL] * len(taken)
            arrays += taken
            dim += len(taken)
        else:
            part, place = _part(item, x._aval.shape, dim)
            pattern.append(part)
            places += place
            arrays += [] if part == ONE else [None]
            dim += 1
    return _Parsed(tuple(pattern), tuple(places), tuple(arrays))


_NUMBERED = (int, slice)


def _by_numbers(shape: tuple[int, ...], items: Sequence[int | slice]) -> _Parsed:
    """The common index: nothing but numbers and slices."""
    pattern: list[Any] = [ALL] * len(shape)
    places: list[int] = []
    for dim, item in enumerate(items):
        pattern[dim], place = _part(item, shape, dim)
        places += place
    return _Parsed(tuple(pattern), tuple(places), ())


def _listed(index: Any) -> Any:
    """The items of a list that stands for a tuple, as NumPy once had it (`x[[rows, columns]]`), or the one index."""
    if type(index) is not list or len(index) >= 32:
        return (index,)
    if any(x is None or x is ... or isinstance(x, list | tuple | slice | np.ndarray | Tensor) for x in index):
        warn(LIST_OF_INDICES)
        return index
    return (index,)


def _plain(item: Any) -> Any:
    """An index item as None, a bool, an int, a slice, an ellipsis or a tensor."""
    if isinstance(item, list | np.ndarray | tuple | range):
        item = tensor(_positions(np.asarray(item)))
    if isinstance(item, Tensor) and item._aval.dtype == np.uint8:
        warn(UINT8_MASK)
        item = to_dtype(item, bool_)
    if isinstance(item, Tensor) and item._aval.dtype == np.bool_ and not item.ndim:
        return bool(np.asarray(array_of(value_of(item), "mask")))
    if (
        isinstance(item, Tensor)
        and item.ndim == 0
        and item._aval.dtype.kind in "iu"
        and value_of(item).array is not None
    ):
        return int(np.asarray(value_of(item).array))
    if isinstance(item, Tensor) or item is None or item is ... or isinstance(item, bool | slice):
        return item
    if hasattr(item, "__index__"):
        return item.__index__()
    if isinstance(item, str):
        raise TypeError(STRING_AS_INDEX)
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
        f"(got {typename(item)})"
    )


def _positions(given: np.ndarray) -> np.ndarray:
    """A sequence as positions or as a mask; PyTorch cuts off what comes after the point, but not in a tensor."""
    if given.dtype.kind == "U":
        raise TypeError(STRING_AS_INDEX)
    if given.dtype.kind == "c":
        raise TypeError("'complex' object cannot be interpreted as an integer")
    if given.dtype.kind != "f":
        return given
    if not (np.abs(given, dtype=np.float64) < 2.0**63).all():
        raise RuntimeError("value cannot be converted to type int64 without overflow")
    return given.astype(np.int64)


def _without_ellipsis(items: list[Any], ndim: int) -> list[Any]:
    """The items with `...` spelled out, and whole dimensions added at the end."""
    used = sum(_consumes(item) for item in items)
    if used > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    rest: list[Any] = [slice(None)] * (ndim - used)
    at = [k for k, item in enumerate(items) if item is ...]
    if len(at) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    return [*items[: at[0]], *rest, *items[at[0] + 1 :]] if at else [*items, *rest]


def _consumes(item: Any) -> int:
    if item is None or item is ... or isinstance(item, bool):
        return 0
    return item.ndim if isinstance(item, Tensor) and item._aval.dtype == np.bool_ else 1


def _part(item: Any, shape: tuple[int, ...], dim: int) -> tuple[Any, tuple[int, ...]]:
    size = shape[dim]
    if isinstance(item, int):
        if not -size <= item < size:
            raise IndexError(f"index {item} is out of bounds for dimension {dim} with size {size}")
        return ONE, (item % size,)
    start, stop, step = item.indices(size)
    if step <= 0:
        raise ValueError("step must be greater than zero")
    length = max(0, -(-(stop - start) // step))
    if (length, step) == (size, 1):
        return (WHOLE if (item.start or 0) < 0 else ALL), ()
    return (length, step), (min(start, size),)


def _look(x: Tensor, parsed: _Parsed) -> Tensor:
    """The view that the numbers and slices of an index give."""
    if any(part != ALL for part in parsed.pattern) or all(a is None for a in parsed.arrays):
        return view(SLICE, (parsed.pattern,), x, *parsed.places)
    return x


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`."""
    parsed = _parse(input, index)
    if type(index) is slice and parsed.pattern[0] == ALL:  # only within a tuple PyTorch leaves a dimension alone
        parsed = parsed._replace(pattern=(WHOLE, *parsed.pattern[1:]))
    looked = _look(input, parsed)
    if all(a is None for a in parsed.arrays):
        return looked
    used = [a for a in parsed.arrays if a is not None]
    return apply(GATHER, (tuple(a is not None for a in parsed.arrays),), looked, *used)


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """`input[index] = value`."""
    if _is_mask_of(input, index) and (isinstance(value, NUMBERS) or (isinstance(value, Tensor) and value.ndim == 0)):
        check_writable(input)
        assign(input, apply(MASKED_FILL, (), input, index, value))  # needs no look at the mask
        return
    parsed = _parse(input, index)
    target = input if all(part in ENTIRE for part in parsed.pattern) else _look(input, parsed)
    is_plain = all(a is None for a in parsed.arrays)
    if is_plain and isinstance(value, NUMBERS):
        check_writable(target)
        fill_(target, value)
        return
    if not isinstance(value, (Tensor, np.generic, *NUMBERS)):
        raise TypeError(f"can't assign a {type_name(value)} to a torch.{input.dtype.legacy}")
    new = value if isinstance(value, Tensor) else tensor(value, dtype=input.dtype)
    if is_plain:
        _store(target, new)
        return
    new = _without_leading_ones(new, 0)
    check_writable(target, new)
    used = [a for a in parsed.arrays if a is not None]
    assign(target, apply(SCATTER, (tuple(a is not None for a in parsed.arrays), False), target, new, *used))


def _is_mask_of(x: Tensor, index: Any) -> bool:
    return isinstance(index, Tensor) and index._aval.dtype == np.bool_ and index._aval.shape == x._aval.shape


def _without_leading_ones(new: Tensor, ndim: int) -> Tensor:
    """The value without first dimensions of size 1, down to a number of dimensions."""
    while new.ndim > ndim and new._aval.shape[0] == 1:
        new = getitem(new, 0)
    return new


def _store(target: Tensor, new: Tensor) -> None:
    new = _without_leading_ones(new, target.ndim)
    expanded_shape(new, target._aval.shape)
    if new._aval.shape == target._aval.shape:
        copy_(target, new)
    else:  # PyTorch expands the value first, and does not see then that it shares memory
        check_writable(target)
        assign(target, apply(COPY_INTO, (), target, new))


ROWS = (
    Row("__getitem__", getitem, function=False),
    Row("__setitem__", setitem, function=False),
)
