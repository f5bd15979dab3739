"""Choice: whether a trace is compiled, or computed on the host.

Compiling takes as long as hundreds of runs on the host, so there is a credit: how long programs may have taken to
compile that have not saved it yet. Within it a trace is compiled when it is first seen. Above it, and where a trace
only moves values, the host computes until that is worth a program; when it has come a part of that way, the program is
compiled in the background.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from funcgrad.trace import forking, recompiling
from funcgrad.trace.background import Task
from funcgrad.trace.break_even import AHEAD, Cost
from funcgrad.trace.equation import Slots
from funcgrad.trace.inheritance import inherit
from funcgrad.trace.interpret import interpreted_program, is_exact
from funcgrad.trace.persistence import Loadable
from funcgrad.trace.program import Run, compile_program
from funcgrad.trace.record import Trace
from funcgrad.trace.sharing import LARGE, share, slots_of
from funcgrad.trace.statistics import stats

CREDIT = 5000.0
"""Milliseconds of compiling that runs have not saved yet, from which on a script's traces are ever new ones."""

_credit = CREDIT


def set_credit(milliseconds: float) -> None:
    """Set how much may be compiled in advance of what it saves; with 0 the host computes each new trace at first.

    The host rounds elsewhere than XLA does: where a stateful step must have the bits of a pure one, it is compiled.
    """
    global _credit
    _credit = milliseconds


@dataclass(slots=True)
class Program:
    """A trace as a function, and how its inputs are handed over."""

    run: Run
    wanted: tuple[int, ...]  # indices of the results that it returns
    given: tuple[int, ...]  # positions of the inputs whose memory the results take over
    kept: tuple[int, ...]  # positions of the others
    compiled: Loadable | None = None  # the same as `run`, unless that is the host's
    shared: tuple[Slots, Slots] | None = None  # where its floats and whole numbers are read, if equal ones at one place
    debt: float = 0  # milliseconds of compiling that its runs have not saved yet
    saves: float = 0  # milliseconds that a run takes less than the host would

    def serves(self, trace: Trace) -> bool:
        """Whether the trace's numbers are equal where the program takes them to be."""
        shared = self.shared
        return shared is None or (share(trace.floats, shared[0]) and share(trace.ints, shared[1]))


@dataclass(slots=True)
class _OnHost:
    """A trace that is not compiled yet."""

    program: Program  # what the host computes meanwhile
    cost: Cost
    is_exact: bool  # the host's bits are XLA's
    runs: int = 0  # so far
    runs_before: int = 0  # when it was last kept
    next: Program | None = None  # what takes its place
    task: Task | None = None  # which makes that ready


def program_for(trace: Trace, wanted: tuple[int, ...], dead: tuple[int, ...]) -> Program:
    """What computes the trace this time.

    Args:
        trace: The trace.
        wanted: Indices of the results to return.
        dead: Positions of the inputs that nobody will ask for.
    """
    programs = trace.step.programs
    if forking.is_on_host_alone():
        return _in_a_fork(trace, wanted)
    key: tuple[Any, ...] = wanted, dead
    known = programs.get(key)
    if isinstance(known, Program) and not known.serves(trace):
        key = (wanted, dead, "any numbers")
        known = programs.get(key)
    if isinstance(known, Program):
        if known.debt:
            _pay(known, known.saves)
        return known
    if known is None:
        known = programs[key] = _on_host(trace, wanted)
    shares = key == (wanted, dead) and len(trace.results) >= LARGE
    if _is_host_worth_it(known):
        if known.next is None and known.runs > AHEAD * known.cost.runs:
            known.next = _compiled(trace, wanted, dead, shares, known.cost)
            known.task = _compile_ahead(known.next, trace)
        known.runs += 1
        stats.interpreted += 1
        return known.program
    if known.task is not None:
        known.task.finish()
    programs[key] = program = known.next or _compiled(trace, wanted, dead, shares, known.cost)
    stats.programs += 1
    stats.debt += program.debt
    recompiling.note(trace.step)
    return program if program.serves(trace) else program_for(trace, wanted, dead)


def _in_a_fork(trace: Trace, wanted: tuple[int, ...]) -> Program:
    """What computes the trace in a process that has no compiled programs."""
    key = (wanted, "in a fork")
    known = trace.step.programs.get(key)
    if known is None:
        known = trace.step.programs[key] = _on_host(trace, wanted)
    known.runs += 1
    stats.interpreted += 1
    return known.program


def forgive_if_loaded(program: Program) -> None:
    """Take back what a program was taken to cost that an earlier process has compiled."""
    if program.compiled is not None and program.compiled.was_loaded:
        _pay(program, program.debt)


def _pay(program: Program, milliseconds: float) -> None:
    paid = min(milliseconds, program.debt)
    program.debt -= paid
    stats.debt = max(stats.debt - paid, 0)


def came_back(program: Program | _OnHost) -> bool:
    """Whether the program is compiled, or has run more than once since this was last asked."""
    if isinstance(program, Program):
        return True
    runs, program.runs_before = program.runs - program.runs_before, program.runs
    return runs > 1


def _on_host(trace: Trace, wanted: tuple[int, ...]) -> _OnHost:
    step = trace.step
    stats.met += step.equations
    program = Program(interpreted_program(step, wanted), wanted, (), tuple(range(len(trace.inputs))))
    return _OnHost(program, Cost(step, len(trace.inputs) + len(wanted)), is_exact(step))


def _is_host_worth_it(known: _OnHost) -> bool:
    is_wanted = known.is_exact or stats.debt >= _credit
    return is_wanted and jax.default_backend() == "cpu" and known.runs < known.cost.runs


def _compiled(trace: Trace, wanted: tuple[int, ...], dead: tuple[int, ...], shares: bool, cost: Cost) -> Program:
    heirs = inherit(trace.step, wanted, dead)
    given = tuple(heirs.values())
    kept = tuple(k for k in range(len(trace.inputs)) if k not in given)
    wanted = (*heirs, *(k for k in wanted if k not in heirs))
    shared = (slots_of(trace.floats), slots_of(trace.ints)) if shares else None
    run = compile_program(trace.step, wanted, given, shared)
    return Program(run, wanted, given, kept, run, shared, debt=cost.compiling, saves=cost.saved)


def _compile_ahead(program: Program, trace: Trace) -> Task:
    """Have the program compiled in the background."""
    avals = [jax.ShapeDtypeStruct(value.aval.shape, value.aval.dtype) for value in trace.inputs]
    given, kept = [avals[k] for k in program.given], [avals[k] for k in program.kept]
    floats, ints = (
        jax.ShapeDtypeStruct((len(numbers),), np.dtype(dtype)) if numbers else None
        for numbers, dtype in ((trace.floats, np.float64), (trace.ints, np.int64))
    )
    assert program.compiled is not None
    return Task(functools.partial(program.compiled.prepare, given, kept, floats, ints))
