"""Known causes, a file each: a function from a case to its explanation, or None if it is something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from funcgrad.divergence.case import Case, Explanation
from funcgrad.divergence.causes import (
    batch,
    buffers,
    clipping,
    gradient,
    initial,
    module,
    schedule,
    setting,
    untouched,
    update,
)


class Cause(NamedTuple):
    """A known cause."""

    name: str
    families: frozenset[str]  # of quantities that it can be the first to change
    explain: Callable[[Case], Explanation | None]


def _cause(name: str, families: str, explain: Callable[[Case], Explanation | None]) -> Cause:
    return Cause(name, frozenset(families.split()), explain)


CAUSES = (
    _cause("first parameters", "initial", initial.explain),
    _cause("batches", "input output loss", batch.explain),
    _cause("settings of a module", "output loss buffer sum grad", module.explain_settings),
    _cause("dropout", "output loss sum", module.explain_dropout),
    _cause("BatchNorm variance", "output loss sum", module.explain_batch_norm),
    _cause("running statistics", "buffer output loss", buffers.explain),
    _cause("accumulation and reduction", "loss sum grad", gradient.explain),
    _cause("None for zero", "grad", gradient.explain_missing),
    _cause("clipping", "grad state param", clipping.explain),
    _cause("learning-rate schedule", "option", schedule.explain),
    _cause("setting of the optimizer", "option loss sum", setting.explain),
    _cause("parameter that is not updated", "param state", untouched.explain),
    _cause("update rule", "state param", update.explain),
    _cause("rounding", "state param", update.explain_rounding),
)
"""In the order in which they are tried."""


def tried_for(case: Case) -> list[Cause]:
    """The causes that can have made the first difference of a case."""
    key = case.first.key
    family = "initial" if key.step == 0 and key.family == "param" else key.family
    return [cause for cause in CAUSES if family in cause.families]
