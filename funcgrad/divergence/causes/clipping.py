"""Clipping by another rule: another epsilon beside the norm, each parameter by itself, by value, or not at all.

What a run did is read from its gradients before and after: the same limit must come out of every step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from funcgrad.divergence.case import Case, Explanation, is_close, is_power_of_two
from funcgrad.divergence.run import Quantity, Run
from funcgrad.optim.clipping import NORM_EPSILON

SAME_LIMIT = 4e-7
"""Relative: a limit that is found from float32 gradients is as exact as this."""

ALIKE = 1e-4
"""Relative: gradients whose norms differ by more are not clipped alike by one rule either."""

EVIDENCE = 4
"""The rule must come out so many times better than the other one."""

ADVICE = (
    "torch.nn.utils.clip_grad_norm_ divides by the norm + 1e-6; optax.clip_by_global_norm adds nothing: use "
    "funcgrad.optim.clip_by_global_norm."
)


class Clip(NamedTuple):
    """What one step of a run did to its gradients."""

    factors: dict[str, float]  # by parameter; nan where clipping is no factor
    norm: float  # of all gradients together, before
    norm_after: float
    rule: str  # a key of RULES
    largest: float  # entry afterwards


def explain(case: Case) -> Explanation | None:
    """Compare how the two runs have clipped, up to the step of the first difference."""
    for step in range(1, case.step + 1):
        a, b = _clip(case.a, step), _clip(case.b, step)
        if a is None or b is None:
            return None
        found = _other_epsilon(case, step)
        if found is None and math.isclose(a.norm, b.norm, rel_tol=ALIKE):
            found = _other_rule(a, b) or _other_limit(a, b)
        if found is not None:
            return found
    return None


def _clip(run: Run, step: int) -> Clip | None:
    pairs = list(_pairs(run, step))
    if not pairs:
        return None
    factors = {name: _factor(before.array(), after.array()) for name, before, after in pairs}
    largest = max(float(np.abs(after.array()).max(initial=0.0)) for _, _, after in pairs)
    norm, norm_after = (math.hypot(*column) for column in zip(*((x.norm, y.norm) for _, x, y in pairs), strict=True))
    rule = _rule(np.array([*factors.values()]))
    if rule == "other" and all(is_close(before.array().clip(-largest, largest), q.array()) for _, before, q in pairs):
        rule = "value"
    return Clip(factors, norm, norm_after, rule, largest)


def _pairs(run: Run, step: int) -> Iterator[tuple[str, Quantity, Quantity]]:
    for name in run.names(step, "sum"):
        before, after = run.get(step, "sum", name), run.get(step, "grad", name)
        if before is not None and after is not None and before.values.any():
            yield name, before, after


def _factor(before: np.ndarray, after: np.ndarray) -> float:
    factor = float((before * after).sum() / (before * before).sum())
    return factor if is_close(factor * before, after) else np.nan


def _rule(factors: np.ndarray) -> str:
    if np.isnan(factors).any():
        return "other"
    if np.abs(factors - 1).max() < SAME_LIMIT / 4:
        return "none"
    return "norm" if np.ptp(factors) < SAME_LIMIT * factors.max() else "each"


RULES = {
    "none": "does not clip here",
    "norm": "scales all gradients by one factor",
    "each": "scales each parameter's gradient by a factor of its own",
    "value": "limits each entry",
    "other": "changes single entries",
}


def _other_rule(a: Clip, b: Clip) -> Explanation | None:
    after = a.norm_after, b.norm_after
    if a.rule == b.rule or ("none" in (a.rule, b.rule) and math.isclose(*after, rel_tol=10 * ALIKE)):
        return None
    evidence = f"The norm before is {a.norm:.6g}; A leaves {after[0]:.6g} of it and B {after[1]:.6g}."
    advice = "Clip in both runs, by clip_grad_norm_ over all parameters in one call, after unscale_."
    return Explanation("clipping", (RULES[a.rule], RULES[b.rule]), evidence, advice)


def _other_epsilon(case: Case, last: int) -> Explanation | None:
    """One limit in both runs, if one adds an epsilon to the norm and the other does not."""
    limits = {}
    for run in "AB":
        clips = [_clip(case.a if run == "A" else case.b, step) for step in range(1, last + 1)]
        clipped = [(np.mean([*c.factors.values()]), c.norm) for c in clips if c is not None and c.rule == "norm"]
        if not clipped:
            return None
        limits[run] = [
            np.mean([factor * (norm + epsilon) for factor, norm in clipped]) for epsilon in (NORM_EPSILON, 0.0)
        ]
    texts = [f"divides by the norm + {NORM_EPSILON:g}", "divides by the norm"]
    for a, b in ((0, 1), (1, 0)):
        limit, other = limits["A"][a], limits["B"][b]
        alike = min(abs(limits["A"][k] - limits["B"][k]) for k in (0, 1))
        if abs(limit - other) <= SAME_LIMIT * limit and alike > EVIDENCE * abs(limit - other):
            evidence = f"That way both runs come to one limit, {limit:.6g}; under one rule they do not."
            return Explanation("clip epsilon", (texts[a], texts[b]), evidence, ADVICE)
    return None


def _other_limit(a: Clip, b: Clip) -> Explanation | None:
    limits = [clip.largest if a.rule == "value" else clip.norm_after for clip in (a, b)]
    if a.rule not in ("norm", "value") or abs(limits[0] - limits[1]) < 1e-4 * max(limits):
        return None
    texts = [f"leaves {'a norm of' if a.rule == 'norm' else 'entries up to'} {limit:.6g}" for limit in limits]
    ratio = max(limits) / min(limits)
    evidence = f"The norm before is {a.norm:.6g} in A and {b.norm:.6g} in B"
    if is_power_of_two(ratio):
        evidence += f"; what is left differs by {ratio:.6g}, a power of two as loss scales are."
        advice = "Call scaler.unscale_(optimizer) before clipping."
        return Explanation("clipping of scaled gradients", texts, evidence, advice)
    return Explanation("limit of clipping", texts, f"{evidence}.", "Clip both runs to one limit.")
