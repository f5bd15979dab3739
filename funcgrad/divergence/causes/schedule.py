"""Learning rates by another schedule: a step too early or late, another denominator, per epoch instead of per step."""

from __future__ import annotations

import numpy as np

from funcgrad.divergence.case import Case, Explanation
from funcgrad.divergence.run import Run

DENOMINATORS = 10_000
"""The longest cosine that is looked for."""

EXACT = 1e-6
"""Relative to the range of the rates: what a cosine that is right leaves."""


def explain(case: Case) -> Explanation | None:
    """Say how the learning rates of the two runs are related."""
    if case.first.key.name != "lr":
        return None
    a, b = (_rates(run) for run in (case.a, case.b))
    count = min(len(a), len(b))
    return _offset(a[:count], b[:count]) or _held(a[:count], b[:count]) or _cosine(a[:count], b[:count])


def _rates(run: Run) -> np.ndarray:
    first = next(iter(run.steps[0].options), None)
    return np.array([float(step.options.get(str(first), {}).get("lr", np.nan)) for step in run.steps])


def _is_same(x: np.ndarray, y: np.ndarray) -> bool:
    return bool(np.allclose(x, y, rtol=1e-6, atol=0.0))


def _offset(a: np.ndarray, b: np.ndarray) -> Explanation | None:
    for early, late, texts in (
        (b, a, ("starts with the first rate", "is one step ahead")),
        (a, b, ("is one step ahead", "starts with the first rate")),
    ):
        if len(a) > 2 and np.ptp(late) > 0 and _is_same(early[:-1], late[1:]):
            evidence = f"The rate of each step in one run is that of the next in the other: {_listed(late[:3])}."
            advice = "Call scheduler.step() once in each step, after optimizer.step()."
            return Explanation("schedule one step off", texts, evidence, advice)
    return None


def _held(a: np.ndarray, b: np.ndarray) -> Explanation | None:
    """A schedule that moves once in k steps, and one that moves in each."""
    for often, rarely, order in ((a, b, 1), (b, a, -1)):
        for k in range(2, len(a)):
            held = often[np.arange(len(often)) // k]
            if np.ptp(rarely) > 0 and _is_same(rarely, held):
                texts = ["moves in every step", f"moves once in {k} steps"][::order]
                evidence = f"The values are the same: {_listed(often[:3])}."
                advice = "Call scheduler.step() as often in both runs: once a step, or once an epoch."
                return Explanation("schedule per epoch or per step", texts, evidence, advice)
    return None


def _cosine(a: np.ndarray, b: np.ndarray) -> Explanation | None:
    ours, theirs = _denominator(a), _denominator(b)
    if ours is None or theirs is None or ours == theirs:
        return None
    texts = [f"divides the step by {n}" for n in (ours, theirs)]
    evidence = (
        f"Each run follows cos(π step / n) with its own n; the first rates are {_listed(a[:3])}, {_listed(b[:3])}."
    )
    advice = (
        "CosineAnnealingLR and optax.cosine_decay_schedule divide by the number of steps; a schedule that is to end on "
        "the last step divides by one less."
    )
    return Explanation("cosine denominator", texts, evidence, advice)


def _denominator(rates: np.ndarray) -> int | None:
    """The n of `low + (high - low) (1 + cos(π step / n)) / 2`, if there is one."""
    if len(rates) < 4 or np.isnan(rates).any() or np.ptp(rates) == 0:
        return None
    candidates = np.arange(len(rates) // 2 + 1, DENOMINATORS)
    fall = 1 - np.cos(np.pi * np.arange(len(rates)) / candidates[:, None])
    heights = (rates[0] - rates) @ fall.T / (fall * fall).sum(1)
    left = np.abs(rates[0] - rates - heights[:, None] * fall).max(1)
    best, second = left.argsort()[:2]
    is_clear = left[best] <= EXACT * np.ptp(rates) and 10 * left[best] < left[second]
    return int(candidates[best]) if is_clear else None


def _listed(rates: np.ndarray) -> str:
    return ", ".join(f"{rate:.6g}" for rate in rates)
