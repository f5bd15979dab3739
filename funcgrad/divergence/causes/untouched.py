"""A parameter that one run does not update."""

from __future__ import annotations

import numpy as np

from funcgrad.divergence.case import Case, Explanation
from funcgrad.divergence.run import Run

ADVICE = "Look for a parameter that is frozen, or was not handed to the optimizer, or was replaced afterwards."


def explain(case: Case) -> Explanation | None:
    """Find a parameter that has moved in one run only."""
    names = [name for name, *_ in case.both(case.step, "param")]
    moved = {name: tuple(_has_moved(run, case.step, name) for run in (case.a, case.b)) for name in names}
    still = [name for name, (a, b) in moved.items() if a != b]
    if not still:
        return None
    texts = ["moves it" if one else "leaves it as it is" for one in moved[still[0]]]
    evidence = f"{len(still)} of {len(moved)} parameters: {', '.join(still[:4])}{', ...' if len(still) > 4 else ''}."
    return Explanation("parameter that is not updated", texts, evidence, ADVICE)


def _has_moved(run: Run, step: int, name: str) -> bool:
    before, after = run.before(step, "param", name), run.get(step, "param", name)
    return before is not None and after is not None and not np.array_equal(before.values, after.values)
