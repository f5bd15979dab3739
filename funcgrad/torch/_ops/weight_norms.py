"""Weights as lengths times directions: what `weight_norm` computes."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

ALL_DIMS = -1


def norm_except_dim(v: Tensor, pow: float = 2, dim: int = 0) -> Tensor:
    """The norm over all dimensions but one, which are kept with length 1; over all of them for dim = -1.

    Args:
        v: The tensor.
        pow: The order of the norm.
        dim: The dimension that is left.

    Raises:
        IndexError: There is no such dimension.
    """
    if dim == ALL_DIMS:
        return v.norm(pow)
    rest = [1] * (v.ndim - 1)
    if dim == 0:
        return v.contiguous().view(v.shape[0], -1).norm(pow, 1).view(v.shape[0], *rest)
    if dim == v.ndim - 1:
        return v.contiguous().view(-1, v.shape[-1]).norm(pow, 0).view(*rest, v.shape[-1])
    return norm_except_dim(v.transpose(0, dim), pow, 0).transpose(0, dim)


def _scaled(v: Any, g: Any, *, dim: int) -> Any:
    others = tuple(d for d in range(v.ndim) if d != dim)
    return v * (g / jnp.sqrt(jnp.sum(v * v, others, keepdims=True)))


WEIGHT_NORM = Op("weight_norm_interface", _scaled)


def weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """`g * v / norm_except_dim(v, 2, dim)`.

    Args:
        v: The directions.
        g: The lengths, of the shape that `norm_except_dim` gives.
        dim: The dimension whose slices have a length each; -1 for one length.
    """
    if dim in (0, v.ndim - 1):
        return apply(WEIGHT_NORM, (dim,), v, g)
    return v * (g / norm_except_dim(v, 2, dim))


ROWS = (
    Row("norm_except_dim", norm_except_dim, method=False),
    Row("_weight_norm", weight_norm, method=False),
)
