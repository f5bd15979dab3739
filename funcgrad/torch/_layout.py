"""Layout: where a tensor's elements would lie in PyTorch's memory.

Nothing here has memory: a NumPy array of no size follows the chain of view operators, and its strides and start are
PyTorch's.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from funcgrad.torch._tensor import Tensor, root_of
from funcgrad.trace import Aval, Number

_ITEM = 8  # bytes of an element of the stand-in array


def strides_of(x: Tensor) -> tuple[int, ...]:
    """Steps between neighbours of each dimension in PyTorch's memory, in elements."""
    return tuple(step // _ITEM for step in _layout_of(x).strides)


def own_strides(x: Tensor) -> tuple[int, ...]:
    """Those steps where the base's elements lie by their indices, as its values do here."""
    return tuple(step // _ITEM for step in _follow(_base_of(x)._aval, None, x._chain).strides)


def offset_of(x: Tensor) -> int:
    """Position of the first element in its storage, in elements."""
    return (_start(_layout_of(x)) - _start(_origin_array())) // _ITEM


def is_contiguous(x: Tensor) -> bool:
    """Whether elements lie in memory in the order of their indices."""
    return (x._base is None and not x._turned) or bool(_layout_of(x).flags.c_contiguous)


def can_view(x: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether the tensor can take this shape without moving elements."""
    if x._base is None and not x._turned:
        return True
    try:
        _layout_of(x).reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def placed(values: np.ndarray, x: Tensor) -> np.ndarray:
    """Values that come one after another as PyTorch walks the memory of `x`, each at its index."""
    if is_contiguous(x):
        return values
    strides = strides_of(x)
    order = sorted(range(values.ndim), key=lambda dim: -strides[dim])
    return values.reshape([values.shape[dim] for dim in order]).transpose(np.argsort(order))


def overlaps_itself(x: Tensor) -> bool:
    """Whether two elements of a tensor lie at one place, as far as one can tell from its strides."""
    return not is_one_to_one(x._aval.shape, own_strides(x))


def overlaps_partly(x: Tensor, other: Tensor) -> bool:
    """Whether two tensors without gaps, in one storage, share some memory but not all of it in the same order."""
    if not all(t._aval.size and _has_no_gaps(t) for t in (x, other)):
        return False
    start, begin = offset_of(x), offset_of(other)
    if start == begin and x._aval.size == other._aval.size:
        return own_strides(x) != own_strides(other)
    return start < begin + other._aval.size and begin < start + x._aval.size


def _has_no_gaps(x: Tensor) -> bool:
    return is_dense(x._aval.shape, own_strides(x))


def is_dense(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether the elements lie side by side, in some order of the dimensions."""
    step = 1
    for own, n in sorted((s, n) for s, n in zip(stride, size, strict=True) if n != 1):
        if own != step:
            return False
        step *= n
    return True


def is_one_to_one(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether no two elements are surely or possibly the same place."""
    reach = 0
    for own, n in sorted((s, n) for s, n in zip(stride, size, strict=True) if n > 1):
        if own <= reach:
            return False
        reach += (n - 1) * own
    return True


def _layout_of(x: Tensor) -> np.ndarray:
    return _follow(_base_of(x)._aval, getattr(x._storage, "order", None), x._chain)


def _base_of(x: Tensor) -> Tensor:
    return x if x._base is None else root_of(x)


@functools.lru_cache(maxsize=4096)
def _follow(aval: Aval, order: tuple[int, ...] | None, chain: tuple[Any, ...]) -> np.ndarray:
    if not chain:
        strides, step = [0] * len(aval.shape), _ITEM
        for dim in reversed(order or range(len(aval.shape))):
            strides[dim], step = step, step * aval.shape[dim]
        return np.lib.stride_tricks.as_strided(_origin_array(), aval.shape, strides, writeable=False)
    link = chain[-1]
    places = [Number(int, place) for place in link.places]
    return _with_unit_steps(link.op([_follow(aval, order, chain[:-1]), *places], link.static)[link.number])


def _with_unit_steps(array: np.ndarray) -> np.ndarray:
    """The array with PyTorch's strides of new dimensions, which NumPy leaves at 0."""
    steps = list(array.strides)
    for dim in reversed(range(array.ndim)):
        if steps[dim] == 0 and array.shape[dim] == 1:
            steps[dim] = array.shape[dim + 1] * steps[dim + 1] if dim + 1 < array.ndim else _ITEM
    return np.lib.stride_tricks.as_strided(array, array.shape, steps, writeable=False)


@functools.cache
def _origin_array() -> np.ndarray:
    return np.zeros(1, f"V{_ITEM}")  # a dtype that no tensor's memory has


def is_layout(array: np.ndarray) -> bool:
    """Whether a view operator is given the array of no size, in the place of memory."""
    return array.dtype.kind == "V" and array.itemsize == _ITEM


def in_other_elements(
    layout: np.ndarray, shape: Sequence[int], strides: Sequence[int], number: int | Fraction
) -> np.ndarray:
    """The array of no size for memory that is read as smaller or larger elements.

    Args:
        layout: The array before.
        shape: The new one.
        strides: The new ones, for elements of the same size as before, as all are here.
        number: How many of the new elements an old one is.
    """
    start = int((_start(layout) - _start(_origin_array())) // _ITEM * number)
    ahead = np.lib.stride_tricks.as_strided(_origin_array(), (start + 1,), writeable=False)[start:]
    return np.lib.stride_tricks.as_strided(ahead, shape, strides, writeable=False)


def _start(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])
