"""torch.nn.attention.bias: causal masks for attention, by the corner in which they start or end."""

from __future__ import annotations

import enum
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn as _warn
from funcgrad.torch._ops.creation import ones
from funcgrad.torch._overriding import as_subclass, disabled
from funcgrad.torch._tensor import Tensor


class CausalVariant(enum.IntEnum):
    """Where the diagonal of a mask is that is not square."""

    UPPER_LEFT = 1
    LOWER_RIGHT = 2


class CausalBias(Tensor):
    """A boolean mask that lets a query see no later key.

    Args:
        variant: Whether the first query sees the first key, or the last one the last.
        seq_len_q: Number of queries.
        seq_len_kv: Number of keys.

    Raises:
        AssertionError: `variant` is none.
    """

    __torch_function__ = disabled

    def __new__(cls, variant: CausalVariant, seq_len_q: int, seq_len_kv: int) -> Any:
        """The mask of the variant."""
        if not isinstance(variant, CausalVariant):
            raise AssertionError(f"variant must be a CausalVariant, got {type(variant).__name__}")
        is_lower = variant is CausalVariant.LOWER_RIGHT
        if is_lower and seq_len_q > seq_len_kv:
            _warn("Lower right causal bias will produce NaNs in the output when seq_len_q > seq_len_kv!")
        every: Any = ones(seq_len_q, seq_len_kv, dtype=bool)
        made = as_subclass(every.tril(seq_len_kv - seq_len_q if is_lower else 0), cls)
        made.variant, made.seq_len_q, made.seq_len_kv = variant, seq_len_q, seq_len_kv
        return made

    def __repr__(self) -> str:
        return repr(as_subclass(self, Tensor))


def causal_upper_left(*size: int) -> CausalBias:
    """The mask in which query i sees the keys up to i."""
    return _bias("causal_upper_left", CausalVariant.UPPER_LEFT, size)


def causal_lower_right(*size: int) -> CausalBias:
    """The mask in which the last query sees all keys, and each one before it one less."""
    return _bias("causal_lower_right", CausalVariant.LOWER_RIGHT, size)


def _bias(name: str, variant: CausalVariant, size: tuple[int, ...]) -> CausalBias:
    if len(size) != 2:
        raise AssertionError(f"{name} only supports 2D tensors")
    return CausalBias(variant, *size)


__getattr__ = _missing_from(__name__)
