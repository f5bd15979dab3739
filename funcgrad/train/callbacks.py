"""Callbacks of `fit`: what is done with the numbers when the loop comes back to the host.

A callback is any function of a `Visit`; it stops the loop by returning True. One with a memory is `Remembering`.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

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


@runtime_checkable
class Remembering(Protocol):
    """A callback whose memory the checkpoints of `fit` keep, so that a run which goes on stops where it would have."""

    def memory(self) -> dict[str, Any]:
        """What to keep, as JSON."""
        ...

    def resume(self, memory: dict[str, Any]) -> bool | None:
        """Take up the memory of the run before; True if that run had been stopped."""
        ...


def memories(callbacks: Sequence[Callback]) -> dict[str, Any]:
    """What the callbacks keep, each under its class and its place among those of its class."""
    return {name: callback.memory() for name, callback in _remembering(callbacks)}


def resume(callbacks: Sequence[Callback], kept: dict[str, Any]) -> bool:
    """Hand each callback what it kept; whether the run that kept it had been stopped. New callbacks begin anew."""
    stopped = [callback.resume(kept[name]) for name, callback in _remembering(callbacks) if name in kept]
    return any(stopped)


def _remembering(callbacks: Sequence[Callback]) -> Iterator[tuple[str, Remembering]]:
    seen: Counter[str] = Counter()
    for callback in callbacks:
        if isinstance(callback, Remembering):
            kind = type(callback).__name__
            yield f"{kind} {seen[kind]}", callback
            seen[kind] += 1


SPOILT = (
    "so the parameters after it are of no use. Go on from an earlier checkpoint with a lower learning rate or with "
    "clip=, or make the step with skip_nonfinite=True, which leaves such updates out."
)
OF_NOTHING = (
    "because the weights of its batch add up to 0: there is no mean over nothing. Leave out batches that are all "
    "padding, or make the step with skip_nonfinite=True, which leaves such updates out."
)


def print_loss(visit: Visit) -> None:
    """Print the number of steps and the latest loss; a callback for `fit`."""
    print(f"step {visit.steps:>6}  loss {visit.metrics.loss[-1]:.6g}")


def require_finite(visit: Visit) -> None:
    """Raise a FloatingPointError if a loss was infinite or nan and its update was not skipped; a callback."""
    if visit.metrics.is_finite is not None:
        return
    bad = np.flatnonzero(~np.isfinite(visit.metrics.loss))
    if bad.size:
        at = int(bad[0])
        weight = visit.metrics.weight
        is_empty = weight is not None and weight[at] == 0
        raise FloatingPointError(
            f"The loss of step {visit.steps - len(visit.metrics.loss) + at + 1} was {visit.metrics.loss[at]}, "
            f"{OF_NOTHING if is_empty else SPOILT}"
        )


class EarlyStop:
    """Stops the loop when a number has not fallen for a while. What it has seen is kept in checkpoints.

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

    def memory(self) -> dict[str, Any]:
        """The lowest value and how many visits ago it was."""
        return {"lowest": self.lowest, "visits_since": self.visits_since}

    def resume(self, memory: dict[str, Any]) -> bool:
        """Go on from a memory; whether its patience was used up."""
        self.lowest, self.visits_since = memory["lowest"], memory["visits_since"]
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
