"""How far two runs are apart.

A difference is relative to the largest entry of the parameter that it is found in, so that entries near zero do not
make it meaningless.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from funcgrad.compare.trajectory import Trajectory
from funcgrad.tolerances import tolerance

TOLERANCE = tolerance("float32", "update")["rtol"]


class Difference(NamedTuple):
    """The largest difference between two runs, and when they part.

    A figure that is not finite on one side counts as infinitely far.
    """

    absolute: float  # at the end, over all entries of all parameters
    relative: float  # at the end, over all parameters
    parameter: str  # where the relative one was found
    by_step: np.ndarray  # float64[T + 1], relative, before each step and after the last
    first_step: int | None  # the first step after which by_step is above the tolerance
    first_parameter: str | None  # the parameter that is furthest apart there


def compare(left: Trajectory, right: Trajectory) -> Difference:
    """Compare two runs from the same starting point.

        relative = max |left - right| / max |right|,   for each parameter

    Args:
        left: [T + 1, ...], parameters before each step and after the last.
        right: the same of the run that counts as the reference.
    """
    names = list(right)
    with np.errstate(invalid="ignore"):  # inf - inf
        absolute = np.stack([_largest(left[name] - right[name]) for name in names])
    relative = np.stack([_ratio(row, _largest(right[name])) for row, name in zip(absolute, names, strict=True)])
    by_step = relative.max(axis=0)
    beyond = np.flatnonzero(by_step > TOLERANCE)
    first = int(beyond[0]) if len(beyond) else None
    return Difference(
        absolute=float(absolute[:, -1].max()),
        relative=float(by_step[-1]),
        parameter=names[int(relative[:, -1].argmax())],
        by_step=by_step,
        first_step=first,
        first_parameter=None if first is None else names[int(relative[:, first].argmax())],
    )


def _largest(path: np.ndarray) -> np.ndarray:
    sizes = np.abs(path, dtype=np.float64).reshape(len(path), -1).max(axis=1)
    return np.where(np.isfinite(sizes), sizes, np.inf)


def _ratio(distance: np.ndarray, size: np.ndarray) -> np.ndarray:
    # An infinite size has an infinite distance beside it, and the ratio of the two must stay infinite.
    scale = np.where(np.isfinite(size) & (size > 0), size, 1.0)
    return distance / scale
