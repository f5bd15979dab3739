"""All figures of a comparison as JSON; what is not finite becomes null."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from funcgrad.compare.difference import TOLERANCE
from funcgrad.compare.experiment import Settings
from funcgrad.compare.measure import Run
from funcgrad.compare.verdict import REFERENCE, Verdict

SCHEMA = 1
CURVES = tuple(name for name in Run._fields if name != "params")


def to_json(settings: Settings, runs: dict[str, Run], verdict: Verdict) -> str:
    """Return one JSON object: the settings, the verdict, the differences and the curves of every run."""
    content = {
        "schema": SCHEMA,
        "settings": asdict(settings),
        "agrees": verdict.agrees,
        "tolerance": TOLERANCE,
        "findings": [finding._asdict() for finding in verdict.findings],
        "differences": {
            run: {"from": REFERENCE[run], **difference._asdict()} for run, difference in verdict.differences.items()
        },
        "runs": {run: {curve: getattr(figures, curve) for curve in CURVES} for run, figures in runs.items()},
    }
    return json.dumps(_plain(content), allow_nan=False, separators=(",", ":")) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, np.ndarray | list):
        return [_plain(part) for part in (value.tolist() if isinstance(value, np.ndarray) else value)]
    return None if isinstance(value, float) and not math.isfinite(value) else value
