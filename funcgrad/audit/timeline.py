"""Timeline: what each update used, to be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from funcgrad.audit.ledger import Step, Term


class Used(NamedTuple):
    """What one update used, by the numbers of the backward calls; and what was cleared before it could be used."""

    number: int
    fresh: tuple[int, ...]
    stale: tuple[int, ...]
    lost: tuple[int, ...]


def used_by(step: Step) -> Used:
    """What an update is about to use."""
    gradients = step.gradients
    return Used(
        step.number,
        _numbers(term for gradient in gradients for term in gradient.fresh(step.user)),
        _numbers(term for gradient in gradients for term in gradient.used(step.user)),
        _numbers(term for gradient in gradients for term in gradient.cleared),
    )


def _numbers(terms: Iterable[Term]) -> tuple[int, ...]:
    return tuple(sorted({term.call.number for term in terms}))
