"""Interpretation: a trace run on the host with NumPy, primitive by primitive, without compiling anything.

For traces that will hardly come again, such as those of a loop whose shapes grow: a program costs milliseconds of
compilation an operator, the host microseconds. Operators with primitives that have no row are compiled one by one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from funcgrad.trace import exactness
from funcgrad.trace.equation import Equation, as_function, count_numbers, traced
from funcgrad.trace.exactness import CALLS
from funcgrad.trace.host_primitives import ROWS, UncoveredError
from funcgrad.trace.op import Op
from funcgrad.trace.program import Run, evaluate
from funcgrad.trace.record import Step, Trace
from funcgrad.trace.value import Aval, Value


def interpreted_program(step: Step, wanted: tuple[int, ...]) -> Run:
    """The trace that ends at `step` as a function that runs on the host.

    Args:
        step: The end of the trace.
        wanted: Indices of the results to return.

    Returns:
        A function of the same arguments as a compiled one, with NumPy arrays as results.
    """
    equations = [s.equation for s in step.path() if s.equation is not None]

    def run(given: list[Any], kept: list[Any], floats: Any, ints: Any) -> list[Any]:
        inputs = [np.asarray(x) for x in given + kept]
        results = evaluate(equations, inputs, floats, ints, wanted, _on_host)
        return [_owned(results[k], inputs) for k in wanted]

    return run


MOST_EQUATIONS = 4
MOST_ELEMENTS = 1 << 16
"""What is computed at most to look at a single value: an element of a known array costs little, a loss costs a step."""


def glimpse(trace: Trace, value: Value) -> np.ndarray | None:
    """A single element picked from known arrays in a few equations, computed alone; None for any other pending value.

    Iterating over indices, or reading labels one by one, so leaves what is pending whole.
    """
    if value.aval.size > 1:
        return None
    found = _few_equations(trace, value.index)
    if found is None or not all(_known(equation).is_exact for _, equation, _, _ in found):
        return None
    known: dict[int, Any] = {}
    for first, equation, floats, ints in reversed(found):
        arrays = [known[k] if k >= 0 else np.asarray(trace.inputs[~k].array) for k in _places(equation)]
        with jax.enable_x64(True):
            known.update(enumerate(_on_host(equation, arrays, floats, ints), first))
    return _owned(known[value.index], ())


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
                places = _places(equation)
                if len(found) == MOST_EQUATIONS or any(k < 0 and _is_big(trace.inputs[~k]) for k in places):
                    return None
                needed.update(k for k in places if k >= 0)
                found.append((before.results, equation, trace.floats[n_floats : ends[0]], trace.ints[n_ints : ends[1]]))
        step = before
    return found


def _places(equation: Equation) -> list[int]:
    return [k for k in equation.operands if isinstance(k, int)]


def _is_big(value: Value) -> bool:
    return value.aval.size > MOST_ELEMENTS


def _on_host(equation: Equation, arrays: list[Any], floats: list[Any], ints: list[Any]) -> Sequence[Any]:
    """Results of an equation; by JAX where a primitive has no row."""
    known = _known(equation)
    if not known.is_covered:
        return known.compiled(arrays, floats, ints)
    results = on_host(known.traced, *arrays, *floats, *ints)
    if results is None:
        known.is_covered = False
        return known.compiled(arrays, floats, ints)
    return results


def on_host(traced: ClosedJaxpr, *operands: Any) -> list[Any] | None:
    """Results of JAX's primitives by NumPy; None if one has no row."""
    try:
        with np.errstate(all="ignore"):
            return _evaluated(traced.jaxpr, traced.consts, [np.asarray(x) for x in operands])
    except (UncoveredError, TypeError, ValueError):  # what NumPy refuses, or another JAX's parameters
        return None


class _Known:
    """What is known of an operator on operands of certain shapes and dtypes."""

    def __init__(self, traced: ClosedJaxpr, compiled: Callable[..., Any]) -> None:
        self.traced = traced
        self.compiled = compiled
        self.is_covered = True  # until a primitive without a row is met
        self.is_exact = exactness.is_exact(traced.jaxpr)


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


def _evaluated(jaxpr: Jaxpr, constants: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    known: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *arguments], strict=True))

    def read(v: Any) -> Any:
        if isinstance(v, Literal):
            return np.asarray(v.val, v.aval.dtype)  # pyright: ignore[reportAttributeAccessIssue]
        return known[v]

    for equation in jaxpr.eqns:
        results = _results(equation, [read(v) for v in equation.invars])
        known.update(zip(equation.outvars, results, strict=True))
    return [read(v) for v in jaxpr.outvars]


def _results(equation: Any, operands: list[Any]) -> list[Any]:
    name, params = equation.primitive.name, equation.params
    if name in CALLS:
        called = params[CALLS[name]]
        return _evaluated(called.jaxpr, called.consts, operands)
    if name not in ROWS:
        raise UncoveredError(name)
    found = ROWS[name](*map(np.asarray, operands), **params)
    results = found if isinstance(found, list | tuple) else [found]
    return [np.asarray(x, v.aval.dtype) for x, v in zip(results, equation.outvars, strict=True)]


def _owned(x: Any, arguments: Sequence[Any]) -> Any:
    """The array in memory that nothing else shares."""
    x = np.asarray(x)
    return x if x.base is None and not any(x is a for a in arguments) and x.flags.c_contiguous else x.copy()
