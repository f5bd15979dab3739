"""An optimizer that was given another number: learning rate, betas, epsilon, weight decay, momentum."""

from __future__ import annotations

from funcgrad.divergence.case import Case, Explanation
from funcgrad.divergence.walk import options_apart

CLOSURES = frozenset({"LBFGS"})
"""Optimizers whose step computes the loss several times, with its options at work in between."""

ROUNDED = 2.0
"""Ulp by which an option may be off because a run has kept it in float32."""


def explain(case: Case) -> Explanation | None:
    """Name the options."""
    if case.first.key.family != "option" and case.a.steps[case.step - 1].optimizer not in CLOSURES:
        return None
    apart = sorted(each for each in options_apart(case.a, case.b, case.step) if each.ulp > ROUNDED)
    if not apart:
        return None
    names, pairs = [each.key.name for each in apart], [each.values for each in apart]
    told = [", ".join(f"{name}={pair[k]:.8g}" for name, pair in zip(names, pairs, strict=True)) for k in (0, 1)]
    evidence = f"Everything before agrees; the update of step {case.step} uses them."
    listed = " and ".join(names)
    return Explanation(f"another {listed}", told, evidence, f"Pass the same {listed}.")
