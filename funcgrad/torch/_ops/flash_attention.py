"""Attention of 16 bits as PyTorch's fused kernel rounds it: block by block, the weights to 16 bits before products.

All else is float32. The exponential is the kernel's own where 16 weights stand side by side, and exact for the rest.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from funcgrad.torch._ops.promotion import SINGLE

_SOURCES = 512  # in a block
_LANES = 16  # of a vector register of 512 bits


def _fast_exp(x: Any) -> Any:
    """exp to 4 digits: bits of a float32 are nearly its logarithm, and a cubic of the fraction is what they lack.

    Source: Malossi et al., Fast exponential computation on SIMD architectures, 2015.
    """
    x = x * np.float32(1.4426950408889634)
    part = x - jnp.floor(x)
    lacking = part * np.float32(-0.079204240219773236) + np.float32(-0.22433836478672356)
    lacking = (lacking * part + np.float32(0.30354260500649682)) * part + np.float32(0.00010703434948458272)
    bits = (x - lacking) * np.float32(2**23) + np.float32(127 * 2**23)
    is_normal = x > -126
    return jnp.where(is_normal, lax.bitcast_convert_type(jnp.where(is_normal, bits, 0).astype(np.int32), SINGLE), 0)


def _weights(scores: Any, largest: Any) -> Any:
    """exp(scores - largest), where that of nothing is nothing."""
    away = scores - jnp.where(largest == -np.inf, 0, largest)
    whole = scores.shape[-1] // _LANES * _LANES
    return jnp.concatenate([_fast_exp(away[..., :whole]), jnp.exp(away[..., whole:])], -1)


def _product(a: Any, b: Any, *, of: Any) -> Any:
    """The product of matrices of 16 bits, not rounded."""
    return jnp.matmul(*(x.astype(of).astype(SINGLE) for x in (a, b)))


def _blocks(size: int, length: int) -> Iterator[slice]:
    return (slice(start, min(start + length, size)) for start in range(0, size, length))


def _targets(count: int) -> int:
    """How many targets the backward pass takes at once."""
    return 256 if count >= 768 else 64 if count >= 192 else 32


def _transposed(x: Any) -> Any:
    return jnp.swapaxes(x, -1, -2)


@functools.partial(jax.custom_vjp, nondiff_argnums=(4,))
def flash(q: Any, k: Any, v: Any, bias: Any, scale: float) -> Any:
    """`softmax(scale * q @ k.T + bias) @ v`; rows in which all bias is -inf are 0.

    Args:
        q: `[batch, heads, targets, dim]`, of 16 bits like k and v.
        k: `[batch, heads, sources, dim]`.
        v: `[batch, heads, sources, dim]`.
        bias: Float32, broadcast to `[batch, heads, targets, sources]`; it gets no gradient.
        scale: A factor.
    """
    return _forward(q, k, v, bias, scale)[0]


def _scores(q: Any, k: Any, bias: Any, scale: float) -> Any:
    return _product(q, _transposed(k), of=q.dtype) * np.float32(scale) + bias


def _forward(q: Any, k: Any, v: Any, bias: Any, scale: float) -> tuple[Any, Any]:
    scores = _scores(q, k, bias, scale)
    mixed = total = jnp.zeros((), SINGLE)
    largest = jnp.full((), -np.inf, SINGLE)
    for block in _blocks(k.shape[-2], _SOURCES):
        so_far = jnp.maximum(largest, jnp.max(scores[..., block], -1, keepdims=True))
        shrunk = jnp.exp(largest - jnp.where(so_far == -np.inf, 0, so_far))
        weights = _weights(scores[..., block], so_far)
        mixed = mixed * shrunk + _product(weights, v[..., block, :], of=q.dtype)
        total = total * shrunk + jnp.sum(weights, -1, keepdims=True)
        largest = so_far
    result = (mixed * (1 / jnp.where(total == 0, 1, total))).astype(q.dtype)
    return result, (q, k, v, bias, result, largest + jnp.log(total))


def _backward(scale: float, kept: Any, g: Any) -> tuple[Any, Any, Any, None]:
    q, k, v, bias, result, logarithm = kept
    along = jnp.sum(g.astype(SINGLE) * result.astype(SINGLE), -1, keepdims=True)
    logarithm = jnp.where(logarithm == -np.inf, 0, logarithm)
    weights = jnp.exp(_scores(q, k, bias, scale) - logarithm)
    of_scores = weights * (_product(g, _transposed(v), of=q.dtype) - along)
    targets = list(_blocks(q.shape[-2], _targets(q.shape[-2])))

    def summed(products: Iterator[Any]) -> Any:
        """A sum that is rounded after each of its terms."""
        return functools.reduce(lambda total, x: (total.astype(SINGLE) + x).astype(q.dtype), products, _zero(q))

    of_q = summed(scale * _product(of_scores[..., b], k[..., b, :], of=q.dtype) for b in _blocks(k.shape[-2], _SOURCES))
    of_k = summed(scale * _product(_transposed(of_scores[..., b, :]), q[..., b, :], of=q.dtype) for b in targets)
    of_v = summed(_product(_transposed(weights[..., b, :]), g[..., b, :], of=q.dtype) for b in targets)
    return of_q, of_k, of_v, None


def _zero(x: Any) -> Any:
    return jnp.zeros((), x.dtype)


flash.defvjp(_forward, _backward)
