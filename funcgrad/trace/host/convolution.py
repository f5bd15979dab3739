"""Convolution of arrays as XLA defines it, by NumPy: a product of matrices, one of which has what the window meets."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from funcgrad.trace.host.padding import padded
from funcgrad.trace.host.row import Function, check
from funcgrad.trace.host.windows import Windows

BLOCK = 1 << 18
"""Elements of the matrix of windows that are made at a time: so many a processor's second cache holds."""

SHORT = 64
"""Elements of a run below which the examples of a block stand side by side in one product."""


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
    dtype, groups = taken[0].dtype, max(feature_group_count, batch_group_count)
    summed = np.dtype(np.float32) if dtype.itemsize == 2 else dtype  # 16-bit products are summed in 32 bits
    sizes = [taken[0].shape[k] for k in x_axes[2:]]
    n_out, n_in, *window = (taken[1].shape[k] for k in w_axes)
    check(math.prod((*taken[0].shape, *taken[1].shape)) > 0 and len(window) > 0)
    form = _form(sizes, window, window_strides, padding, lhs_dilation, rhs_dilation)

    def run(x: Any, w: Any) -> Any:
        x, w = x.transpose(x_axes).astype(summed, copy=False), w.transpose(w_axes).astype(summed, copy=False)
        if batch_group_count > 1:  # the batch's groups stand side by side as groups of features
            x = np.concatenate(np.split(x, batch_group_count), 1)
        found = form(x.reshape(-1, groups, n_in, *sizes), w.reshape(groups, -1, n_in, *window))
        return found.reshape(-1, n_out, *found.shape[3:]).astype(dtype, copy=False).transpose(back)

    return run


def _form(
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    spread: Sequence[int],
    dilation: Sequence[int],
) -> Function:
    """A function of an input `[N, G, C, *sizes]` and a weight `[G, O, C, *window]` that makes `[N, G, O, *places]`."""
    lows = [low for low, _ in padding]
    reach = [(k - 1) * step for k, step in zip(window, dilation, strict=True)]
    wide = [(k - 1) * step + 1 for k, step in zip(sizes, spread, strict=True)]
    rests = [k + sum(edges) - far for k, edges, far in zip(wide, padding, reach, strict=True)]
    places = [-(-rest // step) for rest, step in zip(rests, strides, strict=True)]
    check(min(places) > 0)
    if max(spread) > max(strides) == 1:  # a gradient of an input over which the window goes by larger steps
        windows = Windows(sizes, spread, window, dilation)
        starts = [low - far for low, far in zip(lows, reach, strict=True)]
        cut = [(a, n - k - a, 0) for a, n, k in zip(starts, places, windows.shape, strict=True)]
        return functools.partial(_added, windows, padded(windows.shape, cut))
    window_is_long = math.prod(window) > math.prod(places)  # a gradient of a weight
    long, short = [(places, strides), (window, dilation)][:: -1 if window_is_long else 1]
    windows = Windows(*long, *short)
    config = [(low, k - n - low, step - 1) for low, k, n, step in zip(lows, windows.shape, wide, spread, strict=True)]
    if window_is_long:
        return functools.partial(_summed, windows, padded(sizes, config), places)
    return functools.partial(_gathered, windows, padded(sizes, config))


def _gathered(windows: Windows, pad: Function, x: Any, w: Any) -> Any:
    """`[G, O, CK] @ [N, G, CK, places]`: a column for each place where the window is laid down."""
    met = windows.met(windows.laid(pad(x, 0)))
    (n, groups), n_out = x.shape[:2], w.shape[1]
    w = w.reshape(groups, n_out, -1)
    made = np.empty((n, groups, n_out, windows.length), w.dtype)
    for part in _blocks(n, groups * w.shape[2] * windows.length):
        if windows.length < SHORT:
            columns = np.stack([np.moveaxis(seen[part], 0, 2) for seen in met], 2)  # [G, C, K, n, length]
            found = w @ columns.reshape(groups, w.shape[2], -1)
            made[part] = found.reshape(groups, n_out, -1, windows.length).transpose(2, 0, 1, 3)
        else:
            columns = np.stack([seen[part] for seen in met], 3)  # [n, G, C, K, length]
            np.matmul(w, columns.reshape(-1, groups, w.shape[2], windows.length), out=made[part])
    return windows.from_run(made)


def _summed(windows: Windows, pad: Function, places: Sequence[int], x: Any, w: Any) -> Any:
    """`[G, N places, C window] @ [G, C window, O]`: a row for each place, as the window is so large."""
    met = windows.met(windows.laid(pad(x, 0)))
    (n, groups, n_in), n_out = x.shape[:3], w.shape[1]
    w, total = windows.as_run(w), 0
    for part in _blocks(n_in, groups * n * len(met) * windows.length):
        rows = np.stack([seen[:, :, part].swapaxes(0, 1) for seen in met], 2)  # [G, N, places, c, length]
        total = total + rows.reshape(groups, n * len(met), -1) @ w[:, :, part].reshape(groups, n_out, -1).swapaxes(1, 2)
    return np.asarray(total).reshape(groups, n, -1, n_out).transpose(1, 0, 3, 2).reshape(n, groups, n_out, *places)


def _added(windows: Windows, cut: Function, x: Any, w: Any) -> Any:
    """`[G, window O, C] @ [N, G, C, sizes]`, each of whose rows is added to what a place of the window meets."""
    groups, n_out, n_in = w.shape[:3]
    w = w.reshape(groups, n_out, n_in, -1).transpose(0, 3, 1, 2).reshape(groups, -1, n_in)
    x = windows.as_run(x)
    memory = windows.laid(np.zeros((len(x), groups, n_out, *windows.shape), x.dtype))
    met = windows.met(memory)[::-1]  # a convolution's window is turned round
    for part in _blocks(len(x), groups * w.shape[1] * windows.length):
        if windows.length < SHORT:
            found = w @ x[part].transpose(1, 2, 0, 3).reshape(groups, n_in, -1)
            rows = found.reshape(groups, len(met), n_out, -1, windows.length).transpose(1, 3, 0, 2, 4)
        else:
            found = w @ x[part]
            rows = found.reshape(-1, groups, len(met), n_out, windows.length).transpose(2, 0, 1, 3, 4)
        for seen, row in zip(met, rows, strict=True):
            seen[part] += row.reshape(seen[part].shape)
    return cut(windows.taken_up(memory), 0)


def _blocks(n: int, n_elements: int) -> Iterator[slice]:
    """Parts of n things, each of which has that many elements, that are made at a time."""
    n_each = max(BLOCK // n_elements, 1)
    return (slice(k, k + n_each) for k in range(0, n, n_each))
