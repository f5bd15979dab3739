"""Gradients that are another sum of the same terms.

The gradient of one run is written as a weighted sum of what each backward pass of the other has added, and of what its
last step had left. Equal weights are a factor, unequal ones a mean of means; the last step's is a missing zero_grad.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from funcgrad.divergence.case import Case, Explanation, is_close, is_power_of_two
from funcgrad.divergence.run import Key, Run

MOST = 20_000
"""Entries of each parameter that are looked at."""

EXACT = 1e-5
"""Relative: what rounding leaves of a weighted sum that is right."""


PARTS = "the number of backward passes"
ROWS = "the number of rows"
POWER = "a power of two"
READINGS = {
    PARTS: ("division by the number of parts", "Divide each loss of a part by the number of parts."),
    ROWS: ("reduction of the loss", "Use the mean in both runs, or the sum in both."),
    POWER: ("loss scale", "Unscale the gradients before they are used."),
    "": ("factor of the loss", "Look for a weight, a reduction or a unit (bits, nats) in one loss only."),
}
"""What a factor is, and what that means."""


class Terms(NamedTuple):
    """The gradient of a step in one run, all parameters in a row."""

    added: np.ndarray  # [k, n], by each backward pass
    left: np.ndarray | None  # [n], of the last step
    total: np.ndarray  # [n]


def explain(case: Case) -> Explanation | None:
    """Say which sum of the other run's terms a gradient is."""
    names = [name for name, *_ in case.both(case.step, "sum")]
    a, b = (_terms(run, case.step, names) for run in (case.a, case.b))
    if a is None or b is None or a.total.shape != b.total.shape or is_close(a.total, b.total, EXACT):
        return None
    if len(b.added) > len(a.added):
        found = _decomposed(case, case.b, b, a, "BA")
    else:
        found = _decomposed(case, case.a, a, b, "AB") or _decomposed(case, case.b, b, a, "BA")
    return found


def _terms(run: Run, step: int, names: list[str]) -> Terms | None:
    if not names:
        return None
    kinds = [kind for kind in run.kinds(step, "sum") if kind != "sum"] or ["sum"]
    if run.steps[step - 1].backwards > len(kinds):
        return None  # not every term was kept
    sums = [_row(run, names, step, step, kind) for kind in kinds]
    left = _row(run, names, step, step - 1, "grad")
    return Terms(np.diff(np.stack(sums), axis=0, prepend=0.0), left if left.any() else None, sums[-1])


def _row(run: Run, names: list[str], sized: int, step: int, kind: str) -> np.ndarray:
    """A quantity of all parameters in a row; zeros, as many as there are in the step `sized`, for one that is None."""
    pieces = []
    for name in names:
        found, sums = run.get(step, kind, name), run.quantities[Key(sized, "sum", name)]
        pieces.append((np.zeros_like(sums.values) if found is None else found.values).astype(np.float64)[:MOST])
    return np.concatenate(pieces)


def _decomposed(case: Case, run: Run, base: Terms, other: Terms, order: str) -> Explanation | None:
    """`other.total` as a weighted sum of the terms of `base`."""
    columns = [*base.added, *([other.left] if other.left is not None else [])]
    weights = _weights(np.stack(columns, axis=1), other.total)
    if weights is None:
        return None
    own, stale = weights[: len(base.added)], weights[len(base.added) :]
    if not own.all():
        return None
    if len(stale) and abs(stale[0] - 1) < 1e-3 and is_close(own, np.ones_like(own), 1e-3):
        return _stale(order)
    if len(stale) and abs(stale[0]) > 1e-3:
        return None
    if is_close(own, np.full_like(own, own.mean()), 1e-4):
        return _factor(case, float(own.mean()), order)
    if abs(own.mean() - 1) > 1e-4 > abs((1 / own).mean() - 1):  # the terms are those of the weighted sum
        return _mean_of_means(run, case.step, 1 / own, order[::-1])
    return _mean_of_means(run, case.step, own, order)


def _weights(columns: np.ndarray, total: np.ndarray) -> np.ndarray | None:
    if not (np.isfinite(columns).all() and np.isfinite(total).all()) or len(total) < 4 * columns.shape[1]:
        return None
    sizes = np.linalg.norm(columns, axis=0)
    if not sizes.all():
        return None
    weights, _, rank, _ = np.linalg.lstsq(columns / sizes, total, rcond=1e-6)
    is_met = np.linalg.norm(columns / sizes @ weights - total) <= EXACT * np.linalg.norm(total)
    return weights / sizes if is_met and rank == columns.shape[1] else None


def _told(order: str, base: str, other: str) -> tuple[str, str]:
    """Texts for the runs A and B, of the run that gave the terms and of the other one."""
    return (base, other) if order == "AB" else (other, base)


def _stale(order: str) -> Explanation:
    other = order[1]
    return Explanation(
        "gradients that were not cleared",
        _told(order, "starts each step from cleared gradients", "adds to the gradients of the last step"),
        f"The gradient of {other} is that of {order[0]} plus what the last step of {other} had used.",
        "Call optimizer.zero_grad() once in every step.",
    )


def _factor(case: Case, factor: float, order: str) -> Explanation:
    if abs(factor) < 1:
        factor, order = 1 / factor, order[::-1]
    base, other = order
    reading = next(_readings(case, factor), "")
    cause, advice = READINGS[reading]
    evidence = f"The whole gradient of {other} is {factor:.7g} times that of {base}{reading and f', {reading}'}."
    texts = _told(order, "takes its loss as it is", f"takes {factor:.7g} times as much")
    return Explanation(cause, texts, evidence, advice)


def _readings(case: Case, factor: float) -> Iterator[str]:
    backwards = {run.steps[case.step - 1].backwards for run in (case.a, case.b)}
    batch = case.a.get(case.step, "input.0.0")
    if any(count > 1 and math.isclose(factor, count, rel_tol=1e-4) for count in backwards):
        yield PARTS
    if batch is not None and batch.shape and math.isclose(factor, batch.shape[0], rel_tol=1e-4):
        yield ROWS
    if is_power_of_two(factor):
        yield POWER


def _mean_of_means(run: Run, step: int, weights: np.ndarray, order: str) -> Explanation:
    base, other = order
    shares = weights / weights.sum()
    sizes = _rows(run, step, len(weights))
    matched = sizes is not None and is_close(shares, sizes / sizes.sum(), 1e-3)
    known = f", as their {', '.join(f'{n:g}' for n in sizes)} rows" if sizes is not None and matched else ""
    listed = ", ".join(f"{share:.4g}" for share in shares)
    evidence = f"The gradient of {other} is that of {base} with its parts weighted {listed}{known}."
    base_text, other_text = "counts every part alike (a mean of means)", "weights each part by what is in it"
    return Explanation(
        "mean of means",
        _told(order, base_text, other_text),
        evidence,
        "Sum the losses of all parts and divide once by the number of rows or tokens in them.",
    )


def _rows(run: Run, step: int, parts: int) -> np.ndarray | None:
    batches = [run.get(step, f"input.{part}.0") for part in range(parts)]
    if any(batch is None or not batch.shape for batch in batches):
        return None
    return np.array([batch.shape[0] for batch in batches if batch is not None], np.float64)


def explain_missing(case: Case) -> Explanation | None:
    """Tell apart a gradient of None and one of zeros, and a gradient that was cleared too early."""
    key = case.first.key
    a, b = case.a.get(*key), case.b.get(*key)
    if (a is None) == (b is None):
        return None
    there, order = (a, "AB") if a is not None else (b, "BA")
    assert there is not None
    is_zero = not there.values.any()
    here, other = (case.a, case.b) if order == "AB" else (case.b, case.a)
    names = here.names(case.step, "grad")
    count = sum(other.get(case.step, "grad", name) is None for name in names)
    cause = "None for zero" if is_zero else "gradient that is not there"
    texts = _told(order, "has a gradient of zeros" if is_zero else "has a gradient", "has none (None)")
    advice = (
        "zero_grad(set_to_none=False) leaves zeros: momentum and weight decay move a parameter on zeros and skip None."
        if is_zero
        else "Look for zero_grad between backward and step, a detach, or a parameter that the loss does not reach."
    )
    evidence = f"Of {len(names)} parameters with a gradient in {order[0]}, {count} have none in {order[1]}."
    return Explanation(cause, texts, evidence, advice)
