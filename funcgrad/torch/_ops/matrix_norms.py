"""Norms of vectors and matrices, and products of vectors along a dimension, as `torch.linalg` has them."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.contraction import CROSS
from funcgrad.torch._ops.copying import to_dtype
from funcgrad.torch._ops.dims import dim_of, dims_of, is_empty
from funcgrad.torch._ops.joining import broadcast_tensors
from funcgrad.torch._ops.matrix import svdvals
from funcgrad.torch._ops.reduction import VECTOR_NORM
from funcgrad.torch._tensor import Tensor


def vector_norm(x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The norm `sum(|x| ** ord) ** (1 / ord)` of vectors."""
    x = x if dtype is None else to_dtype(x, dtype)
    return apply(VECTOR_NORM, (float(ord), dims_of(dim, x), keepdim), x)


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: tuple[int, int] = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of matrices: "fro", "nuc", or 1, 2, inf and their negatives.

    Raises:
        RuntimeError: Not a matrix, or another order.
    """
    A = A if dtype is None else to_dtype(A, dtype)
    if A.ndim < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    rows, columns = (dim_of(d, A.ndim) for d in dim)
    if 0 in (A.shape[rows], A.shape[columns]):
        return vector_norm(A, 2, (rows, columns), keepdim)  # of no elements: 0, whatever the order
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim)
    if ord == "nuc" or (not isinstance(ord, str) and abs(ord) == 2):
        return _spectral(A, ord, rows, columns, keepdim)
    if isinstance(ord, str) or abs(ord) not in (1, math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = vector_norm(A, 1, inner, True)
    found = sums.amax(outer, True) if ord > 0 else sums.amin(outer, True)
    return found if keepdim else found.squeeze((rows, columns))


def _spectral(A: Tensor, ord: Any, rows: int, columns: int, keepdim: bool) -> Tensor:
    values = svdvals(A.movedim((rows, columns), (-2, -1)))
    found = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord > 0 else values.amin(-1)
    if keepdim:
        for d in sorted((rows, columns)):
            found = found.unsqueeze(d)
    return found


def norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The norm of vectors or matrices, by the number of dimensions in `dim`.

    Raises:
        RuntimeError: An order without `dim`, for more than two dimensions, or an empty `dim`.
    """
    if is_empty(dim):
        raise RuntimeError("linalg.norm: If dim is specified, it must be of length 1 or 2. Got []")
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None:
        if A.ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
            )
        dim = tuple(range(A.ndim))
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) == 2:
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """The condition number: the norm of a matrix times that of its inverse."""
    if p is None or p in (2, -2):
        values = svdvals(A)
        return values[..., 0] / values[..., -1] if p != -2 else values[..., -1] / values[..., 0]
    return matrix_norm(A, p) * matrix_norm(A.inverse(), p)


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Vector product along a dimension of size 3.

    Raises:
        RuntimeError: Another size, or different numbers of dimensions.
    """
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    dim_of(dim, input.ndim)
    if input.shape[dim] != 3 or other.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[dim]} and {other.shape[dim]}"
        )
    a, b = broadcast_tensors(input, other)
    return apply(CROSS, (dim_of(dim, a.ndim),), a, b)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Dot products along a dimension."""
    if x.ndim == y.ndim == 1:
        return x.vdot(y)
    return ((x.conj() if x.dtype.is_complex else x) * y).sum(dim)
