"""Products of matrices, whose gradients XLA computes fast on a CPU.

The gradient of a factor is a product over rows, `a.T @ cotangent`. XLA takes up to five times as long for it where `a`
has more columns than the cotangent, so the narrower of the two comes first, or is turned beforehand.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.trace import kept


@jax.custom_jvp
def product(a: Any, b: Any) -> Any:
    """`a @ b`.

    Args:
        a: `[rows, inner]`.
        b: `[inner, columns]`.
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


@jax.custom_jvp
def add_projection(bias: Any, rows: Any, weight: Any) -> Any:
    """`bias + rows @ weight.T`, added up in float32 and rounded once.

    Args:
        bias: `[out]`, of 16 bits as all three.
        rows: `[rows, in]`.
        weight: `[out, in]`.
    """
    total = jnp.matmul(rows, weight.T, preferred_element_type=np.float32)
    return (total + bias.astype(np.float32)).astype(bias.dtype)


def _every_row(change: Any, result: Any) -> Any:
    """The change of a bias; its transpose adds up in float32."""
    return jnp.broadcast_to(change.astype(np.float32), result.shape).astype(change.dtype)


def _times(a: Any, change: Any) -> Any:
    """`a @ change`."""
    inner, columns = change.shape
    if len(a) <= min(inner, columns):  # turning a large factor would cost more than it saves
        return a @ change
    return a @ (kept(change) if inner <= columns else kept(change.T).T)


def _projected(rows: Any, change: Any) -> Any:
    """`rows @ change.T`."""
    outputs, inputs = change.shape
    if outputs <= inputs:
        return rows @ change.T
    if inputs < len(rows):
        return rows @ kept(change.T)
    return kept(change @ rows.T).T


product.defjvps(lambda change, _, a, b: change @ b, lambda change, _, a, b: _times(a, change))
project.defjvps(
    lambda change, _, rows, weight: change @ weight.T, lambda change, _, rows, weight: _projected(rows, change)
)

add_projection.defjvps(
    lambda change, result, bias, rows, weight: _every_row(change, result),
    lambda change, _, bias, rows, weight: change @ weight.T,
    lambda change, _, bias, rows, weight: _projected(rows, change),
)


def weight_gradient(rows: Any, cotangent: Any) -> Any:
    """`cotangent.T @ rows`, the gradient of a weight `[out, in]` in `project`.

    Args:
        rows: `[rows, in]`.
        cotangent: `[rows, out]`.
    """
    weight = jax.ShapeDtypeStruct((cotangent.shape[1], rows.shape[1]), rows.dtype)
    return jax.linear_transpose(lambda change: _projected(rows, change), weight)(cotangent)[0]
