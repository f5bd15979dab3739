"""Taps: a linear map along one dimension, as a weighted sum of a few elements for each output.

The transpose of a table of taps is a table again: a gradient gathers, too, and never scatters. PyTorch computes
positions in the dtype of the arithmetic, so the tables do.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


class Taps:
    """For each output element the input elements it is a weighted sum of; one object for each distinct table.

    Attributes:
        index: `[taps, out]`, positions in the input.
        weight: `[taps, out]`; 0 where an output has fewer taps.
        length: Of the input.
    """

    def __init__(self, index: np.ndarray, weight: np.ndarray, length: int) -> None:
        self.index = index
        self.weight = weight
        self.length = length

    @functools.cached_property
    def transposed(self) -> Taps:
        """For each input element the outputs that it went into."""
        found: list[list[tuple[int, float]]] = [[] for _ in range(self.length)]
        for positions, weights in zip(self.index, self.weight, strict=True):
            for out, (position, weight) in enumerate(zip(positions, weights, strict=True)):
                if weight:
                    found[position].append((out, weight))
        return taps_of(found, self.index.shape[1])


def taps_of(found: list[list[tuple[int, float]]], length: int) -> Taps:
    """A table from lists of `(position, weight)`, one list for each output."""
    most = max([1, *map(len, found)])
    rows = [row + [(row[-1][0] if row else 0, 0.0)] * (most - len(row)) for row in found]
    index = np.array([[p for p, _ in row] for row in rows], np.int32).T
    return Taps(index, np.array([[w for _, w in row] for row in rows], np.float64).T, length)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def resampled(x: Any, axis: int, taps: Taps) -> Any:
    """The weighted sums of the taps along one axis."""
    shape = [-1 if d == axis else 1 for d in range(x.ndim)]
    total = None
    for positions, weights in zip(taps.index, taps.weight, strict=True):
        picked = jnp.take(x, positions, axis)
        if not (weights == 1).all():
            scale = weights.astype(x.dtype).reshape(shape)
            picked = picked * scale if weights.all() else jnp.where(scale == 0, 0, picked * scale)
        total = picked if total is None else total + picked
    return total


def _resampled_forward(x: Any, axis: int, taps: Taps) -> Any:
    return resampled(x, axis, taps), None


def _resampled_backward(axis: int, taps: Taps, _: None, g: Any) -> Any:
    return (resampled(g, axis, taps.transposed),)


resampled.defvjp(_resampled_forward, _resampled_backward)


# The tables. `step` is the distance between two outputs, in input elements.


def step_of(length: int, out: int, scale: float | None, align_corners: bool) -> float:
    """The distance between two outputs; `scale` is outputs per input, None where only the sizes count."""
    if align_corners:
        return (length - 1) / (out - 1) if out > 1 else 0.0
    return length / out if scale is None else 1 / scale


@functools.cache
def nearest_taps(length: int, out: int, scale: float | None, exact: bool) -> Taps:
    """The element whose cell the output's corner (or centre) falls into."""
    step = np.float32(step_of(length, out, scale, False))
    position = np.floor((np.arange(out, dtype=np.float32) + np.float32(0.5 if exact else 0)) * step)
    return Taps(np.minimum(position.astype(np.int32), length - 1)[None], np.ones((1, out)), length)


def _centres(length: int, out: int, scale: float | None, align_corners: bool, dtype: Any) -> np.ndarray:
    step = dtype(step_of(length, out, scale, align_corners))
    places = np.arange(out, dtype=dtype)
    return places * step if align_corners else (places + dtype(0.5)) * step - dtype(0.5)


@functools.cache
def linear_taps(length: int, out: int, scale: float | None, align_corners: bool, dtype: Any) -> Taps:
    """Two neighbours, weighted by nearness."""
    if length == out:  # a copy, whatever scale is given
        return Taps(np.arange(out)[None], np.ones((1, out)), length)
    centre = np.maximum(_centres(length, out, scale, align_corners, dtype), 0)
    low = np.minimum(np.floor(centre).astype(np.int32), length - 1)
    share = np.minimum(centre - low.astype(dtype), 1)
    return Taps(np.stack([low, np.minimum(low + 1, length - 1)]), np.stack([1 - share, share]), length)


def _cubic_near(d: Any, a: Any) -> Any:
    """The cubic convolution kernel at a distance up to 1."""
    return ((a + 2) * d - (a + 3)) * d * d + 1


def _cubic_far(d: Any, a: Any) -> Any:
    """The cubic convolution kernel at a distance from 1 to 2."""
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a


def cubic_weights(t: Any) -> list[Any]:
    """The weights of the four neighbours of a position that lies `t` after the second."""
    a = -0.75
    return [_cubic_far(t + 1, a), _cubic_near(t, a), _cubic_near(1 - t, a), _cubic_far(2 - t, a)]


@functools.cache
def cubic_taps(length: int, out: int, scale: float | None, align_corners: bool, dtype: Any) -> Taps:
    """Four neighbours; beyond the ends the last element is repeated."""
    centre = _centres(length, out, scale, align_corners, dtype)
    low = np.floor(centre)
    around = low.astype(np.int32) + np.arange(-1, 3)[:, None]
    return Taps(np.clip(around, 0, length - 1), np.stack(cubic_weights(centre - low)), length)


def _wide_cubic(d: np.ndarray) -> np.ndarray:
    return np.where(d < 1, _cubic_near(d, -0.5), np.where(d < 2, _cubic_far(d, -0.5), 0.0))


@functools.cache
def antialiased_taps(length: int, out: int, scale: float | None, align_corners: bool, cubic: bool) -> Taps:
    """All elements under the kernel, which is widened when sizes shrink."""
    step = step_of(length, out, scale, align_corners)
    widened = max(step, 1.0)
    support = (2 if cubic else 1) * widened
    rows = []
    for centre in step * (np.arange(out) + 0.5):
        positions = np.arange(max(int(centre - support + 0.5), 0), min(int(centre + support + 0.5), length))
        distance = np.abs(positions - centre + 0.5) / widened
        weights = _wide_cubic(distance) if cubic else np.maximum(1 - distance, 0)
        rows.append(list(zip(positions.tolist(), (weights / weights.sum()).tolist(), strict=True)))
    return taps_of(rows, length)


def pieces(length: int, out: int) -> list[range]:
    """`out` pieces that cover the input; two of them may share an element."""
    return [range(k * length // out, -(-(k + 1) * length // out)) for k in range(out)]


@functools.cache
def mean_taps(length: int, out: int) -> Taps:
    """The mean of each piece."""
    return taps_of([[(p, 1 / len(piece)) for p in piece] for piece in pieces(length, out)], length)
