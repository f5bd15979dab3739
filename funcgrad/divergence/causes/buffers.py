"""Running statistics that move otherwise: a biased variance, or a momentum that means its opposite."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from funcgrad.divergence.case import Case, Explanation
from funcgrad.divergence.run import Run

PYTORCH = 0.1
"""What PyTorch's BatchNorm takes of a new statistic if it is not told otherwise."""

EXACT = 1e-5
"""Relative: what rounding leaves of an equality."""

ADVICE = {
    "momentum": "PyTorch's momentum m is 1 - m in flax and Keras: 0.1 there is 0.9 here.",
    "variance": "PyTorch keeps the variance over n - 1 as running_var; flax and Keras keep that over n.",
}


class Move(NamedTuple):
    """A running statistic in one step."""

    before: np.ndarray
    after: np.ndarray

    def share(self, momentum: float) -> np.ndarray:
        """What the batch has added, if the statistic moves by this momentum."""
        return (self.after - (1 - momentum) * self.before) / momentum


def explain(case: Case) -> Explanation | None:
    """Say how the running statistics of the two runs are related."""
    for name, *_ in case.both(case.step, "buffer", whole=True):
        a, b = _move(case.a, case.step, name), _move(case.b, case.step, name)
        if a is not None and b is not None and name.endswith(("mean", "var")):
            found = _compared(case, name, a, b)
            if found is not None:
                return found
    return None


def _move(run: Run, step: int, name: str) -> Move | None:
    before, after = run.before(step, "buffer", name), run.get(step, "buffer", name)
    return None if after is None or before is None else Move(before.array(), after.array())


def _compared(case: Case, name: str, a: Move, b: Move) -> Explanation | None:
    momentum = _momentum(case.a, name)
    for ours, theirs in itertools.product((momentum, 1 - momentum), repeat=2):
        share = a.share(ours)
        ratios = b.share(theirs) / np.where(share == 0, np.nan, share)
        factor = ratios[np.isfinite(ratios)]
        mean = float(factor.mean()) if factor.size else 0.0
        if not mean or float(factor.std()) > max(0.1 * abs(1 - mean), EXACT):
            continue  # the batch has not added the same in all channels that way
        if ours != theirs and abs(1 - mean) < EXACT:
            told = [f"moves by {each:g} of a new statistic" for each in (ours, theirs)]
            evidence = f"That way the batch adds the same to {name} in both runs."
            return Explanation("BatchNorm momentum", told, evidence, ADVICE["momentum"])
        if ours == theirs and name.endswith("var") and abs(1 - mean) > EXACT:
            return _variance(name, mean)
    return None


def _momentum(run: Run, name: str) -> float:
    module = run.modules.get(name.rpartition(".")[0], {})
    return float(module.get("momentum") or PYTORCH)


def _variance(name: str, factor: float) -> Explanation | None:
    """Read n from a factor (n - 1) / n, or its inverse."""
    texts = ["keeps the unbiased variance (over n - 1)", "keeps the biased variance (over n)"]
    count = 1 / (1 - min(factor, 1 / factor))
    if count < 1.9 or abs(count - round(count)) > 0.02 * count:
        return None
    evidence = f"What the batch adds to {name} is {factor:.6g} times as much in B: n is about {count:.0f}."
    told = texts if factor < 1 else texts[::-1]
    return Explanation("BatchNorm variance", told, evidence, ADVICE["variance"])
