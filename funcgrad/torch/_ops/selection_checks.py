"""What gather and scatter refuse, in PyTorch's words. A tensor without dimensions counts as one of one element."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._tensor import Tensor


def checked_gather(x: Tensor, dim: int, index: Tensor) -> int:
    """The dimension that is gathered along, from 0, if the index fits.

    Raises:
        RuntimeError: The index has another number of dimensions, is too large, or reaches outside.
    """
    dim = dim_of(dim, x.ndim)
    if index._aval.size and not all(fits := _covers(_shape(x), index, "input", dim)):
        raise RuntimeError(
            f"Size does not match at dimension {fits.index(False)} expected index {list(index.shape)} to be no larger "
            f"than self {list(x.shape)} apart from dimension {dim}"
        )
    _check_positions(index, _shape(x)[dim], dim, "gather")
    return dim


def checked_scatter(x: Tensor, dim: int, index: Tensor, source: Any, name: str) -> int:
    """The dimension that is scattered along, from 0, if index and source fit.

    Raises:
        RuntimeError: One has another number of dimensions, or the index is too large, or reaches outside.
    """
    dim = dim_of(dim, x.ndim)
    if index._aval.size:
        fits, others = _covers(_shape(x), index, "self", dim), f"apart from dimension {dim}"
        if isinstance(source, Tensor):
            fits += _covers(_shape(source), index, "src")
            others += f" and to be no larger size than src {list(source.shape)}"
        if not all(fits):
            raise RuntimeError(f"Expected index {list(index.shape)} to be no larger than self {list(x.shape)} {others}")
    _check_positions(index, _shape(x)[dim], dim, name)
    return dim


def check_reduction(x: Tensor, reduce: str) -> None:
    """Refuse a reduction that does not exist, or not of numbers of this dtype.

    Raises:
        RuntimeError: There is none of this name.
        NotImplementedError: It is not of this dtype.
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    kind = x._aval.dtype.kind
    if (kind == "b" and reduce == "mean") or (kind == "c" and reduce in ("amax", "amin")):
        kernel = f"scatter_gather_tensor_cpu_reduce_{reduce}"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x._aval.dtype)}'")


def _shape(x: Tensor) -> tuple[int, ...]:
    return tuple(x._aval.shape) or (1,)


def _covers(shape: tuple[int, ...], index: Tensor, name: str, free: int | None = None) -> list[bool]:
    """For each dimension whether the index is no larger there; in the dimension `free` it may be."""
    wanted = _shape(index)
    if len(wanted) != len(shape):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {name} tensor")
    return [d == free or n <= size for d, (n, size) in enumerate(zip(wanted, shape, strict=True))]


def _check_positions(index: Tensor, size: int, dim: int, name: str) -> None:
    """Refuse positions that are outside.

    Raises:
        RuntimeError: A position is outside, or the index has no integer dtype.
    """
    if index._aval.size and index._aval.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")

    def check(found: np.ndarray) -> None:
        wrong = found[(found < 0) | (found >= size)]
        if wrong.size:
            raise RuntimeError(f"index {wrong.flat[0]} is out of bounds for dimension {dim} with size {size}")

    expect(index, check)
