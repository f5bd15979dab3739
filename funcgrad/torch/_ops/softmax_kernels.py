"""Softmax and its logarithm of arrays; of 16 bits they are rounded where PyTorch's kernels round.

Over the last dimension the logarithm's sum is rounded, over another one softmax's exponentials are: each kernel keeps
them in the dtype of its result.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.torch._ops.promotion import HALVES, SINGLE, once


def softmax(x: Any, axis: int) -> Any:
    """exp(x) / sum(exp(x)) along an axis."""
    if x.dtype not in HALVES or axis % x.ndim == x.ndim - 1:
        return once(jax.nn.softmax)(x, axis=axis)
    wide = x.astype(SINGLE)
    powers = jnp.exp(wide - jax.lax.stop_gradient(jnp.max(wide, axis, keepdims=True)))
    return (powers.astype(x.dtype).astype(SINGLE) / jnp.sum(powers, axis, keepdims=True)).astype(x.dtype)


def log_softmax(x: Any, axis: int) -> Any:
    """x - log(sum(exp(x))) along an axis."""
    if x.dtype not in HALVES or axis % x.ndim != x.ndim - 1:
        return once(jax.nn.log_softmax)(x, axis=axis)
    wide = x.astype(SINGLE)
    from_largest = wide - jax.lax.stop_gradient(jnp.max(wide, axis, keepdims=True))
    total = jnp.sum(jnp.exp(from_largest), axis, keepdims=True).astype(x.dtype).astype(SINGLE)
    return (from_largest - jnp.log(total).astype(x.dtype).astype(SINGLE)).astype(x.dtype)
