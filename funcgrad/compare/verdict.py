"""The verdict: what the runs show, in plain words made from their figures.

Every sentence is chosen by what was measured; none is true by assumption.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from funcgrad.compare.difference import TOLERANCE, Difference, compare
from funcgrad.compare.measure import Run

LAST = 15  # batches over which a loss is averaged
REFERENCE = {"a": "b", "c": "b", "d": "b", "e": "b", "f zeros": "f none"}
"""With which run each run is compared."""


class Finding(NamedTuple):
    """What one run shows."""

    run: str
    claim: str  # a few words, of which the letter of the run is the subject
    detail: str  # one or two sentences


class Verdict(NamedTuple):
    """What the comparison came to."""

    agrees: bool  # whether a and b are within the tolerance
    differences: dict[str, Difference]  # of each run in `REFERENCE`
    findings: tuple[Finding, ...]


def judge(runs: dict[str, Run]) -> Verdict:
    """Compare the runs and say what they show."""
    differences = {run: compare(runs[run].params, runs[other].params) for run, other in REFERENCE.items()}
    return Verdict(differences["a"].relative <= TOLERANCE, differences, _findings(runs, differences))


def _findings(runs: dict[str, Run], differences: dict[str, Difference]) -> tuple[Finding, ...]:
    functional = _functional(runs, differences["a"])
    if not _is_finite(runs["b"]):
        return (functional,)  # the others speak about distances from b
    return (
        functional,
        _forgotten(runs, differences["c"]),
        _misplaced(runs),
        _after_step(differences["e"]),
        _none_or_zeros(runs, differences["f zeros"]),
    )


def percent(share: float) -> str:
    """Write a share, for example 95.3 %."""
    return f"{100 * share:.1f} %"


def _functional(runs: dict[str, Run], difference: Difference) -> Finding:
    steps = len(runs["b"].loss)
    if not (_is_finite(runs["a"]) and _is_finite(runs["b"])):
        detail = f"The parameters are not finite after {steps} steps: take a smaller --lr."
        return Finding("a", "cannot be compared with b", detail)
    if not np.any(difference.by_step):
        detail = (
            f"The pure step and the PyTorch loop train the same model: at all {steps} steps the largest difference in "
            f"any parameter is 0, bit for bit (tolerance {TOLERANCE:.0e})."
        )
        return Finding("a", "agrees with b", detail)
    size = (
        f"After {steps} steps they differ by at most {difference.absolute:.1e}, and relative to the size of a "
        f"parameter by at most {difference.relative:.1e} ({difference.parameter}; tolerance {TOLERANCE:.0e})."
    )
    if difference.relative <= TOLERANCE:
        return Finding("a", "agrees with b", f"The pure step and the PyTorch loop train the same model. {size}")
    where = f"They part at step {difference.first_step} in {difference.first_parameter}."
    return Finding("a", "DIFFERS from b", f"{size} {where} The pure step and the PyTorch loop should train one model.")


def _forgotten(runs: dict[str, Run], difference: Difference) -> Finding:
    if difference.first_step is None:
        return Finding("c", "has not left b", "There were too few steps for anything to pile up.")
    counts = runs["c"].batches_in_grad
    last = int(np.flatnonzero(np.isfinite(counts))[-1])
    accuracies = " and ".join(f"{percent(runs[run].accuracy[-1])} ({run})" for run in "bc")
    detail = (
        f"Its gradient held {_count(counts[difference.first_step - 1])} at step {difference.first_step}, and "
        f"{_count(counts[last])} at step {last + 1}. Test accuracy: {accuracies}."
    )
    if runs["c"].accuracy[-1] > runs["b"].accuracy[-1]:
        detail += " What piles up works like a larger learning rate, and this one is small enough to gain from it."
    return Finding("c", f"leaves b at step {difference.first_step}", detail)


def _misplaced(runs: dict[str, Run]) -> Finding:
    run = runs["d"]
    if np.any(run.update_norm):
        return Finding("d", "has moved", f"The parameters changed by up to {run.update_norm.max():.1e} in a step.")
    detail = (
        "Between backward and step, zero_grad throws away the gradient that was just computed. All parameters are "
        f"where they began, and test accuracy stays at {percent(run.accuracy[-1])}."
    )
    return Finding("d", "never learns", detail)


def _after_step(difference: Difference) -> Finding:
    if difference.relative > TOLERANCE:
        return Finding("e", f"leaves b at step {difference.first_step}", f"In {difference.first_parameter}.")
    how = "bit for bit" if not np.any(difference.by_step) else f"to {difference.by_step.max():.1e}"
    detail = f"Clearing after step or before backward gives the same trajectory, {how}: either place is right."
    return Finding("e", "is a false alarm", detail)


def _none_or_zeros(runs: dict[str, Run], difference: Difference) -> Finding:
    if not (_is_finite(runs["f none"]) and _is_finite(runs["f zeros"])):
        return Finding("f", "cannot be compared", "The parameters with a second head are not finite in the end.")
    if difference.first_step is None:
        return Finding("f", "None and zeros agree", "No momentum or weight decay had a gradient of zero to act on.")
    detail = (
        f"First in {difference.first_parameter}, of a head that the batch does not use: with None it rests, with zeros "
        "momentum and weight decay move it."
    )
    shared = [name for name in runs["f none"].params if not name.startswith("parity.")]
    spread = compare(*({name: runs[run].params[name] for name in shared} for run in ("f zeros", "f none")))
    if spread.first_step is not None:
        detail += f" At step {spread.first_step} the difference reaches the layers that every batch uses."
    return Finding("f", f"None and zeros part at step {difference.first_step}", detail)


def _is_finite(run: Run) -> bool:
    return all(np.isfinite(path[-1]).all() for path in run.params.values())


def _count(batches: float) -> str:
    return f"{batches:.0f} batch" + ("" if batches == 1 else "es")
