"""Lengths and angles of vectors: normalize, cosine similarity, distance."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.promotion import check_broadcast, to_float
from funcgrad.torch._ops.reduction import vector_norm
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _normalized(x: Any, eps: Any, *, p: float, dim: int) -> Any:
    norm = vector_norm(x, p=p, dims=(dim,) if x.ndim else (), keepdim=True)
    return x / jnp.maximum(norm, eps.value.astype(x.dtype))


def _cosine(x: Any, y: Any, eps: Any, *, dim: int) -> Any:
    x, y = jnp.broadcast_arrays(x, y)
    if not x.ndim:
        x, y = x[None], y[None]
    lengths = [jnp.maximum(vector_norm(a, p=2.0, dims=(dim,), keepdim=True), eps.value.astype(a.dtype)) for a in (x, y)]
    return jnp.sum(x / lengths[0] * (y / lengths[1]), dim)


def _distance(x: Any, y: Any, eps: Any, *, p: float, keepdim: bool) -> Any:
    return vector_norm(x - y + eps.value.astype(x.dtype), p=p, dims=(-1,), keepdim=keepdim)


NORMALIZE = Op("normalize", _normalized, label="Div")
COSINE = Op(
    "cosine_similarity",
    lambda x, y, eps, *, dim: to_float(lambda a, b: _cosine(a, b, eps, dim=dim))(x, y),
    label="SumBackward1",
)
PAIRWISE = Op("pairwise_distance", _distance, label="NormBackward1")


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: None = None) -> Tensor:
    """Vectors along a dimension divided by their p-norm, at least `eps`."""
    return apply(NORMALIZE, (float(p), dim_of(dim, input.ndim)), input, eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Cosine of the angle between vectors along a dimension."""
    return apply(COSINE, (dim_of(dim, max(x1.ndim, x2.ndim)),), x1, x2, eps)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of `x1 - x2 + eps` along the last dimension."""
    check_broadcast((x1, x2))
    return apply(PAIRWISE, (float(p), keepdim), x1, x2, eps)


ROWS = (
    Row("normalize", normalize, function=False, method=False, functional=True),
    Row("cosine_similarity", cosine_similarity, method=False, functional=True),
    Row("pairwise_distance", pairwise_distance, method=False, functional=True),
)
