"""Padding and convolution of arrays as XLA defines them, by NumPy."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.trace.host.row import Function


def padding(taken: Any, made: Any, *, padding_config: Sequence[tuple[int, int, int]]) -> Function:
    """Elements put before, after and between those of each axis; a negative number takes some away."""
    return _padded(taken[0].shape, taken[0].dtype, padding_config)


def _padded(sizes: Sequence[int], dtype: Any, config: Sequence[tuple[int, int, int]]) -> Function:
    shape, put, kept = [], [], []
    for n, (low, high, inner) in zip(sizes, config, strict=True):
        first, length = max(low, 0), n + max(n - 1, 0) * inner
        shape.append(first + length + max(high, 0))
        put.append(slice(first, first + length, inner + 1))
        kept.append(slice(max(-low, 0), shape[-1] - max(-high, 0)))
    inside, seen = tuple(put), tuple(kept)

    def run(x: Any, fill: Any) -> Any:
        wide = np.empty(shape, dtype)
        wide[...] = fill
        wide[inside] = x
        return wide[seen]

    return run


def convolution(
    taken: Any,
    made: Any,
    *,
    window_strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int],
    rhs_dilation: Sequence[int],
    dimension_numbers: Any,
    feature_group_count: int,
    batch_group_count: int,
    **_: Any,
) -> Function:
    """`lax.conv_general_dilated`.

    It is a sum over the window's places, or, where those are more than the results' (a weight's gradient), made place
    by place of the results: either way each product is a matrix product.

    Args:
        taken: Shapes and dtypes of the input, in the order of `dimension_numbers.lhs_spec`, and of the weight, in the
            order of `dimension_numbers.rhs_spec`.
        made: Those of the result.
        window_strides: Steps of the window.
        padding: Zeros put before and after each spatial axis.
        lhs_dilation: Distance of the input's elements, with zeros between them.
        rhs_dilation: Steps within the window.
        dimension_numbers: Where the axes of batch, features and space lie.
        feature_group_count: Groups of features.
        batch_group_count: Groups of the batch, each with output features of its own.
    """
    x_axes, w_axes = dimension_numbers.lhs_spec, dimension_numbers.rhs_spec
    back = tuple(int(k) for k in np.argsort(dimension_numbers.out_spec))
    edges = [(low, high, step - 1) for (low, high), step in zip(padding, lhs_dilation, strict=True)]
    dtype, groups = taken[0].dtype, max(feature_group_count, batch_group_count)
    padded = _padded([taken[0].shape[k] for k in x_axes], dtype, [(0, 0, 0), (0, 0, 0), *edges])
    is_padded = any(map(any, edges))

    def run(x: Any, w: Any) -> Any:
        x, w = x.transpose(x_axes), w.transpose(w_axes)
        x = padded(x, 0) if is_padded else x
        if batch_group_count > 1:  # the batch's groups stand side by side as groups of features
            x = np.concatenate(np.split(x, groups), 1)
        if dtype.itemsize == 2:  # 16-bit products are summed in 32 bits
            x, w = x.astype(np.float32), w.astype(np.float32)
        n, n_out, sizes = len(x), len(w), w.shape[2:]
        widths = [(k - 1) * d + 1 for k, d in zip(sizes, rhs_dilation, strict=True)]
        spatial = [(k - wide) // s + 1 for k, wide, s in zip(x.shape[2:], widths, window_strides, strict=True)]
        grouped = w.reshape(groups, n_out // groups, -1, *sizes)  # [G, O, C, *sizes]
        over_window = math.prod(sizes) <= math.prod(spatial)
        product = _summed_over_window if over_window else _place_by_place
        found = product(x, grouped, window_strides, rhs_dilation, spatial).reshape(n, n_out, *spatial)
        return found.astype(dtype, copy=False).transpose(back)

    return run


def _summed_over_window(x: Any, w: Any, strides: Any, dilation: Any, spatial: Sequence[int]) -> Any:
    groups, _, n_in, *sizes = w.shape
    total: Any = 0
    for place in itertools.product(*map(range, sizes)):
        starts = [k * d for k, d in zip(place, dilation, strict=True)]
        seen = _strided(x, starts, spatial, strides).reshape(len(x), groups, n_in, -1)
        total = total + w[(..., *place)] @ seen  # [G, O, C] of [N, G, C, P]
    return total


def _place_by_place(x: Any, w: Any, strides: Any, dilation: Any, spatial: Sequence[int]) -> Any:
    groups, n_out, _, *sizes = w.shape
    weight = w.reshape(groups, n_out, -1).swapaxes(1, 2)
    made = np.empty((len(x), groups, n_out, *spatial), x.dtype)
    for place in itertools.product(*map(range, spatial)):
        starts = [k * s for k, s in zip(place, strides, strict=True)]
        seen = _strided(x, starts, sizes, dilation).reshape(len(x), groups, -1).swapaxes(0, 1)
        made[(..., *place)] = (seen @ weight).swapaxes(0, 1)  # [G, N, CK] of [G, CK, O]
    return made


def _strided(x: Any, starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> Any:
    """So many places of each spatial axis, from a start on."""
    slices = [slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, counts, steps, strict=True)]
    return x[(slice(None), slice(None), *slices)]
