"""The report for programs: JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from funcgrad.audit.audit import Audit, Judged
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.measure import Effect
from funcgrad.audit.report.words import message, repair


def to_json(audit: Audit, language: str = "en") -> str:
    """All that the audit gave."""
    return json.dumps(
        {
            "findings": [_entry(each, language) for each in audit.judged],
            "steps": audit.steps,
            "order": list(audit.order),
            "errors": [f"{type(error).__name__}: {error}" for error in audit.errors],
            "ended_by_bounds": audit.was_ended,
        },
        indent=2,
        ensure_ascii=False,
    )


def _entry(judged: Judged, language: str) -> dict[str, Any]:
    finding = judged.finding
    return {
        "code": finding.code,
        "name": BY_CODE[finding.code].name,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.start + 1,
        "end_column": finding.place.end + 1,
        "message": message(judged, language),
        "parameters": finding.parameters,
        "times": len(finding.hits),
        "harmless": judged.is_harmless,
        "effect": None if judged.effect is None else figures(judged.effect),
        "repair": repair(judged, language),
    }


def figures(effect: Effect) -> dict[str, Any]:
    """The figures of an effect; JSON has no infinity, so an update that should not be there has no factor."""
    written, repaired = (_finite(x) for x in effect.loss or (None, None))
    return {
        "cosine": _finite(effect.cosine),
        "learning_rate_factor": _finite(effect.factor),
        "loss": written,
        "loss_repaired": repaired,
        "backward_calls": effect.calls,
    }


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
