"""Products of matrices, whose gradients XLA computes fast on a CPU.

The gradient of a factor is a product over rows, `a.T @ cotangent`. XLA takes up to five times as long for it where `a`
has more columns than the cotangent, so the narrower of the two comes first, or is turned beforehand. The barriers keep
XLA from turning it back.
"""

from __future__ import annotations

from typing import Any

import jax
from jax.lax import optimization_barrier


@jax.custom_jvp
def product(a: Any, b: Any) -> Any:
    """`a @ b`.

    Args:
        a: `[..., rows, inner]`.
        b: `[..., inner, columns]`.
    """
    return a @ b


@jax.custom_jvp
def project(rows: Any, weight: Any) -> Any:
    """`rows @ weight.T`.

    Args:
        rows: `[rows, in]`.
        weight: `[out, in]`.
    """
    return rows @ weight.T


def _times(a: Any, change: Any) -> Any:
    """`a @ change`."""
    inner, columns = change.shape[-2:]
    if a.shape[-2] <= min(inner, columns):  # turning a large factor would cost more than it saves
        return a @ change
    return a @ (optimization_barrier(change) if inner <= columns else optimization_barrier(change.mT).mT)


def _projected(rows: Any, change: Any) -> Any:
    """`rows @ change.T`."""
    wide, narrow = change.shape
    if wide <= narrow:
        return rows @ change.T
    if narrow < len(rows):
        return rows @ optimization_barrier(change.T)
    return optimization_barrier(change @ rows.T).T


product.defjvps(lambda change, _, a, b: change @ b, lambda change, _, a, b: _times(a, change))
project.defjvps(
    lambda change, _, rows, weight: change @ weight.T, lambda change, _, rows, weight: _projected(rows, change)
)


def weight_gradient(rows: Any, cotangent: Any) -> Any:
    """`cotangent.T @ rows`, the gradient of a weight `[out, in]` in `project`.

    Args:
        rows: `[rows, in]`.
        cotangent: `[rows, out]`.
    """
    weight = jax.ShapeDtypeStruct((cotangent.shape[1], rows.shape[1]), rows.dtype)
    return jax.linear_transpose(lambda change: _projected(rows, change), weight)(cotangent)[0]
