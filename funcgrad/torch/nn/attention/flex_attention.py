"""torch.nn.attention.flex_attention: attention whose scores and mask are functions of positions.

The functions are called once, with positions as tensors that broadcast over batch, heads, queries and keys.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.choice import where
from funcgrad.torch._ops.creation import arange, tensor
from funcgrad.torch._types import bool_

MaskMod = Callable[[Any, Any, Any, Any], Any]
_DEFAULT_SPARSE_BLOCK_SIZE = 128  # imported by libraries; masks are not made of blocks here


class AuxRequest(NamedTuple):
    """What `flex_attention` shall give besides its result."""

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """The logarithm of the scores' summed exponentials and the largest scores, `[batch, heads, queries]` or None."""

    lse: Any = None
    max_scores: Any = None


def _positions(*sizes: int) -> list[Any]:
    """Positions in batch, heads, queries and keys, each along its own dimension."""
    return [arange(size).view([-1 if d == own else 1 for d in range(4)]) for own, size in enumerate(sizes)]


class BlockMask:
    """Which keys each query sees.

    Args:
        mask_mod: `(batch, head, query, key) -> bool`.
        shape: Batch, heads, queries and keys.
    """

    def __init__(self, mask_mod: MaskMod, shape: tuple[int, int, int, int]) -> None:
        self.mask_mod = mask_mod
        self.shape = shape

    def to_dense(self) -> Any:
        """The mask as booleans, `[batch, heads, queries, keys]`."""
        return tensor(True, dtype=bool_).logical_and(self.mask_mod(*_positions(*self.shape))).expand(self.shape)


def create_block_mask(
    mask_mod: MaskMod,
    B: int | None,
    H: int | None,
    Q_LEN: int,
    KV_LEN: int,
    device: Any = None,
    BLOCK_SIZE: Any = 128,
    _compile: bool = False,
) -> BlockMask:
    """A mask from a function of positions.

    Args:
        mask_mod: `(batch, head, query, key) -> bool`.
        B: The batch size; None if the mask does not depend on it.
        H: The number of heads; None if the mask does not depend on it.
        Q_LEN: The number of queries.
        KV_LEN: The number of keys.
        device: Without effect, as are the other options.
        BLOCK_SIZE: Without effect.
        _compile: Without effect.
    """
    return BlockMask(mask_mod, (B or 1, H or 1, Q_LEN, KV_LEN))


def create_mask(
    mod_fn: MaskMod, B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device: Any = None
) -> Any:  # fmt: skip
    """The mask of `create_block_mask` as booleans, `[B, H, Q_LEN, KV_LEN]`."""
    return create_block_mask(mod_fn, B, H, Q_LEN, KV_LEN).to_dense()


def noop_mask(batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
    """Every query sees every key."""
    return batch.new_ones((), dtype=bool_)


def and_masks(*mask_mods: MaskMod) -> MaskMod:
    """Keys that all of the masks show."""
    return _joined(mask_mods, lambda a, b: a & b)


def or_masks(*mask_mods: MaskMod) -> MaskMod:
    """Keys that one of the masks shows."""
    return _joined(mask_mods, lambda a, b: a | b)


def _joined(masks: tuple[MaskMod, ...], join: Callable[[Any, Any], Any]) -> MaskMod:
    def mask(b: Any, h: Any, q: Any, k: Any) -> Any:
        result = masks[0](b, h, q, k)
        for further in masks[1:]:
            result = join(result, further(b, h, q, k))
        return result

    return mask


def flex_attention(
    query: Any,
    key: Any,
    value: Any,
    score_mod: Callable[..., Any] | None = None,
    block_mask: BlockMask | None = None,
    scale: float | None = None,
    enable_gqa: bool = False,
    return_lse: bool = False,
    kernel_options: Any = None,
    *,
    return_aux: AuxRequest | None = None,
) -> Any:
    """`softmax(score_mod(query @ key.mT * scale)) @ value`, with the keys that the mask shows.

    Args:
        query: `[batch, heads, queries, dim]`.
        key: `[batch, heads, keys, dim]`.
        value: `[batch, heads, keys, value dim]`.
        score_mod: `(score, batch, head, query, key) -> score`.
        block_mask: From `create_block_mask`.
        scale: `1 / sqrt(dim)` if None.
        enable_gqa: Whether one head of key and value may serve several of the query.
        return_lse: Give the logarithm of the scores' summed exponentials too.
        kernel_options: Without effect.
        return_aux: What else to give, as an `AuxOutput`.

    Returns:
        `[batch, heads, queries, value dim]`; zeros for a query that sees no key.
    """
    if enable_gqa and key.shape[1] != query.shape[1]:
        key, value = (x.repeat_interleave(query.shape[1] // x.shape[1], 1) for x in (key, value))
    scores = query @ key.mT * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    positions = _positions(*scores.shape)
    if score_mod is not None:
        scores = score_mod(scores, *positions)
    if block_mask is not None:
        scores = where(block_mask.mask_mod(*positions), scores, -math.inf)
    found = scores.softmax(-1).nan_to_num(0.0) @ value
    if return_aux is not None:
        lse = scores.logsumexp(-1) if return_aux.lse else None
        return found, AuxOutput(lse, scores.amax(-1) if return_aux.max_scores else None)
    return (found, scores.logsumexp(-1)) if return_lse else found


__getattr__ = _missing_from(__name__)
