"""Callbacks of `fit`: what is done with the numbers when the loop comes back to the host.

A callback is any function of a `Visit`; it stops the loop by returning True.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from funcgrad.train.state import TrainState
from funcgrad.train.update import StepMetrics


class Visit(NamedTuple):
    """What a callback sees when the loop comes back to the host."""

    steps: int  # batches used since the beginning of the run
    state: TrainState  # donated to the next step: copy what you keep
    metrics: StepMetrics  # of the steps since the last visit: NumPy, with these steps as leading axis
    evaluation: Any = None  # what `evaluate` returned


Callback = Callable[[Visit], bool | None]


def print_loss(visit: Visit) -> None:
    """Print the number of steps and the latest loss; a callback for `fit`."""
    print(f"step {visit.steps:>6}  loss {visit.metrics.loss[-1]:.6g}")


def require_finite(visit: Visit) -> None:
    """Raise a FloatingPointError if a loss was infinite or nan and its update was not skipped; a callback."""
    if visit.metrics.is_finite is not None:
        return
    bad = np.flatnonzero(~np.isfinite(visit.metrics.loss))
    if bad.size:
        step = visit.steps - len(visit.metrics.loss) + int(bad[0]) + 1
        raise FloatingPointError(
            f"The loss of step {step} was {visit.metrics.loss[bad[0]]}, so the parameters after it are of no use. "
            "Go on from an earlier checkpoint with a lower learning rate or with clip=, or make the step with "
            "skip_nonfinite=True, which leaves such updates out."
        )


class EarlyStop:
    """Stops the loop when a number has not fallen for a while.

    Args:
        of: the number, from a visit; for example `lambda visit: visit.evaluation["loss"]`.
        patience: how many visits in a row may pass without a new lowest value.
        margin: how much lower than the lowest a value must be to count.

    Example:
        >>> stop = EarlyStop(of=lambda visit: visit, patience=2)
        >>> [stop(value) for value in (3.0, 2.0, 2.5, 2.0)]
        [False, False, False, True]
    """

    def __init__(self, of: Callable[[Visit], Any], *, patience: int, margin: float = 0.0) -> None:
        self.of = of
        self.patience = patience
        self.margin = margin
        self.lowest = math.inf
        self.visits_since = 0

    def __call__(self, visit: Visit) -> bool:
        """Whether the patience is used up."""
        value = float(self.of(visit))
        is_lower = value < self.lowest - self.margin
        self.visits_since = 0 if is_lower else self.visits_since + 1
        self.lowest = value if is_lower else self.lowest
        return self.visits_since >= self.patience


class JSONLog:
    """Appends a line of JSON for each visit: steps, the metrics of its last step, and the evaluation.

    Args:
        path: the file; a run that goes on appends to it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def __call__(self, visit: Visit) -> None:
        """Append the line."""
        last = jax.tree.map(lambda leaf: leaf[-1], visit.metrics)._asdict()
        shown = {name: value for name, value in last.items() if value is not None}
        line = {"steps": visit.steps, **shown}
        if visit.evaluation is not None:
            line["evaluation"] = visit.evaluation
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(jax.tree.map(_plain, line)) + "\n")


def _plain(value: Any) -> Any:
    """A number, list or text of JSON, which knows no infinity and no nan: those become text."""
    value = value.tolist() if isinstance(value, (np.ndarray, np.generic, jax.Array)) else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
