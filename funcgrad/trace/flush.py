"""Flush: run what has been recorded, as one compiled program, when a value is really needed.

A trace is cut where it will be cut again: at the first differentiable operator after a backward pass (the next
iteration of a loop), where a value is looked at, and, for loops without either, at a multiple of their period.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from funcgrad.trace.program import Run, compile_program
from funcgrad.trace.record import LONGEST, Equation, Step, Trace, current
from funcgrad.trace.value import Aval, Value

RARE = 8
"""A trace is looked into without being cut only if that happens at most once in so many flushes."""


@dataclass
class Stats:
    """What running has cost so far in this process."""

    programs: int = 0  # compiled
    flushes: int = 0
    equations: int = 0  # in the flushed traces
    causes: Counter[str] = field(default_factory=Counter)  # of the flushes


stats = Stats()


def array_of(value: Value, cause: str) -> jax.Array | np.ndarray:
    """The value's array, computed now if it was pending.

    Args:
        value: Any value.
        cause: What made somebody look, for the statistics.

    Raises:
        RuntimeError: The trace must not be run.
    """
    if value.array is None:
        assert value.trace is not None
        if value.trace.refusal:
            raise RuntimeError(value.trace.refusal)
        if _is_rare_look(value.trace):
            _peek(value.trace, value)
        else:
            flush(value.trace, cause)
    assert value.array is not None
    return value.array


def flush(trace: Trace, cause: str) -> None:
    """Run all that is pending in `trace` and forget the record."""
    if not trace.results:
        trace.clear()
        return
    wanted, donated = _alive(trace.results), _donatable(trace.inputs)
    donated = _useful(donated, trace, wanted)
    run = _program(trace.step, wanted, donated)
    outputs = _execute(run, trace, donated)
    for k, array in zip(wanted, outputs, strict=True):
        value = trace.results[k]
        value.trace = None
        if value.array is None:  # a value that was looked at before keeps what was seen
            value.array = array
    for value in trace.inputs:
        value.trace = None
    stats.flushes += 1
    stats.equations += len(trace.results)
    stats.causes[cause] += 1
    trace.limit = _next_limit(trace) if cause == "length" else LONGEST
    trace.clear()


def cut(trace: Trace, cause: str) -> None:
    """End the trace here if it may be run: a good place for it, though nobody looks at a value."""
    if not trace.refusal:
        flush(trace, cause)


def _program(step: Step, wanted: tuple[int, ...], donated: tuple[int, ...]) -> Run:
    run = step.programs.get((wanted, donated))
    if run is None:
        run = step.programs[wanted, donated] = compile_program(step, wanted, donated)
        stats.programs += 1
    return run


def _execute(run: Run, trace: Trace, donated: tuple[int, ...]) -> list[jax.Array]:
    arrays = [_device_array(value) for value in trace.inputs]
    given = [arrays[k] for k in donated]
    kept = [array for k, array in enumerate(arrays) if k not in donated]
    floats = np.array(trace.floats) if trace.floats else None
    ints = np.array(trace.ints, np.int64) if trace.ints else None
    with jax.enable_x64(True):
        return run(given, kept, floats, ints)


def _device_array(value: Value) -> Any:
    """The value's array; a host array that is used again moves to the device for good, one used once does not."""
    if type(value.array) is np.ndarray:
        if value.has_run:
            with jax.enable_x64(True):
                value.array = jax.device_put(value.array)
        value.has_run = True
    return value.array


# Looking without cutting: in a loop that prints now and then, a program of its own for the printed value leaves the
# loop's program whole; cutting there would compile both halves anew.


def _is_rare_look(trace: Trace) -> bool:
    step = trace.step
    return bool(step.next) and stats.flushes - step.peeked >= RARE


def _peek(trace: Trace, value: Value) -> None:
    run = _program(trace.step, (value.index,), ())
    (value.array,) = _execute(run, trace, ())
    trace.step.peeked = stats.flushes


# Reference counts tell which results anybody can still ask for, and which inputs nobody will: the counts of an object
# held only by the trace are measured here once, in the same kind of expression as below.


def _counts(values: Sequence[object]) -> list[int]:
    return [sys.getrefcount(v) for v in values]


_HELD_BY_LIST = _counts([object()])[0]


def _alive(results: list[Value]) -> tuple[int, ...]:
    return tuple([k for k, n in enumerate(_counts(results)) if n > _HELD_BY_LIST])


def _donatable(inputs: list[Value]) -> list[int]:
    return [k for k, n in enumerate(_counts(inputs)) if n <= _HELD_BY_LIST and not inputs[k].exported]


def _useful(donated: list[int], trace: Trace, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Of the dead inputs, those whose memory fits a result."""
    room: Counter[Aval] = Counter(trace.results[k].aval for k in wanted)
    useful = []
    for k in donated:
        aval = trace.inputs[k].aval
        if room[aval] > 0:
            room[aval] -= 1
            useful.append(k)
    return tuple(useful)


def _next_limit(trace: Trace) -> int:
    """The largest multiple of the loop's period within the longest trace, so that the next cut finds its program."""
    equations = [s.equation for s in trace.step.path() if s.equation is not None]
    tokens = [(e.op, e.static) for e in equations[len(equations) // 2 :]]
    for period in range(1, len(tokens) // 2):
        if tokens[-period:] == tokens[-2 * period : -period] and tokens[period:] == tokens[:-period]:
            results = _results_of(equations[-period:])
            return LONGEST // results * results
    return LONGEST


def _results_of(equations: Sequence[Equation]) -> int:
    return sum(len(e.results) for e in equations)


def synchronize(cause: str) -> None:
    """Run what the calling thread has pending."""
    flush(current(), cause)
