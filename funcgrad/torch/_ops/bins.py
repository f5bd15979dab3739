"""Bins: how many elements lie in each, and in which bin between sorted boundaries a value lies."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import alias, apply
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op, rolled


def _histogram(x: Any, low: Any, high: Any, *, bins: int) -> Any:
    low, high = low.value.astype(x.dtype), high.value.astype(x.dtype)
    is_open = low == high  # PyTorch then takes the range of the data
    if not x.size:
        return jnp.zeros(bins, x.dtype)
    low, high = jnp.where(is_open, jnp.min(x), low), jnp.where(is_open, jnp.max(x), high)
    low, high = jnp.where(low == high, low - 1, low), jnp.where(low == high, high + 1, high)
    place = jnp.floor((x - low) / (high - low) * bins).astype(np.int64)
    place = jnp.where(x == high, bins - 1, place)
    inside = ((x >= low) & (x <= high)).astype(x.dtype)
    return jnp.zeros(bins, x.dtype).at[jnp.clip(place, 0, bins - 1).reshape(-1)].add(inside.reshape(-1))


HISTC = Op("histc", _histogram)


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of equal bins between `min` and `max`; the data's ends where these are equal.

    Raises:
        RuntimeError: No bins, or a range whose ends are exchanged or not finite.
    """
    bins = operator.index(bins)
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    if min == max:
        expect(input, functools.partial(check_range_of_data, text="torch.histc: range of [{:g}, {:g}] is not finite"))
    elif not (math.isfinite(min) and math.isfinite(max)):
        raise RuntimeError(f"torch.histc: range of [{min:g}, {max:g}] is not finite")
    elif min > max:
        raise RuntimeError("torch.histc: max must be larger than min")
    return apply(HISTC, (bins,), alias(input), float(min), float(max))


def check_range_of_data(found: np.ndarray, text: str) -> None:
    """Refuse data that span no finite range.

    Raises:
        RuntimeError: The text, filled with the smallest and the largest element.
    """
    low, high = (np.min(found), np.max(found)) if found.size else (0, 0)
    if found.dtype.kind == "f" and not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(text.format(low, high))


def _search(sorted_: Any, values: Any, *, right: bool, dtype: Any) -> Any:
    values = getattr(values, "value", values)
    side = "right" if right else "left"
    if sorted_.ndim == 1:
        return rolled(jnp.searchsorted)(sorted_, values, side).astype(dtype)
    rows = sorted_.reshape(-1, sorted_.shape[-1])
    wanted = values.reshape(-1, values.shape[-1])
    found = jax.vmap(lambda row, v: rolled(jnp.searchsorted)(row, v, side))(rows, wanted)
    return found.reshape(values.shape).astype(dtype)


SEARCH = Op("searchsorted", _search)


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where the values would be inserted to keep the order, which `sorter` makes; `right` behind equal ones.

    Raises:
        RuntimeError: Arguments that do not fit together, or a sorter that reaches outside.
    """
    _check_side(side, right)
    _check_rows(sorted_sequence, input)
    if sorter is not None:
        _check_sorter(sorted_sequence, sorter)
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    static = (right or side == "right", np.dtype(np.int32 if out_int32 else np.int64))
    return apply(SEARCH, static, sorted_sequence, input)


def _check_side(side: str | None, right: bool) -> None:
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )


def _check_rows(rows: Tensor, values: Any) -> None:
    if not rows.ndim:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    given = list(values.shape) if isinstance(values, Tensor) else []
    if rows.ndim == 1 or (len(given) == rows.ndim and given[:-1] == list(rows.shape[:-1])):
        return
    if not given:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({rows.ndim}) and input value's dim(0) numel(1)"
        )
    raise RuntimeError(
        "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
        f"tensor and input value tensor must match, but we got boundaries tensor {list(rows.shape)} and input value "
        f"tensor {given}"
    )


def _check_sorter(rows: Tensor, sorter: Tensor) -> None:
    if rows.shape != sorter.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
            f"{list(rows.shape)}and got sorter tensor {list(sorter.shape)}"
        )
    if sorter._aval.dtype != np.int64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{scalar_name(sorter._aval.dtype)}"
        )

    def check(found: np.ndarray) -> None:
        if ((found < 0) | (found >= rows.shape[-1])).any():
            raise RuntimeError("torch.searchsorted(): sorter index out of range")

    expect(sorter, check)


def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The bin between boundaries in which each value lies.

    Raises:
        RuntimeError: The boundaries are no vector.
    """
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


ROWS = (
    Row("histc", histc),
    Row("searchsorted", searchsorted, method=False),
    Row("bucketize", bucketize, method=False),
)
