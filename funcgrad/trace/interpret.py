"""Interpretation: a trace run on the host with NumPy, primitive by primitive, without compiling anything.

For traces that will hardly come again, such as those of a loop whose shapes grow: a program costs milliseconds of
compilation an operator, the host microseconds. Operators with primitives that have no row are compiled one by one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from funcgrad.trace import exactness, forking
from funcgrad.trace.equation import Equation, count_numbers, number_places, traced
from funcgrad.trace.host import UncoveredError, host_function
from funcgrad.trace.misreading import compiled
from funcgrad.trace.op import Op
from funcgrad.trace.program import Run, needed
from funcgrad.trace.record import Step, Trace
from funcgrad.trace.statistics import stats
from funcgrad.trace.value import Aval, Value

_Applied = tuple["_Operator", tuple[int, ...], slice, tuple[int, ...]]
"""An equation: its operator, where its operands and its results are, and what nothing after it needs."""

OFTEN, LONG = 16, 256
"""Runs after which a trace is written as one Python function, and equations of one that would take long to write."""


def interpreted_program(step: Step, wanted: tuple[int, ...]) -> Run:
    """The trace that ends at `step` as a function that runs on the host.

    Args:
        step: The end of the trace.
        wanted: Indices of the results to return.

    Returns:
        A function of the same arguments as a compiled one, with NumPy arrays as results.
    """
    plan = functools.cache(functools.partial(_plan, step, wanted))
    runs = 0
    whole: Callable[..., list[Any]] | None = None

    def run(given: list[Any], kept: list[Any], floats: Any, ints: Any) -> list[Any]:
        nonlocal runs, whole
        inputs = [np.asarray(x) for x in given + kept]
        numbers = [*(() if floats is None else floats), *(() if ints is None else ints)]
        runs += 1
        if runs == OFTEN and len(plan()) <= LONG:
            whole = _as_one_function(plan(), wanted, range(step.results, step.results + len(numbers)), len(inputs))
        with np.errstate(all="ignore"):
            if whole is not None:
                try:
                    return _owned(whole(*numbers, *inputs), inputs)
                except _UNCOVERED:
                    whole = None  # one of these numbers needs another way
            places = [*[None] * step.results, *numbers, *reversed(inputs)]
            for operator, operands, made, dead in plan():
                places[made] = operator(*[places[k] for k in operands])
                for k in dead:
                    places[k] = None
        return _owned([places[k] for k in wanted], inputs)

    return run


def _as_one_function(
    plan: list[_Applied], wanted: tuple[int, ...], numbers: Iterable[int], n_inputs: int
) -> Callable[..., list[Any]]:
    """The plan as a function of the numbers and the inputs, with names for places."""

    def names(places: Iterable[int]) -> str:
        return ", ".join([f"x{~k}" if k < 0 else f"v{k}" for k in places])

    lines = [f"def run({names([*numbers, *(~k for k in range(n_inputs))])}):"]
    for n, (_, operands, made, dead) in enumerate(plan):
        lines.append(f"    [{names(range(made.start, made.stop))}] = f{n}({names(operands)})")
        lines += [f"    {names([k])} = None" for k in dead]
    lines.append(f"    return [{names(wanted)}]")
    scope: dict[str, Any] = {f"f{n}": operator.function for n, (operator, *_) in enumerate(plan)}
    exec("\n".join(lines), scope)
    return scope["run"]


def _plan(step: Step, wanted: tuple[int, ...]) -> list[_Applied]:
    """The equations that a wanted result needs.

    Places hold the results, the floats, the whole numbers, and the inputs from the last to the first: so that the index
    of a value in the trace is its place.
    """
    equations = [s.equation for s in step.path() if s.equation is not None]
    plan, first, ints_at = [], 0, step.results + sum(count_numbers(e.operands)[0] for e in equations)
    for equation, is_needed, (floats, ints) in zip(
        equations, needed(equations, wanted), number_places(equations), strict=True
    ):
        if is_needed:
            numbers = (*(step.results + k for k in floats), *(ints_at + k for k in ints))
            plan.append((_known(equation), (*_places(equation), *numbers), slice(first, first + len(equation.results))))
        first += len(equation.results)
    alive, last = set(wanted), []
    for _, operands, _ in reversed(plan):
        last.append(tuple({k for k in operands if k not in alive}))
        alive.update(operands)
    return [(*applied, dead) for applied, dead in zip(plan, reversed(last), strict=True)]


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
    if found is None:
        return
    known: dict[int, Any] = {}
    first, made = 0, ()
    for first, equation, floats, ints in reversed(found):
        arrays = [known[k] if k in known else np.asarray(_array(trace, k)) for k in _places(equation)]
        with np.errstate(all="ignore"):
            made = _known(equation)(*arrays, *np.array(floats), *np.array(ints, np.int64))
        known.update(enumerate(made, first))
    for k, array in enumerate(_owned(made, ()), first):  # who asks for one of them will ask for the next
        sibling = trace.results[k]
        if sibling is not None and sibling.array is None:
            sibling.array = array


def _few_equations(trace: Trace, index: int) -> list[tuple[int, Equation, list[float], list[int]]] | None:
    """The equations behind a result, the last one first, each with its first result and its numbers.

    None if they are more, take large arrays, or round.
    """
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
                is_large = any(x is not None and x.size > MOST_ELEMENTS for x in known.values())
                if is_large or len(found) == MOST_EQUATIONS or not _known(equation).is_exact:
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
            return [np.asarray(x) for x in host_function(traced)(*[np.asarray(x) for x in operands])]
    except _UNCOVERED:
        return None


_UNCOVERED = (UncoveredError, TypeError, ValueError)
"""A primitive without a row, what NumPy refuses, or another JAX's parameters."""


class _Operator:
    """An operator on operands of certain shapes and dtypes, as a function of NumPy arrays and scalars."""

    def __init__(self, traced: ClosedJaxpr) -> None:
        self._traced = traced
        self.function: Callable[..., list[Any]] = self._first
        self.is_exact = exactness.is_exact(traced.jaxpr)

    def __call__(self, *operands: Any) -> list[Any]:
        """The operator's results; by JAX where a primitive has no row."""
        try:
            return self.function(*operands)
        except _UNCOVERED:
            self.function = self._by_jax()
            return self.function(*operands)

    def _first(self, *operands: Any) -> list[Any]:
        self.function = host_function(self._traced)
        return self.function(*operands)

    def _by_jax(self) -> Callable[..., list[Any]]:
        if forking.is_on_host_alone():
            forking.refuse(", ".join(sorted({str(eqn.primitive) for eqn in self._traced.eqns})))
        with jax.enable_x64(True):
            program = compiled(jax.jit(jaxpr_as_fun(self._traced)).lower(*self._traced.in_avals))

        def run(*operands: Any) -> list[Any]:
            with jax.enable_x64(True):
                return [np.asarray(x) for x in program(*operands)]

        return run


def _known(equation: Equation) -> _Operator:
    if equation.on_host is None:
        equation.on_host = _operator(equation.op, equation.static, equation.kinds)
    return equation.on_host


WEIGHT = 10
"""How many equations take about as much memory as what is known of an operator."""


@functools.lru_cache(4096)
def _operator(op: Op, static: tuple[Any, ...], kinds: tuple[Aval | type, ...]) -> _Operator:
    stats.met += WEIGHT
    return _Operator(traced(op, static, kinds))


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
    for x in map(np.asarray, results):
        flags = x.flags
        is_own = flags.owndata and flags.writeable and flags.c_contiguous and id(x) not in shared
        owned.append(x if is_own else x.copy())
        shared.add(id(x))
    return owned
