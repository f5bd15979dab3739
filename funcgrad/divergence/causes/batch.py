"""Other batches: the rows in another order, the batches in another order, or the numbers on another scale."""

from __future__ import annotations

import numpy as np

from funcgrad.divergence.case import Case, Explanation, is_close
from funcgrad.divergence.run import Quantity, Run

OWN_ORDER = ("has an order of its own",) * 2
OWN_SCALE = ("has a scale of its own",) * 2
SAME_ORDER = "Give both runs the batches in one order: shuffle with one generator, or read them from a file."


def explain(case: Case) -> Explanation | None:
    """Say how the batches of the two runs are related."""
    kind = case.first.key.kind if case.first.key.family == "input" else "input.0.0"
    a, b = case.a.get(case.step, kind), case.b.get(case.step, kind)
    if a is None or b is None or a.stride > 1 or b.stride > 1 or _is_same(a, b):
        return None
    return _rows(a, b) or _shifted(case, kind) or _other_rows(case, kind) or _scaled(a, b)


def _is_same(a: Quantity, b: Quantity) -> bool:
    return is_close(a.array(), b.array())


def _rows(a: Quantity, b: Quantity) -> Explanation | None:
    if a.shape != b.shape or not a.shape or not is_close(_sorted(a.array()), _sorted(b.array())):
        return None
    evidence = f"The batch holds the same {a.shape[0]} rows in both runs."
    return Explanation("order within the batch", OWN_ORDER, evidence, SAME_ORDER)


def _sorted(array: np.ndarray) -> np.ndarray:
    rows = array.reshape(len(array), -1)
    return rows[np.lexsort(rows.T[::-1])]


def _shifted(case: Case, kind: str) -> Explanation | None:
    """Find the batch of one run in another step of the other run."""
    for here, there, names in ((case.b, case.a, "BA"), (case.a, case.b, "AB")):
        batch = here.get(case.step, kind)
        for step in range(1, len(there.steps) + 1):
            other = there.get(step, kind)
            if batch is not None and other is not None and other.shape == batch.shape and _is_same(other, batch):
                evidence = f"The batch of step {case.step} in {names[0]} is that of step {step} in {names[1]}."
                return Explanation("order of batches", OWN_ORDER, evidence, SAME_ORDER)
    return None


def _other_rows(case: Case, kind: str) -> Explanation | None:
    """Batches of other rows from the same data: some of them are in a batch of the other run."""
    ours, theirs = _all_rows(case.a, kind), _all_rows(case.b, kind)
    shared = len(ours & theirs)
    if shared * 10 < min(len(ours), len(theirs)) or not shared:
        return None
    evidence = f"{shared} of {len(theirs)} rows of the recorded batches of B are also in batches of A."
    return Explanation("shuffling", OWN_ORDER, evidence, SAME_ORDER)


def _all_rows(run: Run, kind: str) -> set[bytes]:
    found: set[bytes] = set()
    for step in range(1, len(run.steps) + 1):
        batch = run.get(step, kind)
        if batch is not None and batch.stride == 1 and batch.shape:
            found |= {row.tobytes() for row in batch.array().reshape(batch.shape[0], -1)}
    return found


def _scaled(a: Quantity, b: Quantity) -> Explanation | None:
    left, right = a.array().ravel(), b.array().ravel()
    if a.shape != b.shape or len(np.unique(left)) < 4:
        return None
    factor, shift = np.polyfit(left, right, 1)
    if not factor or not is_close(factor * left + shift, right, 1e-5):
        return None
    evidence = f"Entry by entry, the batch of B is {factor:.6g} times that of A {shift:+.6g}."
    advice = "Normalise the data alike: divide by 255 once, use one mean and one deviation."
    return Explanation("scale of the data", OWN_SCALE, evidence, advice)
