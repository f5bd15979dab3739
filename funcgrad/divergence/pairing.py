"""Pairing: which quantity of one run belongs to which of the other, under the names and layouts of the first.

Equal names belong together. Other parameters are taken in their order, each the first one left whose shape fits; JAX's
layouts of weights count as fitting: (in, out), and (height, width, in, out).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from funcgrad.divergence.run import Key, Quantity, Run

PER_PARAMETER = frozenset({"param", "grad", "sum", "state"})
"""Families of quantities that have the shape of a parameter, or none."""

Layout = tuple[int, ...] | None
"""The axes to transpose to; None leaves an array as it is."""


class Pairing(NamedTuple):
    """Two runs that can be compared name by name."""

    a: Run
    b: Run  # under the names of `a`
    renamed: dict[str, str]  # parameters of `a` that have another name in `b`
    only_a: tuple[str, ...]  # parameters without a partner
    only_b: tuple[str, ...]


def pair(a: Run, b: Run) -> Pairing:
    """Tell the second run under the names of the first."""
    partners = dict(_partners(a, b))
    names = {theirs: ours for ours, (theirs, _) in partners.items()}
    layouts = {ours: layout for ours, (_, layout) in partners.items()}
    others = {family: _by_order(a, b, family) for family in ("buffer", "output")}
    quantities: dict[Key, Quantity] = {}
    for key, quantity in b.quantities.items():
        if key.family in PER_PARAMETER:
            name = names.get(key.name, key.name)
            quantity = _laid_out(quantity, layouts.get(name))
        else:
            name = others.get(key.family, {}).get(key.name, key.name)
        quantities[key._replace(name=name)] = quantity
    steps = tuple(
        replace(step, options={names.get(name, name): options for name, options in step.options.items()})
        for step in b.steps
    )
    renamed = {ours: theirs for ours, (theirs, _) in partners.items() if ours != theirs}
    modules = {others["output"].get(name, name): settings for name, settings in b.modules.items()}
    return Pairing(
        a,
        replace(b.with_quantities(quantities, steps), modules=modules),
        renamed,
        tuple(name for name in a.parameters() if name not in partners),
        tuple(name for name in b.parameters() if name not in names),
    )


def _partners(a: Run, b: Run) -> Iterator[tuple[str, tuple[str, Layout]]]:
    theirs = b.parameters()
    left = [name for name in theirs if name not in a.parameters()]
    for name in a.parameters():
        if name in theirs:
            yield name, (name, next(iter(_layouts(a, b, name, name)), None))
            continue
        for other in left:
            layouts = list(_layouts(a, b, name, other))
            if layouts:
                left.remove(other)
                yield name, (other, _closest(a, b, name, other, layouts))
                break


def _layouts(a: Run, b: Run, ours: str, theirs: str) -> Iterator[Layout]:
    """How the second parameter can be laid out to get the shape of the first."""
    left, right = a.quantities[Key(0, "param", ours)], b.quantities[Key(0, "param", theirs)]
    if left.shape == right.shape:
        yield None
    if right.stride > 1 or len(left.shape) != len(right.shape):
        return
    count = len(left.shape)
    for axes in ((1, 0), (2, 1, 0), (3, 2, 0, 1)):
        if len(axes) == count and tuple(right.shape[axis] for axis in axes) == left.shape:
            yield axes


def _closest(a: Run, b: Run, ours: str, theirs: str, layouts: list[Layout]) -> Layout:
    left, right = a.quantities[Key(0, "param", ours)], b.quantities[Key(0, "param", theirs)]
    if left.stride > 1 or right.stride > 1:
        return layouts[0]
    return min(layouts, key=lambda axes: float(np.abs(left.array() - _laid_out(right, axes).array()).sum()))


def _laid_out(quantity: Quantity, axes: Layout) -> Quantity:
    if axes is None or len(axes) != len(quantity.shape):
        return quantity
    turned = quantity.values.reshape(quantity.shape).transpose(axes)
    return quantity._replace(values=turned.reshape(-1), shape=turned.shape)


def _by_order(a: Run, b: Run, family: str) -> dict[str, str]:
    """Names of the second run in the words of the first, if there are equally many."""
    ours, theirs = (list(dict.fromkeys(key.name for key in run.quantities if key.family == family)) for run in (a, b))
    is_paired = len(ours) == len(theirs) and set(ours) != set(theirs)
    return dict(zip(theirs, ours, strict=True)) if is_paired else {}
