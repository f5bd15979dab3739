"""Lanes: the same calls on each of many small arrays, as optimizers make them, made once on all of them end to end.

A call of NumPy's takes as long as some thousand elements.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, count, pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np

from funcgrad.trace.host.calls import Call, Kind
from funcgrad.trace.host.row import Function

LARGEST = 1 << 9
"""Elements of an array from which on copying it takes longer than calls of its own."""


class _Lane(NamedTuple):
    """Calls that hand arrays to each other, and share nothing but scalars with those of other lanes."""

    calls: list[Call]
    arrays: list[int]  # their places, as they appear
    signature: tuple[Any, ...]  # what lanes that are alike have in common


def merged(calls: list[Call], kinds: Sequence[Kind], results: Sequence[int]) -> list[Call]:
    """The calls, with lanes that are alike made one where that takes less time.

    Args:
        calls: In order.
        kinds: Shape and dtype of each place.
        results: The places that are asked for.
    """
    alike: dict[Any, list[_Lane]] = defaultdict(list)
    for lane in _lanes(calls, kinds):
        alike[lane.signature].append(lane)
    unit_of: dict[tuple[int, ...], list[Call]] = {}
    places = count(len(kinds))
    for lanes in [lanes for lanes in alike.values() if len(lanes) > 1]:
        inside = {call.made for lane in lanes for call in lane.calls}
        asked = {*results, *(k for call in calls if call.made not in inside for k in call.arguments)}
        unit = _as_one(lanes, kinds, places, asked)
        if len(lanes[0].calls) * (len(lanes) - 1) > 2 * (len(unit) - len(lanes[0].calls)):
            unit_of.update(dict.fromkeys(inside, unit))
    if not unit_of:
        return calls
    units = {id(unit): unit for call in calls for unit in [unit_of.get(call.made, [call])]}
    return _in_order([*units.values()]) or calls


def _lanes(calls: list[Call], kinds: Sequence[Kind]) -> Iterator[_Lane]:
    parents: dict[int, int] = {}

    def root(k: int) -> int:
        while (parent := parents.setdefault(k, k)) != k:
            parents[k] = k = parents[parent]
        return k

    members = []
    for call in calls:
        shape = call.kind[0]
        arrays = [k for k in (*call.made, *call.arguments) if kinds[k][0]]
        is_small = shape and prod(shape) <= LARGEST and all(kinds[k][0] == shape for k in arrays)
        if call.is_elementwise and is_small:
            members.append(call)
            for k in arrays[1:]:
                parents[root(k)] = root(arrays[0])
    lanes: dict[int, list[Call]] = defaultdict(list)
    for call in members:
        lanes[root(call.made[0])].append(call)
    for own in lanes.values():
        yield _lane(own, kinds)


def _lane(calls: list[Call], kinds: Sequence[Kind]) -> _Lane:
    seen: dict[int, int] = {}
    steps = []
    for call in calls:
        operands = [seen.setdefault(k, len(seen)) if kinds[k][0] else ~k for k in call.arguments]
        steps.append((call.function, *operands, seen.setdefault(call.made[0], len(seen))))
    return _Lane(calls, [*seen], (*steps, *(kinds[k][1] for k in seen)))


def _as_one(lanes: list[_Lane], kinds: Sequence[Kind], places: Iterator[int], asked: set[int]) -> list[Call]:
    """The calls of the first lane on all arrays, after calls that join these and before those that part them."""
    first = lanes[0]
    shapes = [kinds[lane.arrays[0]][0] for lane in lanes]
    whole = (sum(map(prod, shapes)),)
    joined = {k: next(places) for k in first.arrays}
    rows = dict(zip(first.arrays, zip(*[lane.arrays for lane in lanes], strict=True), strict=True))
    made = {call.made[0] for call in first.calls}
    return [
        *(Call(_joined, rows[k], (joined[k],), (whole, kinds[k][1])) for k in first.arrays if k not in made),
        *(
            call._replace(
                arguments=tuple([joined.get(k, k) for k in call.arguments]),
                made=(joined[call.made[0]],),
                kind=(whole, call.kind[1]),
            )
            for call in first.calls
        ),
        *(
            Call(_parted(shapes), (joined[k],), rows[k], kinds[k], makes_list=True)
            for k in first.arrays
            if k in made and not asked.isdisjoint(rows[k])
        ),
    ]


def _joined(*arrays: Any) -> Any:
    return np.concatenate(arrays, None)


def _parted(shapes: Sequence[tuple[int, ...]]) -> Function:
    ends = pairwise(accumulate(map(prod, shapes), initial=0))
    parts = [(slice(*both), shape) for both, shape in zip(ends, shapes, strict=True)]
    return lambda whole: [whole[part].reshape(shape) for part, shape in parts]


def _in_order(units: list[list[Call]]) -> list[Call]:
    """The calls of all units, each unit after those that make what it takes; none if two wait for each other."""
    maker = {k: n for n, unit in enumerate(units) for call in unit for k in call.made}
    waits = [{maker[k] for call in unit for k in call.arguments if k in maker} - {n} for n, unit in enumerate(units)]
    followers: dict[int, list[int]] = defaultdict(list)
    for n, makers in enumerate(waits):
        for m in makers:
            followers[m].append(n)
    ready = [n for n, makers in enumerate(waits) if not makers]
    ordered = []
    while ready:
        n = heapq.heappop(ready)
        ordered.append(n)
        for follower in followers[n]:
            waits[follower].discard(n)
            if not waits[follower]:
                heapq.heappush(ready, follower)
    return [call for n in ordered for call in units[n]] if len(ordered) == len(units) else []
