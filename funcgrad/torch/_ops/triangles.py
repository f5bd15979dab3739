"""Triangles and diagonals of matrices."""

from __future__ import annotations

import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.shape import reshape
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import as_dtype, int64
from funcgrad.trace import Op, constant

NONE: Any = {0: ()}


def _triangle(x: Any, diagonal: Any, *, upper: bool) -> Any:
    if x.ndim < 2:
        raise RuntimeError(f"{'triu' if upper else 'tril'}: input tensor must have at least 2 dimensions")
    row = jax.lax.broadcasted_iota(np.int64, x.shape[-2:], 0) + diagonal.value
    column = jax.lax.broadcasted_iota(np.int64, x.shape[-2:], 1)
    return jnp.where(column >= row if upper else column <= row, x, jnp.zeros((), x.dtype))


def _check_vector_or_matrix(x: Any) -> None:
    if x.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {x.ndim}D")


def _embedded(x: Any, *, offset: int, a: int, b: int) -> Any:
    size = x.shape[-1] + abs(offset)
    rows = jnp.arange(x.shape[-1]) + max(-offset, 0)
    columns = jnp.arange(x.shape[-1]) + max(offset, 0)
    made = jnp.zeros((*x.shape[:-1], size, size), x.dtype).at[..., rows, columns].set(x)
    return jnp.moveaxis(made, (-2, -1), (a, b))


TRIU = Op("triu", lambda x, diagonal: _triangle(x, diagonal, upper=True), saves={0: ()})
TRIL = Op("tril", lambda x, diagonal: _triangle(x, diagonal, upper=False), saves={0: ()})
DIAGONAL_COPY = Op(
    "diagonal_copy", lambda x, *, offset: jnp.diagonal(x, offset), saves=NONE, label="DiagonalBackward0_copy"
)
DIAG_EMBED = Op("diag_embed", _embedded, saves=NONE)
TRACE = Op("trace", lambda x: jnp.trace(x), saves=NONE)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of matrices, from a diagonal on; 0 elsewhere."""
    return apply(TRIU, (), input, operator.index(diagonal))


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of matrices, up to a diagonal; 0 elsewhere."""
    return apply(TRIL, (), input, operator.index(diagonal))


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix with this diagonal."""
    _check_vector_or_matrix(input)
    if input.ndim == 1:
        return apply(DIAG_EMBED, (diagonal, 0, 1), input)
    return apply(DIAGONAL_COPY, (diagonal,), input)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices whose diagonals are the last dimension of the input."""
    first, second = dim_of(dim1, input.ndim + 1), dim_of(dim2, input.ndim + 1)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return apply(DIAG_EMBED, (offset, first, second), input)


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all elements of the input on a diagonal."""
    return diag(reshape(input, (-1,)), offset)


def trace(input: Tensor) -> Tensor:
    """Sum of a matrix's diagonal."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    return apply(TRACE, (), input)


def _indices(name: str, positions: Any) -> Row:
    def indices(row: int, col: int, offset: int = 0, *, dtype: Any = int64, device: Any = None) -> Tensor:
        for side, size in (("row", row), ("col", col)):
            if size < 0:
                raise RuntimeError(f"{side} must be non-negative, got{size}")
        wanted = as_dtype(dtype)
        if wanted.numpy not in (np.int32, np.int64):
            raise NotImplementedError(f"\"{name}\" not implemented for '{wanted.scalar}'")
        return wrap(constant(np.stack(positions(row, offset, col)).astype(wanted.numpy)))

    return Row(name, indices, method=False)


ROWS = (
    Row("triu", triu, inplace=True),
    Row("tril", tril, inplace=True),
    Row("diag", diag),
    Row("diag_embed", diag_embed),
    Row("diagflat", diagflat),
    Row("trace", trace),
    _indices("triu_indices", np.triu_indices),
    _indices("tril_indices", np.tril_indices),
)
