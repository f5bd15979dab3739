"""A case: two runs and their first difference, which a cause is to explain; and what explains it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from funcgrad.divergence.run import Key, Quantity, Run
from funcgrad.divergence.ulp import scale_of, unit_of
from funcgrad.divergence.walk import Difference

ROUNDING = 1e-6
"""Relative: what a few float32 roundings leave, of sums that were made in another order too."""


class Explanation(NamedTuple):
    """A known cause that makes the runs as they are."""

    cause: str  # as in "epsilon placement"
    does: Sequence[str]  # the first run, and the second
    evidence: str
    advice: str


class Case(NamedTuple):
    """What a cause is given."""

    a: Run
    b: Run  # under the names of `a`
    first: Difference

    @property
    def step(self) -> int:
        """Of the first difference."""
        return self.first.key.step

    def both(self, step: int, kind: str, whole: bool = False) -> Iterator[tuple[str, Quantity, Quantity]]:
        """Quantities that both runs have, cut alike; with `whole` only those that are not thinned out."""
        for name in self.a.names(step, kind):
            left, right = self.a.quantities[Key(step, kind, name)], self.b.get(step, kind, name)
            if right is None or left.shape != right.shape:
                continue
            stride = max(left.stride, right.stride)
            if stride == 1 or not whole:
                yield name, _cut(left, stride), _cut(right, stride)


def _cut(quantity: Quantity, stride: int) -> Quantity:
    return quantity._replace(values=quantity.thinned(stride), stride=stride)


def is_close(x: np.ndarray, y: np.ndarray, rtol: float = ROUNDING) -> bool:
    """Whether two arrays agree, relative to their largest entry."""
    if x.shape != y.shape or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return False
    return bool(np.abs(x - y).max(initial=0.0) <= rtol * scale_of(x, y))


def is_power_of_two(factor: float) -> bool:
    """Whether a factor is one that loss scales are: 16, 32, ..."""
    exponent = math.log2(factor) if factor >= 16 else 0.5
    return abs(exponent - round(exponent)) < 1e-4


def unit(quantity: Quantity) -> float:
    """One unit in the last place of the largest entry."""
    return unit_of(quantity.dtype, quantity.dtype, scale_of(quantity.values))
