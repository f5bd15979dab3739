"""Flush: run what has been recorded, as one compiled program, when a value is really needed.

A trace is cut where it will be cut again: at the end of a large optimizer step, at the call of a model or the first
differentiable operator after a backward pass (the next iteration of a loop), where a value is looked at, and, for loops
without either, at a multiple of their period. Small micro-batches stay together up to the optimizer's step.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import jax
import numpy as np

from funcgrad.trace import background, recompiling
from funcgrad.trace.choice import Program, came_back, forgive_if_loaded, program_for
from funcgrad.trace.expectations import meet
from funcgrad.trace.interpret import forget_operators, glimpse
from funcgrad.trace.record import EAGER, PLAIN, WITHOUT_DATA, Step, Trace, current, forget_traces, runner
from funcgrad.trace.statistics import stats
from funcgrad.trace.value import Value

MOST_PROGRAMS = 1000
"""Programs kept. A script with more has ever-changing shapes: all are dropped, and compiled again where needed."""

MOST_MET = 100_000
"""Equations of new traces after which those are forgotten that did not come back: a loop may never repeat itself."""

RARE = 8
"""A trace is looked into without being cut only if that happens at most once in so many flushes."""


LONG = 64
"""Results of a trace whose compilation costs more than a program that runs more often than it must."""


def array_of(value: Value, cause: str) -> jax.Array | np.ndarray:
    """The value's array, computed now if it was pending.

    Args:
        value: Any value.
        cause: What made somebody look, for the statistics.

    Raises:
        RuntimeError: The trace must not be run.
        Exception: What was expected of other values does not hold.
    """
    trace = current() if value.trace is None else value.trace
    if value.array is None:
        with trace.lock:
            _look(trace, value, cause)
    assert value.array is not None
    meet(trace)
    return value.array


def _look(trace: Trace, value: Value, cause: str) -> None:
    if trace.refusal:
        raise (NotImplementedError if trace is WITHOUT_DATA else RuntimeError)(trace.refusal)
    if value.array is None:  # else another thread was first
        glimpse(trace, value)
    if value.array is None:
        if _is_rare_look(trace):
            _peek(trace, value)
        else:
            flush(trace, cause)


def flush(trace: Trace, cause: str) -> None:
    """Run all that is pending in `trace` and forget the record.

    Raises:
        Exception: What was expected of the values before does not hold.
    """
    meet(trace)
    with trace.lock:
        _run_all(trace, cause)
    if stats.programs - stats.forgotten > MOST_PROGRAMS:
        forget()
    elif stats.met > MOST_MET:
        _forget_what_did_not_come_back()


def _run_all(trace: Trace, cause: str) -> None:
    wanted = _referenced(trace.results)
    dead = _dead(trace.inputs) if trace.longest != EAGER else ()  # one program for each operator, whatever lives on
    if not wanted:
        trace.clear()
        return
    for k, array in _run(trace, wanted, dead):
        value = trace.results[k]
        assert value is not None
        if value.array is None:  # a value that was looked at before keeps what was seen
            value.array = array
    stats.flushes += 1
    stats.equations += len(trace.results)
    stats.causes[cause] += 1
    trace.clear()


def forget() -> None:
    """Forget all traces seen and their programs, for example because operators mean something else from now on."""
    background.drop()  # it would be traced to what operators mean then, and kept under what they mean now
    stats.forgotten = stats.programs
    stats.debt = stats.met = 0
    recompiling.forget()
    forget_operators()
    forget_traces()


def _forget_what_did_not_come_back() -> None:
    stats.met = 0
    forget_operators()
    forget_traces(came_back)


def cut(trace: Trace, cause: str) -> None:
    """End the trace here if it may be run: a good place for it, though nobody looks at a value."""
    if not trace.refusal:
        flush(trace, cause)


def cut_if_long(trace: Trace, cause: str) -> None:
    """End the trace here if it may be run and its program is a large one.

    A large program takes seconds to compile, so it ends where it will always end, whatever is recorded next; a small
    one takes less time to compile than a loop would lose to running two.
    """
    if len(trace.results) >= LONG:
        cut(trace, cause)


def _run(trace: Trace, wanted: tuple[int, ...], dead: tuple[int, ...]) -> Iterable[tuple[int, jax.Array]]:
    """The wanted results, each with its index."""
    program = program_for(trace, wanted, dead)
    results = _execute(program, trace)
    if program.debt:
        forgive_if_loaded(program)
    return results


def _execute(program: Program, trace: Trace) -> Iterable[tuple[int, jax.Array]]:
    floats = np.array(trace.floats) if trace.floats else None
    ints = np.array(trace.ints, np.int64) if trace.ints else None
    if program.compiled is None:
        outputs = program.run([], [value.array for value in trace.inputs], floats, ints)
    else:
        arrays = [_device_array(value) for value in trace.inputs]
        with jax.enable_x64(True):
            outputs = program.run([arrays[k] for k in program.given], [arrays[k] for k in program.kept], floats, ints)
    return zip(program.wanted, outputs, strict=True)


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
    ((_, value.array),) = _run(trace, (value.index,), ())
    trace.step.peeked = stats.flushes


# Reference counts tell which results anybody can still ask for, and which inputs nobody will. The count of an object
# that only the trace holds is measured here once, by the same expression.


def _referenced(values: Sequence[Any]) -> tuple[int, ...]:
    """Positions of the values that somebody else holds too."""
    return tuple([k for k, v in enumerate(values) if v is not None and sys.getrefcount(v) > _UNREFERENCED])


_UNREFERENCED = 0
while _referenced([object()]):
    _UNREFERENCED += 1


def _dead(inputs: list[Value]) -> tuple[int, ...]:
    """Positions of the inputs that only the trace holds."""
    held = set(_referenced(inputs))
    return tuple([k for k, value in enumerate(inputs) if k not in held and not value.exported])


# A trace that repeats itself is a loop which nobody looks into: it is cut early, so that one small program runs many
# times. One that does not is a model, and runs whole.

WITH_GRAPH = 512
"""Equations after which a trace with a graph is first searched for a period: a cut costs more there."""


def reach(trace: Trace) -> None:
    """Cut a trace that has reached its limit, or set it another one."""
    if trace.refusal:
        trace.limit = sys.maxsize
    elif trace.limit <= PLAIN and trace.has_graph and trace.longest >= WITH_GRAPH:
        trace.limit = WITH_GRAPH
    elif (period := _period(trace.step)) or trace.limit >= trace.longest:
        first = min(WITH_GRAPH if trace.has_graph else PLAIN, trace.longest)
        flush(trace, "length")
        trace.limit = max(first // period, 1) * period if period else first
    else:
        trace.limit = min(2 * trace.limit, trace.longest)


def _period(step: Step) -> int:
    """Equations after which those of the trace's second half repeat themselves; 0 if they do not."""
    if "period" not in step.notes:
        equations = [s.equation for s in step.path() if s.equation is not None]
        tokens = [(e.op, e.static) for e in equations[len(equations) // 2 :]]
        periods = (p for p in range(1, len(tokens) // 2) if tokens[p:] == tokens[:-p])
        step.notes["period"] = next(periods, 0)
    return step.notes["period"]


runner.append(functools.partial(flush, cause="another thread"))


def synchronize(cause: str) -> None:
    """Run what the calling thread has pending."""
    flush(current(), cause)
