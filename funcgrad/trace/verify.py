"""What a well-formed trace is: a short table, one row for each claim about an equation.

Recording keeps to it by construction; the tests hold every trace they record against it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from funcgrad.trace.equation import NUMBERS, Equation
from funcgrad.trace.inference import abstract_results
from funcgrad.trace.record import Trace
from funcgrad.trace.value import Aval


class IllFormedTraceError(Exception):
    """A trace that recording should never have made."""


class _Place(NamedTuple):
    """What stands before an equation: shapes and dtypes of the inputs taken in, and of the results so far."""

    inputs: list[Aval]
    results: list[Aval]

    def holds(self, index: int) -> bool:
        return -len(self.inputs) <= index < len(self.results)

    def aval(self, index: int) -> Aval:
        return self.results[index] if index >= 0 else self.inputs[~index]


class Rule(NamedTuple):
    """One claim about an equation."""

    claim: str
    holds: Callable[[Equation, _Place], bool]


def _indices(equation: Equation) -> list[tuple[int, Aval | None]]:
    operands = zip(equation.operands, equation.avals, strict=True)
    return [(index, aval) for index, aval in operands if isinstance(index, int)]


def _agree(operand: Any, aval: Aval | None) -> bool:
    return (operand in NUMBERS) == (aval is None)


RULES = (
    Rule("has a value for each static parameter", lambda e, _: len(e.static) == len(e.op.static_names)),
    Rule("has static parameters that can be a key", lambda e, _: isinstance(hash(e.static), int)),
    Rule("states a shape for each operand", lambda e, _: len(e.avals) == len(e.operands)),
    Rule("has indices and kinds of numbers for operands", lambda e, _: all(map(_agree, e.operands, e.avals))),
    Rule("uses only what stands before it", lambda e, at: all(at.holds(index) for index, _ in _indices(e))),
    Rule("states its operands' shapes and dtypes", lambda e, at: all(at.aval(i) is aval for i, aval in _indices(e))),
    Rule("states its results' shapes and dtypes", lambda e, _: e.results == _evaluated(e.op, e.static, e.kinds)),
)


@functools.cache
def _evaluated(op: Any, static: tuple[Any, ...], kinds: tuple[Any, ...]) -> tuple[Aval, ...]:
    return abstract_results(op, static, kinds)


def verify(trace: Trace) -> None:
    """Hold a trace against the table.

    Args:
        trace: A trace that has not been run.

    Raises:
        IllFormedTraceError: The equation and the claim that it breaks.
    """
    place = _Place([], [])
    numbers: list[Any] = []
    for number, step in enumerate(trace.step.path()):
        if step.admits is not None:
            place.inputs.append(step.admits)
        if step.equation is not None:
            _verify_equation(number, step.equation, place)
            place.results.extend(step.equation.results)
            numbers += [kind for kind in step.equation.operands if kind in NUMBERS]
    _verify_data(trace, place, numbers)


def _verify_equation(number: int, equation: Equation, place: _Place) -> None:
    for rule in RULES:
        if not rule.holds(equation, place):
            raise IllFormedTraceError(
                f"step {number}, operator {equation.op.name}: an equation {rule.claim}, but this one does not"
            )


def _verify_data(trace: Trace, place: _Place, numbers: list[Any]) -> None:
    """Inputs, results and numbers are those of the path, in order."""
    floats = sum({float: 1, complex: 2}.get(kind, 0) for kind in numbers)
    found = {
        "inputs": [value.aval for value in trace.inputs] == place.inputs,
        "number of results": len(trace.results) == len(place.results),
        "numbering of results": all(v is None or (v.trace, v.index) == (trace, k) for k, v in enumerate(trace.results)),
        "results": [v and v.aval for v in trace.results]
        == [v and aval for v, aval in zip(trace.results, place.results, strict=False)],
        "floats": len(trace.floats) == floats,
        "ints": len(trace.ints) == sum(kind is int or kind is bool for kind in numbers),
    }
    for what, agrees in found.items():
        if not agrees:
            raise IllFormedTraceError(f"the {what} of the trace are not those of its equations")
