"""Certificate: a pure step held against the stateful one, entry by entry, within the table of tolerances.

Each of its steps starts both from the same state and runs both operator by operator: rounding cannot add up, and no
bound has to be widened.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import numpy as np

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.tolerances import Kind, tolerance


class Place(NamedTuple):
    """An array of a state or a result."""

    owner: str
    name: str
    kind: Kind

    def __str__(self) -> str:
        return f"result{self.name}" if self.owner == "result" else f"{self.owner}['{self.name}']"


Named = dict[Place, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Certificate:
    """How near a pure step came to the stateful one.

    Attributes:
        steps: How many steps were compared.
        entries: How many arrays of state and result, in each.
        largest: The largest difference found, as a share of what the table allows.
        entry: Where it was; empty if all bits were equal.
    """

    steps: int
    entries: int
    largest: float = 0.0
    entry: str = ""

    def __str__(self) -> str:
        what = (
            f"the largest difference is {self.largest:.0%} of its bound, in {self.entry}"
            if self.entry
            else "equal bits"
        )
        return f"{self.steps} steps, {self.entries} arrays each: {what}"

    def joined(self, other: Certificate) -> Certificate:
        """The certificate of both together."""
        worst = max(self, other, key=lambda c: c.largest)
        return Certificate(self.steps + other.steps, other.entries, worst.largest, worst.entry)


def compared(step: int, pure: Named, stateful: Named) -> Certificate:
    """The certificate of one step.

    Raises:
        FunctionalizationError: The first entry that is missing or too far off.
    """
    for place in [*stateful, *pure]:
        if place not in pure or place not in stateful:
            only = "stateful" if place in stateful else "pure"
            raise FunctionalizationError(f"step {step}: only the {only} step has {place} afterwards. {_ADVICE}")
    largest, entry = 0.0, ""
    for place, expected in stateful.items():
        share = _share(place, pure[place], expected)
        if share > 1:
            raise FunctionalizationError(_difference(step, place, pure[place], expected))
        if share > largest:
            largest, entry = share, str(place)
    return Certificate(1, len(stateful), largest, entry)


def named_leaves(state: dict[str, dict[str, Any]], result: Any, kinds: dict[str, Kind]) -> Named:
    """Every array of a state and a result; entries of an owner without a kind are updates."""
    paths, _ = jax.tree_util.tree_flatten_with_path(result)
    found = {Place("result", jax.tree_util.keystr(path), "value"): np.asarray(x) for path, x in paths}
    for owner, named in state.items():
        found |= {Place(owner, name, kinds.get(owner, "update")): np.asarray(x) for name, x in named.items()}
    return found


_ADVICE = (
    "Something outside the owners and the arguments decides what the step does: a counter of Python's, a file, a "
    "clock, an attribute that is no buffer. Pass it as an argument or make it a buffer."
)


def _difference(step: int, place: Place, pure: np.ndarray, stateful: np.ndarray) -> str:
    if pure.shape != stateful.shape or pure.dtype != stateful.dtype:
        return f"step {step}: {place} is {_kind(pure)} in the pure step and {_kind(stateful)} in the stateful one."
    with np.errstate(invalid="ignore"):
        apart = np.abs(_wide(pure) - _wide(stateful))
    return (
        f"step {step}: {place} differs by {np.nanmax(apart):.3g} (its largest value is "
        f"{np.nanmax(np.abs(_wide(stateful))):.3g}; {_bound(place, stateful)} is allowed). {_ADVICE}"
    )


def _share(place: Place, pure: np.ndarray, stateful: np.ndarray) -> float:
    """The largest difference as a share of its bound; infinite for another shape or dtype."""
    if pure.shape != stateful.shape or pure.dtype != stateful.dtype:
        return np.inf
    if np.array_equal(_wide(pure), _wide(stateful), equal_nan=stateful.dtype.kind not in "biu"):
        return 0.0
    bound = _bound(place, stateful)
    a, b = _wide(pure), _wide(stateful)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.abs(a - b) / (bound["atol"] + bound["rtol"] * np.abs(b))
    shares = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.nan_to_num(shares, nan=np.inf))
    return float(shares.max())


def _bound(place: Place, array: np.ndarray) -> Any:
    return tolerance(array.dtype, place.kind)


def _wide(x: np.ndarray) -> np.ndarray:
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def _kind(x: np.ndarray) -> str:
    return f"{x.dtype}{list(x.shape)}"
