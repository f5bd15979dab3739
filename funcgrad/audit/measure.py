"""What a mistake did: the run as written beside the run without it, from the same random state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from funcgrad.audit.finding import Finding, Share
from funcgrad.audit.ledger import Backward
from funcgrad.audit.place import Place
from funcgrad.audit.run import Run, Update
from funcgrad.audit.tensors import array_of
from funcgrad.trace import Value

NEGLIGIBLE = 1e-3
"""The relative change of an update and of the loss that counts as none: far above rounding, far below a mistake."""


@dataclass(frozen=True)
class Effect:
    """What changes when a finding is repaired.

    Attributes:
        cosine: Between the gradients that were used and those that should have been, over all parameters and averaged
            over the hits; None where nothing was used, or nothing wrong.
        factor: How long the first update that differs is, along the repaired one: what the learning rate was in
            effect multiplied by; None where none differs.
        loss: The mean of the last losses as written, and repaired.
        calls: How many backward calls both runs have made.
        curves: The loss of each of these calls as written, and repaired.
    """

    cosine: float | None
    factor: float | None
    loss: tuple[float, float] | None
    calls: int
    curves: tuple[tuple[float, float], ...] = ()

    @property
    def is_harmless(self) -> bool:
        """Whether repairing changes nothing that counts."""
        same_update = self.factor is None or abs(self.factor - 1) <= NEGLIGIBLE
        same_direction = self.cosine is None or self.cosine >= 1 - NEGLIGIBLE
        return same_update and same_direction and (self.loss is None or _is_close(*self.loss))


def measure(finding: Finding, written: Run, repaired: Run) -> Effect:
    """Compare two runs.

    Args:
        finding: What was repaired.
        written: The run as the script is written.
        repaired: The run without the mistake.
    """
    source = finding.hits[-1].source
    a, b = (_calls(each, source) for each in (written, repaired))
    calls = min(len(a), len(b))
    curves = tuple(
        (_loss(x), _loss(y)) for x, y in zip(a, b, strict=False) if x.value is not None and y.value is not None
    )
    return Effect(
        _cosine([hit.shares for hit in finding.hits if hit.shares]),
        _factor(written.updates, repaired.updates),
        _last(curves),
        calls,
        curves,
    )


def _cosine(hits: Sequence[list[Share]]) -> float | None:
    cosines = [c for c in map(_cosine_of, hits) if c is not None]
    return float(np.mean(cosines)) if cosines else None


def _cosine_of(shares: list[Share]) -> float | None:
    """Between two gradients, each of all parameters together; a gradient that is not there is zero."""
    products, used, intended = 0.0, 0.0, 0.0
    for share in shares:
        a = _array(share.used) if share.used is not None else np.zeros(1)
        b = sum((weight * _array(value) for value, weight in share.intended), np.zeros(1))
        products += float(np.sum(a * b))
        used += float(np.sum(a * a))
        intended += float(np.sum(b * b))
    return None if intended == 0 or used == 0 else products / math.sqrt(used * intended)


def _factor(written: Sequence[Update], repaired: Sequence[Update]) -> float | None:
    """The projection of one update on the other, where they first differ.

    A parameter that only the repaired run hands to the optimizer, behind the others, was left as it was.
    """
    for a, b in zip(written, repaired, strict=False):
        if a.after and b.after and len(a.after) <= len(b.after):
            ours, theirs = _change(a), _change(b)
            ours = np.pad(ours, (0, len(theirs) - len(ours)))
            if not np.array_equal(ours, theirs):
                square = float(theirs @ theirs)
                return float(ours @ theirs) / square if square else math.inf
    return None


def _change(update: Update) -> np.ndarray:
    return np.concatenate([(_array(y) - _array(x)).ravel() for x, y in zip(update.before, update.after, strict=True)])


def _calls(run: Run, source: Place | None) -> list[Backward]:
    return [call for call in run.events.ledger.calls if source is None or call.place == source]


def _last(curves: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    last = curves[-max(1, len(curves) // 10) :]
    return (float(np.mean([a for a, _ in last])), float(np.mean([b for _, b in last]))) if last else None


def _loss(call: Backward) -> float:
    assert call.value is not None
    scale = 1.0 if call.scale is None else float(_array(call.scale))
    return float(_array(call.value).item()) / scale


def _array(value: Value) -> Any:
    return array_of(value).astype(np.float64)


def _is_close(a: float, b: float) -> bool:
    return abs(a - b) <= NEGLIGIBLE * max(abs(a), abs(b)) or (math.isnan(a) and math.isnan(b))
