"""Trajectories: named arrays followed over the steps of a run, as `{name: array[steps, ...]}` in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Trajectory = dict[str, np.ndarray]


def stack(points: Sequence[dict[str, np.ndarray]]) -> Trajectory:
    """Join one dict for each step."""
    return {name: np.stack([point[name] for point in points]) for name in points[0]}


def at(path: Trajectory, steps: Any) -> Trajectory:
    """Return the points at an index, a slice or an array of indices."""
    return {name: leaf[steps] for name, leaf in path.items()}


def norms(path: Trajectory) -> np.ndarray:
    """Return the 2-norm over all names together, float64[steps]."""
    squares = [np.square(leaf, dtype=np.float64).reshape(len(leaf), -1).sum(axis=1) for leaf in path.values()]
    return np.sqrt(np.sum(squares, axis=0))
