"""How far two quantities are apart, in units in the last place at a scale that is one for the whole quantity.

So entries do not count as far apart that cancel to almost nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from funcgrad.divergence.run import Quantity

MANTISSA = {
    "float64": 52,
    "float32": 23,
    "float16": 10,
    "bfloat16": 7,
    "float8_e4m3fn": 3,
    "float8_e5m2": 2,
    "complex128": 52,
    "complex64": 23,
}
"""Bits behind the point."""


class Distance(NamedTuple):
    """The largest distance between two quantities, and where it is."""

    ulp: float  # infinite where a shape, an integer or a value that is not finite differs
    place: int  # in the flat array of common elements
    beyond: int  # entries that are further apart than the limit
    size: int  # entries compared
    stride: int  # that they have in the whole


def distance(a: Quantity, b: Quantity, limit: float, scale: float = 0.0) -> Distance:
    """Compare two quantities.

    Args:
        a: Of one run.
        b: Of the other.
        limit: In ulp; entries beyond it are counted.
        scale: At least so large is the number whose last place is the unit; else it is the largest entry.
    """
    stride = max(a.stride, b.stride)
    left, right = a.thinned(stride), b.thinned(stride)
    if a.shape != b.shape:
        return Distance(math.inf, 0, 0, 0, stride)
    if left.size == 0:
        return Distance(0.0, 0, 0, 0, stride)
    ulps = _ulps(left, right, unit_of(a.dtype, b.dtype, max(scale, scale_of(left, right))))
    place = int(ulps.argmax())
    return Distance(float(ulps[place]), place, int((ulps > limit).sum()), left.size, stride)


def unit_of(a: str, b: str, scale: float) -> float:
    """One unit in the last place at `scale`, in the coarser of two dtypes; 0 for integers."""
    bits = [MANTISSA.get(dtype) for dtype in (a, b)]
    known = [n for n in bits if n is not None]
    if not known or scale == 0:
        return 0.0
    return 2.0 ** (math.floor(math.log2(scale)) - min(known))


def scale_of(*arrays: np.ndarray) -> float:
    """The largest finite magnitude."""
    sizes = [np.abs(x.astype(np.complex128)) for x in arrays]
    return max((float(x[np.isfinite(x)].max(initial=0.0)) for x in sizes), default=0.0)


def _ulps(left: np.ndarray, right: np.ndarray, unit: float) -> np.ndarray:
    wide = np.complex128 if left.dtype.kind == "c" or right.dtype.kind == "c" else np.float64
    left, right = left.astype(wide), right.astype(wide)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(left - right)
        is_same = (left == right) | (np.isnan(left) & np.isnan(right))
        ulps = apart / unit if unit else np.full(apart.shape, np.inf)
    return np.where(is_same, 0.0, np.where(np.isfinite(apart), ulps, np.inf))
