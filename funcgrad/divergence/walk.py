"""The walk through two runs, in the order in which a training step computes its quantities."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from funcgrad.divergence.pairing import Pairing
from funcgrad.divergence.run import Key, Quantity, Run
from funcgrad.divergence.ulp import distance, scale_of

FAMILIES = ("input", "output", "loss", "buffer", "sum", "grad", "option", "state", "param")
"""The quantities of a step, each computed from those before it and from the parameters of the last step."""

PARTS = frozenset({"input", "output", "loss"})
"""Families of which there is one quantity for each part of a batch, or only of the first part."""

ALL_TOLD = frozenset({"grad", "param"})
"""Families that every recorder tells whole: what is missing is None in the run."""

ON_ONE_SCALE = frozenset({"sum", "grad", "state"})
"""Families whose parameters share one scale: a gradient that is zero but for rounding has none of its own."""

OWN = frozenset({"initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum", "swa_lr"})
"""Options in which a scheduler keeps notes; they take no part in the update."""


class Difference(NamedTuple):
    """Two values of one quantity that are further apart than the limit."""

    key: Key
    ulp: float
    place: tuple[int, ...]  # of the entry that is furthest apart
    values: tuple[Any, Any]  # its value in each run; None where the quantity is missing
    dtypes: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    beyond: int  # entries beyond the limit, of
    size: int


@dataclass
class Walk:
    """What the walk has seen."""

    first: Difference | None = None
    largest: dict[int, dict[str, float]] = field(default_factory=dict)  # ulp, by step and family, up to `first`


def walk(pairing: Pairing, limit: float) -> Walk:
    """Compare two runs up to the first step that holds a difference.

    Args:
        pairing: The runs.
        limit: In ulp.
    """
    seen = Walk()
    for step in range(min(len(pairing.a.steps), len(pairing.b.steps)) + 1):
        row = seen.largest[step] = {}
        for found in _compared(pairing.a, pairing.b, step, limit):
            row[found.key.family] = max(row.get(found.key.family, 0.0), found.ulp)
            if found.ulp > limit and seen.first is None:
                seen.first = found
        if seen.first is not None:
            break
    return seen


def _compared(a: Run, b: Run, step: int, limit: float) -> Iterator[Difference]:
    for family in FAMILIES:
        if family == "option":
            yield from options_apart(a, b, step)
        elif not _is_cut_otherwise(a, b, step, family):
            keys = _keys(a, b, step, family)
            scales = _scales(a, b, keys) if family in ON_ONE_SCALE else {}
            for key in keys:
                yield _difference(key, a, b, limit, scales.get(key.kind, 0.0))


def _scales(a: Run, b: Run, keys: list[Key]) -> dict[str, float]:
    """The largest entry of each kind, over all parameters."""
    scales: dict[str, float] = {}
    for key in keys:
        present = [run.quantities[key].values for run in (a, b) if key in run.quantities]
        scales[key.kind] = max(scales.get(key.kind, 0.0), scale_of(*present))
    return scales


def _is_cut_otherwise(a: Run, b: Run, step: int, family: str) -> bool:
    """Whether the runs cut the batch of this step into different numbers of parts, which then do not compare."""
    return step > 0 and family in PARTS and a.steps[step - 1].backwards != b.steps[step - 1].backwards


def _keys(a: Run, b: Run, step: int, family: str) -> list[Key]:
    ours, theirs = (
        [k for k in run.quantities if k.step == step and (k.kind == family if family == "sum" else k.family == family)]
        for run in (a, b)
    )
    return list(dict.fromkeys(ours + theirs)) if family in ALL_TOLD else [key for key in ours if key in b.quantities]


def _difference(key: Key, ours: Run, theirs: Run, limit: float, scale: float) -> Difference:
    a, b = ours.quantities.get(key), theirs.quantities.get(key)
    if a is None or b is None:
        x, y = _summary(a), _summary(b)
        return Difference(key, math.inf, (), (x[0], y[0]), (x[1], y[1]), (x[2], y[2]), 0, 0)
    found = distance(a, b, limit, scale)
    if a.shape != b.shape or not found.size:
        return Difference(key, found.ulp, (), (None, None), (a.dtype, b.dtype), (a.shape, b.shape), 0, 0)
    values = a.thinned(found.stride)[found.place].item(), b.thinned(found.stride)[found.place].item()
    place = tuple(int(n) for n in np.unravel_index(found.place * found.stride, a.shape)) if a.shape else ()
    return Difference(key, found.ulp, place, values, (a.dtype, b.dtype), (a.shape, b.shape), found.beyond, found.size)


def _summary(quantity: Quantity | None) -> tuple[str | None, str, tuple[int, ...]]:
    return (None, "", ()) if quantity is None else (f"{quantity.values.size} numbers", quantity.dtype, quantity.shape)


def options_apart(a: Run, b: Run, step: int) -> Iterator[Difference]:
    """The options that both runs have told; compared as float32, in which updates are made."""
    if step == 0:
        return
    ours, theirs = a.steps[step - 1].options, b.steps[step - 1].options
    told: dict[tuple[str, float], Difference] = {}
    for parameter in ours.keys() & theirs.keys():
        for name in ours[parameter].keys() & theirs[parameter].keys() - OWN:
            left, right = ours[parameter][name], theirs[parameter][name]
            if isinstance(left, bool) or isinstance(right, bool):
                continue
            found = _option(Key(step, "option", name), float(left), float(right))
            told.setdefault((name, found.ulp), found)
    yield from sorted(told.values(), key=lambda found: (-found.ulp, found.key.name))


def _option(key: Key, left: float, right: float) -> Difference:
    scale = max(abs(left), abs(right))
    ulp = 0.0 if left == right else abs(left - right) / (scale * 2.0**-23)
    return Difference(key, ulp, (), (left, right), ("float32", "float32"), ((), ()), int(left != right), 1)
