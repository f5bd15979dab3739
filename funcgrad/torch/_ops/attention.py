"""Attention: weighted means of values, with weights from the products of queries and keys."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch import _random
from funcgrad.torch._dispatch import apply
from funcgrad.torch._layout import strides_of
from funcgrad.torch._ops.flash_attention import flash
from funcgrad.torch._ops.linalg import C_NAMES
from funcgrad.torch._ops.promotion import HALVES, SINGLE, computing
from funcgrad.torch._order import arrange_like
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import Equation, Op, constant


def _weights(scores: Any, mask: Any, is_causal: bool) -> Any:
    """Softmax over the last dimension; rows in which everything is masked are 0."""
    if is_causal:
        scores = jnp.where(jnp.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
    if mask is None:
        return jax.nn.softmax(scores, -1)
    scores = jnp.where(mask, scores, -np.inf) if mask.dtype == np.bool_ else scores + mask.astype(scores.dtype)
    is_empty = jnp.all(scores == -np.inf, -1, keepdims=True)
    return jnp.where(is_empty, 0, jax.nn.softmax(jnp.where(is_empty, 0, scores), -1))


def _attention(
    q: Any,
    k: Any,
    v: Any,
    *rest: Any,
    is_causal: bool,
    masked: bool,
    keep: float | None,
    weights: bool,
    scale: float,
    fused: bool,
) -> Any:
    # The numbers are static: as data they would differ, for XLA, from those of the gradient, which computes all this
    # again, and it would not see that it is the same.
    operands = iter(rest)
    mask = next(operands) if masked else None
    if q.shape[-3:-2] != k.shape[-3:-2] and q.ndim > 2:
        k, v = (jnp.repeat(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v))
    if q.dtype in HALVES and fused:
        return flash(q, k, v, _bias((q.shape[-2], k.shape[-2]), mask, is_causal), scale)
    dtype = q.dtype
    if not weights:  # else PyTorch computes it operator by operator
        q, k, v = (x.astype(computing(dtype)) for x in (q, k, v))
    probabilities = _weights((q * scale) @ jnp.swapaxes(k, -1, -2), mask, is_causal)
    if keep is not None:
        probabilities = probabilities * (next(operands).astype(q.dtype) / keep)
    mixed = (probabilities @ v).astype(dtype)
    return (mixed, probabilities) if weights else mixed


def _bias(shape: tuple[int, int], mask: Any, is_causal: bool) -> Any:
    """What is added to the scores, in float32."""
    bias = np.zeros((), SINGLE) if mask is None else mask
    if bias.dtype == np.bool_:
        bias = jnp.where(bias, np.zeros((), SINGLE), -np.inf)
    return jnp.where(jnp.tri(*shape, dtype=bool), bias, -np.inf) if is_causal else bias.astype(SINGLE)


def _label(equation: Equation) -> str:
    return "ScaledDotProductFlashAttentionForCpu" if equation.static[-1] else "UnsafeView"


ATTENTION = Op("scaled_dot_product_attention", _attention, label=_label)


def _is_fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout_p: float) -> bool:
    """Whether PyTorch has one kernel for these operands; for others it calls an operator after the other."""
    if q.ndim != 4 or k.ndim != 4 or v.ndim != 4 or dropout_p > 0:
        return False
    if mask is not None and (mask.ndim not in (2, 4) or mask.requires_grad):
        return False
    sizes = [x._aval.shape for x in (q, k, v)]
    if len({(batch, dim) for batch, _, _, dim in sizes}) > 1 or not all(map(math.prod, sizes)):
        return False
    is_grouped = 1 < sizes[1][1] == sizes[2][1]
    return (is_grouped or sizes[0][1] == sizes[1][1]) and all(strides_of(x)[-1] == 1 for x in (q, k, v))


def _weights_shape(q: tuple[int, ...], k: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the weights; heads of the key may be fewer than those of the query that they serve."""
    heads = max(q[-3:-2], k[-3:-2])
    return (*np.broadcast_shapes(q[:-3], k[:-3]), *heads, q[-2], k[-2])


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    dropout_p: float,
    is_causal: bool = False,
    scale: float | None = None,
    weights: bool = False,
) -> Any:
    """Attention for arguments that are known to fit; with `weights` also the weights."""
    scale = 1 / math.sqrt(q._aval.shape[-1]) if scale is None else float(scale)
    operands = [] if mask is None else [mask]
    keep = None
    if dropout_p > 0:
        kept = _random.dropout_mask(default_generator, dropout_p, _weights_shape(q._aval.shape, k._aval.shape))
        operands.append(wrap(constant(kept)))
        keep = 1.0 - dropout_p if dropout_p < 1 else 1.0
    fused = not weights and _is_fused(q, k, v, mask, dropout_p)
    result = apply(ATTENTION, (is_causal, mask is not None, keep, weights, scale, fused), q, k, v, *operands)
    return arrange_like(result, q) if fused else result


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """`softmax(scale * query @ key.T + mask) @ value`.

    Args:
        query: `[..., heads, targets, dim]`.
        key: `[..., heads, sources, dim]`.
        value: `[..., heads, sources, value dim]`.
        attn_mask: Broadcast to `[..., targets, sources]`: True where to attend, or numbers to add.
        dropout_p: Probability of a weight to be dropped, whatever the mode of a module.
        is_causal: Whether target i sees the sources 0 to i only.
        scale: `1 / sqrt(dim)` if None.
        enable_gqa: Whether one head of key and value may serve several of the query.

    Returns:
        `[..., heads, targets, value dim]`.

    Raises:
        RuntimeError: Arguments that do not fit together.
    """
    _check(query, key, value, enable_gqa)
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
    if attn_mask is not None and attn_mask._aval.dtype.kind in "iu":
        names = C_NAMES[attn_mask.dtype.name], C_NAMES[query.dtype.name]
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{names[0]} and  query.dtype: {names[1]} instead."
        )
    return attend(query, key, value, attn_mask, dropout_p, is_causal, scale)


def _check(q: Tensor, k: Tensor, v: Tensor, grouped: bool) -> None:
    if not q.dtype == k.dtype == v.dtype:
        names = [C_NAMES.get(x.dtype.name, x.dtype.name) for x in (q, k, v)]
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {names[0]} key.dtype: "
            f"{names[1]} and value.dtype: {names[2]} instead."
        )
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{q.ndim} key.dim: {k.ndim} and value.dim: {v.ndim} instead."
        )
    if q.ndim > 2 and grouped and (q.shape[-3] % k.shape[-3] or q.shape[-3] % v.shape[-3]):
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    if q.ndim > 2 and not grouped and q.shape[-3] != k.shape[-3] and 1 not in (q.shape[-3], k.shape[-3]):
        raise RuntimeError(
            f"The size of tensor a ({q.shape[-3]}) must match the size of tensor b ({k.shape[-3]}) at non-singleton "
            f"dimension {q.ndim - 3}"
        )
    if q.shape[-1] != k.shape[-1]:
        batch = math.prod(q.shape[:-2])
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {q.shape[-1]}] but got: "
            f"[{batch}, {k.shape[-1]}]."
        )
