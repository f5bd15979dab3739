"""Together: equations that read the same values, and differ in their numbers only, become one.

`torch.stack([data[i : i + n] for i in starts])` records a slice for each start. XLA compiles a kernel for each, as each
reads another of the program's numbers; computed as one they are a single kernel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from funcgrad.trace.equation import Applied, Equation, Slots, number_places, traced
from funcgrad.trace.exactness import is_exact

FEWEST = 4
"""Equations that are worth it."""


class _Batch:
    """Equations that are alike but for their numbers."""

    def __init__(self, members: Sequence[Equation], floats: Any, ints: Any) -> None:
        self.places = {equation: k for k, equation in enumerate(members)}
        self.numbers = floats, ints  # [members, n] each
        self.results: Sequence[Any] | None = None  # of all members, once the first one is needed

    def of(self, equation: Equation, arrays: list[Any], apply: Applied) -> list[Any]:
        """A member's results; `arrays` are the same for each member."""
        if self.results is None:
            own = jax.vmap(lambda floats, ints: tuple(apply(equation, arrays, [*floats], [*ints])))
            self.results = own(*self.numbers)
        return [result[self.places[equation]] for result in self.results]


def together(
    equations: Sequence[Equation], floats: Any, ints: Any, shared: tuple[Slots, Slots] | None, apply: Applied
) -> Applied:
    """How to apply each equation of a trace: those that are alike all at once, if they only move values.

    Args:
        equations: The trace.
        floats: Its floats `[f]`, as a tracer, or None.
        ints: Its whole numbers `[i]`, as a tracer, or None.
        shared: Where they are read, if not each at its own position.
        apply: How to apply a single equation.
    """
    alike: dict[Any, list[Any]] = defaultdict(list)
    for equation, places in zip(equations, number_places(equations, shared), strict=True):
        if any(places):
            alike[equation.op, equation.static, equation.operands].append((equation, *places))
    batches: dict[Equation, _Batch] = {}
    for found in alike.values():
        first: Equation = found[0][0]
        if len(found) >= FEWEST and is_exact(traced(first.op, first.static, first.kinds).jaxpr):
            members, at_floats, at_ints = zip(*found, strict=True)
            batches.update(dict.fromkeys(members, _Batch(members, _rows(floats, at_floats), _rows(ints, at_ints))))

    def applied(equation: Equation, arrays: list[Any], own_floats: list[Any], own_ints: list[Any]) -> Sequence[Any]:
        batch = batches.get(equation)
        return apply(equation, arrays, own_floats, own_ints) if batch is None else batch.of(equation, arrays, apply)

    return applied


def _rows(numbers: Any, places: Sequence[Sequence[int]]) -> Any:
    """Each member's numbers, `[members, n]`."""
    positions = np.array(places, np.int32)
    return np.zeros(positions.shape) if numbers is None else numbers[positions]
