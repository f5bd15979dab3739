"""The comparison of two recorded runs: their pairing, the walk, and the cause of the first difference."""

from __future__ import annotations

from dataclasses import dataclass, replace

from funcgrad.divergence.case import Case, Explanation
from funcgrad.divergence.causes import clipping, tried_for, update
from funcgrad.divergence.causes.update import ROUNDING
from funcgrad.divergence.pairing import Pairing, pair
from funcgrad.divergence.run import Key, Run
from funcgrad.divergence.walk import Difference, Walk, options_apart, walk


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common, and where that ends."""

    pairing: Pairing
    limit: float  # ulp
    walk: Walk
    explanation: Explanation | None  # of the first difference; without one, of what can be seen within the limit
    tried: tuple[str, ...]  # causes that do not explain it

    @property
    def agrees(self) -> bool:
        """Whether nothing is beyond the limit, or only rounding that an update rule has enlarged."""
        is_rounding = self.explanation is not None and self.explanation.cause == ROUNDING
        return (self.walk.first is None or is_rounding) and not self.pairing.only_a and not self.pairing.only_b


def compare_runs(a: Run, b: Run, limit: float) -> Comparison:
    """Find the first difference of two runs, and explain it.

    Args:
        a: A run.
        b: Another.
        limit: In ulp of the largest entry of a quantity: what is within it counts as equal.
    """
    pairing = pair(a, b)
    seen = walk(pairing, limit)
    last = min(len(a.steps), len(b.steps))
    if seen.first is None:
        return Comparison(pairing, limit, seen, _in_the_rules(pairing, last), ())
    explanation, tried = _explained(Case(pairing.a, pairing.b, seen.first))
    if explanation is not None and explanation.cause == ROUNDING:
        return _behind_rounding(Comparison(pairing, limit, seen, explanation, tried), last)
    return Comparison(pairing, limit, seen, explanation, tried)


def _explained(case: Case) -> tuple[Explanation | None, tuple[str, ...]]:
    tried: list[str] = []
    for cause in tried_for(case):
        explanation = cause.explain(case)
        if explanation is not None:
            return explanation, tuple(tried)
        tried.append(cause.name)
    return None, tuple(tried)


def _in_the_rules(pairing: Pairing, step: int) -> Explanation | None:
    """What sets apart the rules that the runs follow up to a step; each from its own gradients, so drift is nothing."""
    nowhere = Difference(Key(step, "param"), 0.0, (), (None, None), ("", ""), ((), ()), 0, 0)
    case = Case(pairing.a, pairing.b, nowhere)
    return clipping.explain(case) or update.explain(case)


def _behind_rounding(found: Comparison, last: int) -> Comparison:
    """With a later difference that drifting does not make: an option, or a rule that one run leaves."""
    pairing, first = found.pairing, found.walk.first
    assert first is not None
    for step in range(first.key.step + 1, last + 1):
        for apart in options_apart(pairing.a, pairing.b, step):
            if apart.ulp > found.limit:
                explained = _explained(Case(pairing.a, pairing.b, apart))
                return Comparison(pairing, found.limit, Walk(apart, found.walk.largest), *explained)
    return replace(found, explanation=_in_the_rules(pairing, last) or found.explanation)
