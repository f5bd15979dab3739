"""Interpretation: a trace run on the host with NumPy, primitive by primitive, without compiling anything.

For traces that will hardly come again, such as those of a loop whose shapes grow: a program costs milliseconds of
compilation an operator, the host microseconds. Operators with primitives that have no row are compiled one by one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from funcgrad.trace import exactness
from funcgrad.trace.equation import Equation, as_function, count_numbers, number_places, traced
from funcgrad.trace.host_function import HostFunction
from funcgrad.trace.host_primitives import UncoveredError
from funcgrad.trace.op import Op
from funcgrad.trace.program import Run, needed
from funcgrad.trace.record import Step, Trace
from funcgrad.trace.value import Aval, Value


class _Applied(NamedTuple):
    """An equation of a trace, and where its operands and results are."""

    known: _Known
    arrays: tuple[int, ...]  # indices as in the trace
    floats: Sequence[int]
    ints: Sequence[int]
    first: int  # index of its first result
    last: list[int]  # what nothing after it needs


def interpreted_program(step: Step, wanted: tuple[int, ...]) -> Run:
    """The trace that ends at `step` as a function that runs on the host.

    Args:
        step: The end of the trace.
        wanted: Indices of the results to return.

    Returns:
        A function of the same arguments as a compiled one, with NumPy arrays as results.
    """
    plan = functools.cache(functools.partial(_plan, step, wanted))

    def run(given: list[Any], kept: list[Any], floats: Any, ints: Any) -> list[Any]:
        inputs = [np.asarray(x) for x in given + kept]
        places: dict[int, Any] = {~k: x for k, x in enumerate(inputs)}
        with np.errstate(all="ignore"):
            for known, arrays, at_floats, at_ints, first, last in plan():
                operands = [places[k] for k in arrays]
                made = known.run(operands, [floats[k] for k in at_floats], [ints[k] for k in at_ints])
                places.update(enumerate(made, first))
                for k in last:
                    del places[k]
        return _owned([places[k] for k in wanted], inputs)

    return run


def _plan(step: Step, wanted: tuple[int, ...]) -> list[_Applied]:
    """The equations that a wanted result needs."""
    equations = [s.equation for s in step.path() if s.equation is not None]
    plan, first = [], 0
    for equation, is_needed, numbers in zip(
        equations, needed(equations, wanted), number_places(equations), strict=True
    ):
        if is_needed:
            plan.append(_Applied(_known(equation), tuple(_places(equation)), *numbers, first, []))
        first += len(equation.results)
    alive = set(wanted)
    for applied in reversed(plan):
        applied.last.extend({k for k in applied.arrays if k >= 0 and k not in alive})
        alive.update(applied.arrays)
    return plan


MOST_EQUATIONS = 4
MOST_ELEMENTS = 1 << 16
"""What is computed at most to look at a single value: an element of a known array costs little, a loss costs a step."""


def glimpse(trace: Trace, value: Value) -> None:
    """Compute a single element that is picked from known arrays in a few equations; leave any other value pending.

    Iterating over indices, or reading labels one by one, so leaves what is pending whole.
    """
    if value.aval.size > 1:
        return
    found = _few_equations(trace, value.index)
    if found is None or not all(_known(equation).is_exact for _, equation, _, _ in found):
        return
    known: dict[int, Any] = {}
    first, made = 0, ()
    for first, equation, floats, ints in reversed(found):
        arrays = [known[k] if k in known else np.asarray(_array(trace, k)) for k in _places(equation)]
        with jax.enable_x64(True), np.errstate(all="ignore"):
            made = _known(equation).run(arrays, floats, ints)
        known.update(enumerate(made, first))
    for k, array in enumerate(_owned(made, ()), first):  # who asks for one of them will ask for the next
        sibling = trace.results[k]
        if sibling is not None and sibling.array is None:
            sibling.array = array


def _few_equations(trace: Trace, index: int) -> list[tuple[int, Equation, list[float], list[int]]] | None:
    """The equations behind a result, the last one first, each with its first result and its numbers."""
    needed, found = {index}, []
    step, n_floats, n_ints = trace.step, len(trace.floats), len(trace.ints)
    while needed:
        equation, before = step.equation, step.parent
        assert before is not None
        if equation is not None:
            ends = n_floats, n_ints
            used = count_numbers(equation.operands)
            n_floats, n_ints = n_floats - used[0], n_ints - used[1]
            if results := needed.intersection(range(before.results, step.results)):
                needed -= results
                known = {k: _array(trace, k) for k in _places(equation)}
                if len(found) == MOST_EQUATIONS or any(
                    x is not None and x.size > MOST_ELEMENTS for x in known.values()
                ):
                    return None
                needed.update(k for k, x in known.items() if x is None)
                found.append((before.results, equation, trace.floats[n_floats : ends[0]], trace.ints[n_ints : ends[1]]))
        step = before
    return found


def _array(trace: Trace, k: int) -> jax.Array | np.ndarray | None:
    """The array of an input or result, if it is known."""
    value = trace.results[k] if k >= 0 else trace.inputs[~k]
    return None if value is None else value.array


def _places(equation: Equation) -> list[int]:
    return [k for k in equation.operands if isinstance(k, int)]


def on_host(traced: ClosedJaxpr, *operands: Any) -> list[Any] | None:
    """Results of JAX's primitives by NumPy; None if one has no row."""
    try:
        with np.errstate(all="ignore"):
            return HostFunction(traced)([np.asarray(x) for x in operands])
    except _UNCOVERED:
        return None


_UNCOVERED = (UncoveredError, TypeError, ValueError)
"""A primitive without a row, what NumPy refuses, or another JAX's parameters."""


class _Known:
    """What is known of an operator on operands of certain shapes and dtypes."""

    def __init__(self, traced: ClosedJaxpr, compiled: Callable[..., Any]) -> None:
        self._traced = traced
        self._compiled = compiled
        self._function: HostFunction | None = None
        self.is_covered = True  # until a primitive without a row is met
        self.is_exact = exactness.is_exact(traced.jaxpr)

    def run(self, arrays: list[Any], floats: list[Any], ints: list[Any]) -> Sequence[Any]:
        """The operator's results; by JAX where a primitive has no row."""
        if self.is_covered:
            try:
                if self._function is None:
                    self._function = HostFunction(self._traced)
                return self._function([*arrays, *map(np.asarray, floats), *map(np.asarray, ints)])
            except _UNCOVERED:
                self.is_covered = False
        return [np.asarray(x) for x in self._compiled(arrays, floats, ints)]


def _known(equation: Equation) -> _Known:
    return _operator(equation.op, equation.static, equation.kinds)


@functools.lru_cache(4096)
def _operator(op: Op, static: tuple[Any, ...], kinds: tuple[Aval | type, ...]) -> _Known:
    return _Known(traced(op, static, kinds), as_function(op, static, kinds)[0])


def forget_operators() -> None:
    """Forget what is known of operators."""
    _operator.cache_clear()


def is_exact(step: Step) -> bool:
    """Whether the trace only moves, compares and counts, so that NumPy gives XLA's bits."""
    return all(_known(s.equation).is_exact for s in step.path() if s.equation is not None)


def _owned(results: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """The arrays, each in memory that nothing else shares."""
    shared = {id(x) for x in inputs}
    owned = []
    for x in results:
        is_own = x.flags.owndata and x.flags.writeable and x.flags.c_contiguous and id(x) not in shared
        owned.append(x if is_own else x.copy())
        shared.add(id(x))
    return owned
