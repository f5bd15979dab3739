"""Padding of arrays as XLA defines it, by NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.trace.host.row import Function


def padding(taken: Any, made: Any, *, padding_config: Sequence[tuple[int, int, int]]) -> Function:
    """Elements put before, after and between those of each axis; a negative number takes some away."""
    return padded(taken[0].shape, padding_config)


def padded(sizes: Sequence[int], config: Sequence[tuple[int, int, int]]) -> Function:
    """What pads the last axes of an array: a function of the array and of what is put around and between its elements.

    Args:
        sizes: Those of the axes.
        config: For each how many places come before, after, and between two elements; negative numbers take away.
    """
    if not any(map(any, config)):
        return lambda x, fill: x
    shape, put, kept = [], [], []
    for n, (low, high, inner) in zip(sizes, config, strict=True):
        first, length = max(low, 0), n + max(n - 1, 0) * inner
        shape.append(first + length + max(high, 0))
        put.append(slice(first, first + length, inner + 1))
        kept.append(slice(max(-low, 0), shape[-1] - max(-high, 0)))
    inside, seen = (..., *put), (..., *kept)

    def run(x: Any, fill: Any) -> Any:
        wide = np.empty((*x.shape[: x.ndim - len(shape)], *shape), x.dtype)
        wide[...] = fill
        wide[inside] = x
        return wide[seen]

    return run
