"""What index_add and its kin refuse, in PyTorch's words; of positions those that are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import NOT_A_TENSOR
from funcgrad.torch._types import type_name

OUT_OF_RANGE = "index out of range in self"


def checked_add(x: Tensor, dim: int, index: Any, source: Any) -> int:
    """The dimension along which `index_add` adds, from 0, if index and source fit.

    Raises:
        TypeError: One is no tensor.
        IndexError: The index is no vector, or reaches outside.
        RuntimeError: Shapes or dtypes do not fit, or the index reaches outside.
    """
    dim = _checked_slices("index_add", x, dim, index, source)
    if x.ndim == 1 or x._aval.size:
        size = _length(x, dim)
        if x.ndim > 1 and index._aval.dtype == np.int64 and dim in (0, x.ndim - 1):  # PyTorch scatters these
            kind, text = RuntimeError, f"index {{}} is out of bounds for dimension {dim} with size {size}"
        else:
            kind, text = IndexError, OUT_OF_RANGE
        _expect_inside(index, 0, size, lambda wrong: kind(text.format(wrong)))
    return dim


def checked_reduce(x: Tensor, dim: int, index: Any, source: Any, reduce: str) -> int:
    """The dimension along which `index_reduce` reduces, from 0, if index and source fit.

    Raises:
        TypeError: One is no tensor.
        IndexError: The index is no vector, or reaches outside.
        RuntimeError: Shapes or dtypes do not fit, or there is no such reduction.
        NotImplementedError: It takes no numbers of this dtype.
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    dim = _checked_slices("index_reduce", x, dim, index, source)
    if x._aval.dtype.kind in "bc":
        raise NotImplementedError(f"\"index_func_\" not implemented for '{scalar_name(x._aval.dtype)}'")
    _expect_inside(index, 0, _length(x, dim), lambda wrong: IndexError(OUT_OF_RANGE))
    return dim


def _checked_slices(function: str, x: Tensor, dim: int, index: Any, source: Any) -> int:
    _check_tensors(function, index=index, source=source)
    dim, name = dim_of(dim, x.ndim), f"{function}_()"
    if index.ndim > 1:
        raise IndexError(
            f"{name}: Index is supposed to be a vector, but got dim: {index.ndim} with type: {_kind(index)} and size: "
            f"{list(index.shape)}"
        )
    if index._aval.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}: Expected dtype int32/int64 for index but got: {_kind(index)}")
    if x._aval.dtype != source._aval.dtype:
        raise RuntimeError(f"{name}: self ({_kind(x)}) and source ({_kind(source)}) must have the same scalar type")
    given, count = tuple(source._aval.shape), index._aval.size
    if dim and dim >= len(given):
        raise RuntimeError(f"{name}: Indexing dim {dim} is out of bounds of the source tensor with dim {len(given)}")
    if not given and count != 1:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if given and count != given[dim]:
        raise RuntimeError(
            f"{name}: Number of indices ({count}) should be equal to source.size(dim): ({given[dim]}), for dim: {dim}"
        )
    if x.ndim != len(given) or _slice(x, dim) != _slice(source, dim):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(x.shape)} source.shape = {list(given)}"
        )
    return dim


def checked_copy(x: Tensor, dim: int, index: Any, source: Any) -> int:
    """The dimension along which `index_copy` writes, from 0, if index and source fit.

    Raises:
        TypeError: One is no tensor.
        IndexError: There are too many positions or dimensions, or a position is outside.
        RuntimeError: Shapes or dtypes do not fit.
    """
    _check_tensors("index_copy", index=index, source=source)
    dim, name = dim_of(dim, x.ndim), "index_copy_()"
    if index.ndim > 1:
        raise IndexError(f"{name}: Index should have dimension 1 or 0 (got {index.ndim})")
    if source.ndim == 0 and index._aval.size != 1:
        raise IndexError(f"{name}: When source is scalar, index should have one element (got {index._aval.size})")
    if source.ndim != x.ndim and source.ndim and x.ndim:
        raise IndexError(
            f"{name}: When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.ndim}), destination dimensionality ({x.ndim})"
        )
    if index._aval.dtype != np.int64:
        raise RuntimeError(f"{name}: Expected a long tensor for index, but got {_kind(index)}")
    if x._aval.dtype != source._aval.dtype:
        raise RuntimeError(
            f"{name}: self and source expected to have the same dtype, but got (self) {_kind(x)} and (source) "
            f"{_kind(source)}"
        )
    _check_slices_to_copy(x, dim, index, source)
    return dim


def _check_slices_to_copy(x: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    if _slice(x, dim) != _slice(source, dim):
        here, there = (" ".join(map(str, _slice(y, dim))) for y in (x, source))
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{here} at dimension {dim} and source slice shape: {there} at dimension 0."
        )
    count = index._aval.size
    if source.ndim and count != source._aval.shape[dim]:
        raise IndexError(
            f"index_copy_(): Number of indices ({count}) should be equal to source.size(dim) "
            f"({source._aval.shape[dim]})"
        )
    size = _length(x, dim)
    if source._aval.size:
        text = f"index_copy_(): index {{}} is out of bounds for dimension {dim} with size {size}"
        _expect_inside(index, 0, size, lambda wrong: IndexError(text.format(wrong)))


def checked_fill(x: Tensor, dim: int, index: Any, value: Any) -> int:
    """The dimension along which `index_fill` writes, from 0, if index and value fit.

    Raises:
        TypeError: The index is no tensor.
        IndexError: The index has another dtype than int64, or reaches outside.
        RuntimeError: The index is no vector, or the value is none for these elements.
    """
    _check_tensors("index_fill", index=index)
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if index._aval.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    is_complex = value._aval.dtype.kind == "c" if isinstance(value, Tensor) else isinstance(value, complex)
    if is_complex and x._aval.dtype.kind != "c":
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    dim = dim_of(dim, x.ndim)
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    size = _length(x, dim)
    if x._aval.size:
        text = f"index {{}} is out of bounds for dimension {dim} with size {size}"
        _expect_inside(index, -size, size, lambda wrong: IndexError(text.format(wrong)))
    return dim


def _check_tensors(name: str, **arguments: Any) -> None:
    for place, (argument, given) in enumerate(arguments.items(), 2):
        if not isinstance(given, Tensor):
            raise TypeError(NOT_A_TENSOR.format(name, argument, place, type_name(given)))


def _kind(x: Tensor) -> str:
    return scalar_name(x._aval.dtype)


def _length(x: Tensor, dim: int) -> int:
    return x._aval.shape[dim] if x.ndim else 1


def _slice(x: Tensor, dim: int) -> tuple[int, ...]:
    """The shape without one dimension."""
    return (*x._aval.shape[:dim], *x._aval.shape[dim + 1 :])


def check_flat(x: Tensor, index: Tensor) -> None:
    """Refuse positions outside the flattened tensor.

    Raises:
        IndexError: There is one.
    """
    size = x._aval.size
    text = f"out of range: tried to access index {{}} on a tensor of {size} elements."
    _expect_inside(index, -size, size, lambda wrong: IndexError(text.format(wrong)))


def _expect_inside(index: Tensor, low: int, high: int, error: Callable[[int], Exception]) -> None:
    """Raise the error for the first position that is not in `[low, high)`."""

    def check(found: np.ndarray) -> None:
        wrong = found[(found < low) | (found >= high)]
        if wrong.size:
            raise error(int(wrong.flat[0]))

    expect(index, check)
