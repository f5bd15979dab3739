"""Multi-head attention: projections to heads, attention in each, and a projection back."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import UnsupportedError, unsupported, warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.attention import attend
from funcgrad.torch._ops.creation import zeros
from funcgrad.torch._ops.joining import cat
from funcgrad.torch._ops.linalg import linear
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _split(x: Any, *, parts: int, heads: int) -> Any:
    """`[time, batch, parts * heads * dim]` as that many arrays `[batch, heads, time, dim]`."""
    split = x.reshape(*x.shape[:2], parts, heads, -1)
    return tuple(split[:, :, k].transpose(1, 2, 0, 3) for k in range(parts))


def _merge(x: Any) -> Any:
    """`[batch, heads, time, dim]` as `[time, batch, heads * dim]`."""
    return x.transpose(2, 0, 1, 3).reshape(x.shape[2], x.shape[0], -1)


def _additive(mask: Any, *, dtype: Any) -> Any:
    return jnp.where(mask, -np.inf, 0).astype(dtype)


SPLIT = Op("split_heads", _split, saves={0: ()}, label="Transpose")
MERGE = Op("merge_heads", _merge, saves={0: ()}, label="View")
ADDITIVE = Op("additive_mask", _additive)
ZERO_PADDED = Op("zero_padded", lambda x, padding: jnp.where((padding == 0)[:, :, None], x, 0), saves={0: (1,)})


def _canonical_mask(
    mask: Tensor | None,
    mask_name: str,
    other_type: Any,
    other_name: str,
    target_type: Any,
    check_other: bool = True,
) -> Tensor | None:
    """A mask as numbers to add: minus infinity where a boolean one is True.

    Args:
        mask: Boolean or floating, or None.
        mask_name: What errors call it.
        other_type: The dtype of another mask, which is expected to be the same, or None.
        other_name: What warnings call that mask.
        target_type: The dtype of the result, where `mask` is boolean.
        check_other: Whether to look at `other_type`.

    Raises:
        AssertionError: The mask is neither boolean nor floating.
    """
    if mask is None:
        return None
    is_bool = mask._aval.dtype == np.bool_
    if not is_bool and not mask.dtype.is_floating_point:
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype != other_type:
        warn(f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.")
    return apply(ADDITIVE, (target_type.numpy,), mask) if is_bool else mask


def _none_or_dtype(input: Tensor | None) -> Any:
    """The dtype of a mask that may be None."""
    if input is None or isinstance(input, Tensor):
        return None if input is None else input.dtype
    raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: None = None,
    static_v: None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Multi-head attention as a function; `nn.MultiheadAttention` says what the arguments mean.

    Returns:
        The output `[targets, batch, embed]` and the weights `[batch, targets, sources]`, or None without
        `need_weights`; both without the batch where the inputs have none.
    """
    if static_k is not None or static_v is not None:
        raise UnsupportedError(unsupported("static_k and static_v in multi_head_attention_forward"))
    is_batched = _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not is_batched:
        query, key, value = _with_batch(query, key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    key_padding_mask = _canonical_mask(
        key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", query.dtype
    )
    if is_causal and attn_mask is None:
        raise RuntimeError(_HINT_WITHOUT_MASK)
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask, is_causal = _canonical_mask(attn_mask, "attn_mask", None, "", query.dtype), False
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    attn_mask = _checked_mask(attn_mask, query, key, num_heads)
    biases = (None, None, None) if in_proj_bias is None else in_proj_bias
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    extra = (bias_k, bias_v) if bias_k is not None else None
    q, k, v = _projected((query, key, value), num_heads, separate or in_proj_weight, biases, extra)
    if add_zero_attn:
        k, v = (cat([x, zeros(*x.shape[:2], 1, x.shape[3], dtype=x.dtype)], 2) for x in (k, v))
    mask = _joined(attn_mask, key_padding_mask, query.shape[1], num_heads, k.shape[2])
    attended = attend(q, k, v, mask, dropout_p if training else 0.0, is_causal, weights=need_weights)
    mixed, weights = attended if need_weights else (attended, None)
    output = linear(apply(MERGE, (), mixed), out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    if is_batched:
        return output, weights
    return output.squeeze(1), None if weights is None else weights.squeeze(0)


def _with_batch(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    if query is key and key is value:
        query = key = value = query.unsqueeze(1)
        return query, key, value
    return query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)


def _projected(inputs: tuple[Any, Any, Any], heads: int, weights: Any, biases: Any, extra: Any) -> list[Any]:
    """Queries, keys and values for each head; one product where all come from one input."""
    is_packed = isinstance(weights, Tensor)
    if is_packed and inputs[0] is inputs[1] is inputs[2] and extra is None:
        bias = biases if isinstance(biases, Tensor) else None
        return apply(SPLIT, (3, heads), linear(inputs[0], weights, bias))
    parts = weights.chunk(3) if is_packed else weights  # pyright: ignore[reportAttributeAccessIssue]
    offsets = biases.chunk(3) if isinstance(biases, Tensor) else biases  # pyright: ignore[reportAttributeAccessIssue]
    found = [linear(x, w, b) for x, w, b in zip(inputs, parts, offsets, strict=True)]
    if extra is not None:
        batch = inputs[0].shape[1]
        found[1:] = [cat([x, more.repeat(1, batch, 1)]) for x, more in zip(found[1:], extra, strict=True)]
    return [apply(SPLIT, (1, heads), x) for x in found]


def _joined(mask: Any, padding: Any, batch: int, heads: int, sources: int) -> Tensor | None:
    """Both masks as one, which broadcasts to `[batch, heads, targets, sources]`; positions added later are open."""
    if mask is not None:
        mask = _widened(mask, sources)
        mask = mask.view(batch, heads, *mask.shape[1:]) if mask.ndim == 3 else mask
    if padding is None:
        return mask
    padding = _widened(padding, sources).view(batch, 1, 1, sources)
    return padding if mask is None else mask + padding


def _widened(mask: Any, sources: int) -> Any:
    missing = sources - mask.shape[-1]
    return cat([mask, zeros(*mask.shape[:-1], missing, dtype=mask.dtype)], -1) if missing else mask


def _mha_shape_check(
    query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Any, attn_mask: Any, num_heads: int
) -> bool:
    """Whether the inputs are a batch.

    Raises:
        AssertionError: Numbers of dimensions that do not fit together.
    """
    kinds = {3: ("batched (3-D)", "3-D", 2), 2: ("unbatched (2-D)", "2-D", 1)}
    if query.ndim not in kinds:
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {query.ndim}-D query tensor"
        )
    kind, expected, of_padding = kinds[query.ndim]
    if key.ndim != query.ndim or value.ndim != query.ndim:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {expected} but found {key.ndim}-D and "
            f"{value.ndim}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.ndim != of_padding:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {of_padding}-D but found "
            f"{key_padding_mask.ndim}-D tensor instead"
        )
    if attn_mask is not None and attn_mask.ndim not in (2, 3):
        raise AssertionError(
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.ndim}-D tensor "
            "instead"
        )
    if query.ndim == 2 and attn_mask is not None and attn_mask.ndim == 3:
        shape = (num_heads, query.shape[0], key.shape[0])
        if tuple(attn_mask.shape) != shape:
            raise AssertionError(f"Expected `attn_mask` shape to be {shape} but got {attn_mask.shape}")
    return query.ndim == 3


def _check_sizes(query: Tensor, key: Tensor, value: Tensor, embed: int, heads: int, separate: bool) -> None:
    if query.shape[2] != embed:
        raise AssertionError(f"was expecting embedding dimension of {embed}, but got {query.shape[2]}")
    if embed % heads:
        raise AssertionError(f"embed_dim {embed} not divisible by num_heads {heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")


def _checked_mask(mask: Any, query: Tensor, key: Tensor, heads: int) -> Any:
    if mask is None:
        return None
    targets, batch, sources = query.shape[0], query.shape[1], key.shape[0]
    shape = (targets, sources) if mask.ndim == 2 else (batch * heads, targets, sources)
    if tuple(mask.shape) != shape:
        raise RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {shape}.")
    return mask


_HINT_WITHOUT_MASK = (
    "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
    "`generate_square_subsequent_mask` to create this mask."
)
