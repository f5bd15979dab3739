"""Embedding bags: sums, means and maxima of groups of rows of a table. Where a bag starts is data."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.creation import arange
from funcgrad.torch._ops.embedding import renormalize, rows_of
from funcgrad.torch._ops.known import expect
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import dtype_of
from funcgrad.trace import Op, rolled


def _bag(
    weight: Any, index: Any, offsets: Any, *scales: Any, mode: str, padding: int | None, by_frequency: bool, ends: bool
) -> Any:
    bags = offsets.shape[0] - ends
    bag = rolled(jnp.searchsorted)(offsets, jnp.arange(index.shape[0]), side="right") - 1
    counted = jnp.ones(index.shape, bool) if padding is None else index != padding
    rows = rows_of(weight, index, padding, by_frequency)
    if mode == "max":
        return _largest(rows, bag, counted, bags)
    scale = scales[0] if scales else 1
    total = jax.ops.segment_sum(rows * jnp.where(counted, scale, 0).astype(rows.dtype)[:, None], bag, bags)
    if mode == "sum":
        return total
    return total / jnp.maximum(jax.ops.segment_sum(counted.astype(rows.dtype), bag, bags), 1)[:, None]


def _largest(rows: Any, bag: Any, counted: Any, bags: int) -> Any:
    """The largest element of each bag; among equals the first gets the gradient."""
    values = jnp.where(counted[:, None], jax.lax.stop_gradient(rows), -np.inf)
    position = jnp.arange(rows.shape[0])[:, None]
    is_largest = (values == jax.ops.segment_max(values, bag, bags)[bag]) & counted[:, None]
    first = jax.ops.segment_min(jnp.where(is_largest, position, rows.shape[0]), bag, bags)
    return jnp.take_along_axis(rows, jnp.minimum(first, rows.shape[0]), 0, mode="fill", fill_value=0)


EMBEDDING_BAG = Op("embedding_bag", _bag, label="EmbeddingBag", anywhere=(1, 2, 3))


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sums, means or maxima of bags of rows of a table.

    Args:
        input: Indices: `[bags, size]`, or `[indices]` with `offsets`.
        weight: `[rows, dim]`.
        offsets: `[bags]`: where each bag starts.
        max_norm: Rows that are looked up are shortened to this norm, in place.
        norm_type: The p of that norm.
        scale_grad_by_freq: Whether a row's gradient is divided by how often it is looked up in this call.
        mode: `sum`, `mean` or `max`.
        sparse: Without effect: gradients are dense here, and give the same updates.
        per_sample_weights: Of the shape of `input`: a factor for each row, with `sum`.
        include_last_offset: Whether `offsets` ends with the number of indices.
        padding_idx: Indices that count in no bag.

    Returns:
        `[bags, dim]`; zeros for an empty bag.

    Raises:
        ValueError: Arguments that do not fit together.
        RuntimeError: An index is out of range.
        IndexError: So, with `max_norm`.
    """
    if weight._aval.dtype == np.int64 and input.dtype.is_floating_point:
        warn(_OLD_ORDER)
        weight, input = input, weight
    _check(input, weight, offsets, per_sample_weights, mode, scale_grad_by_freq, sparse)
    if input.ndim == 2:
        offsets = arange(0, input._aval.size, input._aval.shape[1])
        include_last_offset = False
    assert offsets is not None
    expect(offsets, functools.partial(_check_offsets, count=input._aval.size))
    if max_norm is not None:
        _expect_rows(input, weight, IndexError, _NOT_SELECTED)
        renormalize(weight, input, max_norm, norm_type)
    is_quick = mode != "max" and padding_idx is None and weight._aval.dtype != np.float64
    _expect_rows(input, weight, RuntimeError, _NOT_IN_RANGE if is_quick else _NOT_BELOW)
    padding = None if padding_idx is None else padding_idx % weight._aval.shape[0]
    given: tuple[Any, ...] = () if per_sample_weights is None else (per_sample_weights.reshape(-1),)
    static = (mode, padding, scale_grad_by_freq, include_last_offset)
    return apply(EMBEDDING_BAG, static, weight, input.reshape(-1), offsets, *given)


def _check(
    x: Tensor,
    weight: Tensor,
    offsets: Tensor | None,
    scales: Tensor | None,
    mode: str,
    by_frequency: bool,
    sparse: bool,
) -> None:
    if scales is not None and x.shape != scales.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({scales.shape}) is not None, then it must have the same shape as "
            f"the input ({x.shape})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if x.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {x.ndim}")
    if x.ndim == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            f"sequences. However, found offsets of type {type(offsets)}"
        )
    if x.ndim == 1 and (offsets is None or offsets.ndim != 1):
        raise ValueError("offsets has to be a 1D Tensor" + (" but got None" if offsets is None else ""))
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and by_frequency:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if scales is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}'). Please open a feature request on GitHub."
        )
    if scales is not None and scales.dtype != weight.dtype:
        raise RuntimeError(
            f"expected scalar type {dtype_of(weight._aval.dtype).scalar} "
            f"but found {dtype_of(scales._aval.dtype).scalar}"
        )


_NOT_IN_RANGE = "Index {place} of input takes value {value} which is not in the valid range [0, {rows})"
_NOT_BELOW = "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {value}"
_NOT_SELECTED = "select(): index {value} out of range for tensor of size {shape} at dimension 0"


def _expect_rows(input: Tensor, weight: Tensor, kind: type[Exception], text: str) -> None:
    shape = list(weight.shape)

    def check(found: np.ndarray) -> None:
        found = found.reshape(-1)
        wrong = np.flatnonzero((found < 0) | (found >= shape[0]))
        if wrong.size:
            raise kind(text.format(place=wrong[0], value=found[wrong[0]], rows=shape[0], shape=shape))

    expect(input, check)


def _check_offsets(offsets: np.ndarray, count: int) -> None:
    if not offsets.size:
        return
    if int(offsets[0]) != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {int(offsets[0])}"
        )
    if int(offsets[-1]) > count:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length({count}) but got offsets[-1] of {int(offsets[-1])}"
        )


_OLD_ORDER = (
    "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
    "deprecated, and should now be `embedding_bag(input, weight, ...)`."
)
