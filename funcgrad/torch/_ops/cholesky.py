"""Positive definite matrices: their Cholesky factor, and triangular systems. A factor that does not exist is nan."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.lax import linalg

from funcgrad.torch._dispatch import apply
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

CHOLESKY = Op("cholesky", linalg.cholesky, label="LinalgCholeskyEx")


def _solve(a: Any, b: Any, *, lower: bool) -> Any:
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (jnp.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
    return linalg.triangular_solve(a, b, left_side=True, lower=lower)


SOLVE_TRIANGULAR = Op("solve_triangular", _solve, label="LinalgSolveTriangular")


def cholesky(input: Tensor) -> Tensor:
    """The lower triangular L with L Lᵀ = input, of shape (*, n, n)."""
    return apply(CHOLESKY, (), input)


def solve_triangular(a: Tensor, b: Tensor, lower: bool = True) -> Tensor:
    """The X with a X = b, for triangular `a` of shape (*, n, n) and `b` of shape (*, n, k)."""
    return apply(SOLVE_TRIANGULAR, (lower,), a, b)
