"""Trace: the equations recorded since the last flush.

Traces are paths in a trie of all traces seen, so a known next equation costs one dictionary look-up: no shape
inference, no hashing of the whole. Running a trace: `flush.py`; differentiating an equation: `pullback.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple
from weakref import WeakSet

from funcgrad.trace.equation import Equation, count_numbers
from funcgrad.trace.inference import forget_shapes, infer
from funcgrad.trace.op import Op
from funcgrad.trace.value import Aval, Value

LONGEST = 2048
"""Equations in a trace before it is cut anyway."""

MOST_JOINED, LARGEST_JOINED = 256, 1 << 20
"""Results, and elements in them, from which on another micro-batch does not join: XLA may hold the activations of all
that are in one program, and a call of a program costs little beside their computation.
"""

PLAIN = 128
"""Equations after which a trace is first looked at, see `reach` in flush.py."""

EAGER = 1
"""The same limit for a trace that is run operator by operator, for debugging."""


class Step:
    """A node of the trie: the trace that ends here, and every step that has followed it so far."""

    __slots__ = (
        "admits",
        "elements",
        "equation",
        "equations",
        "next",
        "notes",
        "parent",
        "peeked",
        "programs",
        "results",
    )

    def __init__(self, parent: Step | None, equation: Equation | None, admits: Aval | None) -> None:
        results = () if equation is None else equation.results
        self.parent = parent
        self.equations: int = (0 if parent is None else parent.equations) + (equation is not None)
        self.results: int = (0 if parent is None else parent.results) + len(results)
        self.elements: int = (0 if parent is None else parent.elements) + sum(aval.size for aval in results)
        self.equation = equation  # recorded by this step, or None where the step takes in an input
        self.admits = admits  # shape and dtype of the input this step takes in, or None
        self.next: dict[Any, Step] = {}
        self.programs: dict[Any, Any] = {}  # compiled programs of the trace that ends here, by what they return
        self.notes: dict[Any, Any] = {}  # what the layers above remember about this point
        self.peeked: float = float("-inf")  # number of the flush before which this trace was last looked into

    def path(self) -> list[Step]:
        """The steps from the root to here, the root left out."""
        steps: list[Step] = []
        step = self
        while step.parent is not None:
            steps.append(step)
            step = step.parent
        return steps[::-1]


_ROOT = Step(None, None, None)


def forget_traces(is_kept: Callable[[Any], bool] = lambda program: False) -> None:
    """Forget the traces seen, and with them their programs.

    Args:
        is_kept: Which programs keep their traces from being forgotten; none of them, unless told otherwise.
    """
    steps = [_ROOT]
    for step in steps:
        steps.extend(step.next.values())
    for step in reversed(steps):  # what follows a step comes after it
        for key, following in [*step.next.items()]:
            if not following.next and not any(map(is_kept, following.programs.values())):
                del step.next[key]
    forget_shapes()


class Expectation(NamedTuple):
    """A value, what it must satisfy, and the place of the operator that takes it for granted."""

    value: Value
    check: Callable[[Any], None]
    place: str


class Trace:
    """The equations that one thread has recorded and not run yet."""

    __slots__ = (
        "__weakref__",
        "expectations",
        "floats",
        "has_backward",
        "has_graph",
        "inputs",
        "ints",
        "limit",
        "lock",
        "longest",
        "micro_batches",
        "passes",
        "refusal",
        "results",
        "split",
        "step",
    )

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal  # why this trace must not be run, as the text of an error; empty if it may be
        self.longest = LONGEST  # length at which the trace is cut at the latest
        self.expectations: list[Expectation] = []  # not checked yet
        self.lock: Any = nullcontext()  # held while it is recorded or run, where another thread may want to run it
        self.passes = 0  # backward passes since the last step of an optimizer
        self.micro_batches = 1  # backward passes before that step
        self._start()

    def clear(self) -> None:
        """Forget what is recorded. Results that have not been computed by now can never be."""
        for value in self.inputs:
            value.trace = None
        for value in self.results:
            if value is not None:
                value.trace = None
        if self.expectations:
            self.expectations = [e for e in self.expectations if e.value.array is not None]
        self._start()

    def _start(self) -> None:
        self.limit = min(PLAIN, self.longest)  # length at which `reach` decides whether it is cut
        self.step = _ROOT
        self.inputs: list[Value] = []
        self.results: list[Value | None] = []  # None: a result that nobody can ask for
        self.floats: list[float] = []
        self.ints: list[int] = []
        self.has_graph = False  # a differentiable operator is recorded
        self.has_backward = False  # a backward pass is recorded
        self.split = False  # the next differentiable operator opens a new trace

    def end_backward(self) -> None:
        """Note that a backward pass ends here: what is differentiated next belongs to the next iteration of a loop.

        If it was accumulated in more passes before the last step, it belongs to the next micro-batch: small ones become
        one program.
        """
        self.has_backward = True
        self.passes += 1
        is_small = len(self.results) < MOST_JOINED and self.step.elements < LARGEST_JOINED
        self.split = self.passes >= self.micro_batches or not is_small

    def end_step(self) -> None:
        """Note that an optimizer's step ends here."""
        self.micro_batches, self.passes = max(self.passes, 1), 0
        self.split = self.has_backward

    def admit(self, value: Value) -> int:
        """Take a computed value in as an input and return its index."""
        if value.trace is WITHOUT_DATA:
            raise _NoDataError
        if value.array is None:
            raise RuntimeError("a pending value of another thread's trace reached this trace; compute it there first")
        step = self.step.next.get(value.aval)
        if step is None:
            step = self.step.next.setdefault(value.aval, Step(self.step, None, value.aval))
        value.index = index = ~len(self.inputs)
        self.inputs.append(value)
        self.step = step
        value.trace = self
        return index

    def record(self, op: Op, static: tuple[Any, ...], operands: Sequence[Any]) -> tuple[Equation, list[Value]]:
        """Append one equation.

        Args:
            op: The operator.
            static: Its static parameters, hashable, in the order of `op.static_names`.
            operands: `Value`s and Python numbers.

        Returns:
            The equation and its results, pending.

        Raises:
            StaticDataError: A static parameter is data.
            Exception: Whatever the operator's function raises for these shapes, dtypes and static parameters.
        """
        try:
            key: list[Any] = [op, static]
            numbers: list[Any] = []
            for x in operands:
                if type(x) is Value:
                    key.append(x.index if x.trace is self else self.admit(x))
                else:
                    key.append(type(x))
                    numbers.append(x)
            edge = tuple(key)
            step = self.step.next.get(edge)
            if step is None:
                if any(isinstance(x, tuple(changing)) for x in static):
                    raise StaticDataError
                step = self.step.next.setdefault(edge, Step(self.step, infer(op, static, edge[2:], operands), None))
            if numbers:
                self.take_numbers(numbers)
            equation = step.equation
            assert equation is not None
            results = self.results
            made = []
            for aval in equation.results:
                made.append(value := Value(aval, None, self, len(results)))
                results.append(value)
            self.step = step  # the last thing: until now nothing is recorded
        except BaseException as error:  # Ctrl-C may come anywhere
            self.undo()
            if isinstance(error, _NoDataError):
                return _shapes_only(op, static, operands)
            raise
        return equation, made

    def undo(self) -> None:
        """Forget what the lists hold beyond the steps: of an operator that was not recorded to its end."""
        path = self.step.path()
        counts = [count_numbers(step.equation.operands) for step in path if step.equation is not None]
        admitted = sum(step.admits is not None for step in path)
        for value in self.inputs[admitted:]:
            value.trace = None
        del self.inputs[admitted:], self.results[self.step.results :]
        del self.floats[sum(floats for floats, _ in counts) :], self.ints[sum(ints for _, ints in counts) :]

    def take_numbers(self, numbers: list[Any]) -> None:
        """Append the numbers of an equation to the trace's data."""
        for x in numbers:
            if type(x) is float:
                self.floats.append(x)
            elif type(x) is complex:
                self.floats += (x.real, x.imag)
            else:
                self.ints.append(int(x))


class StaticDataError(Exception):
    """A static parameter is an object whose value may change: a trace that is found again would not see that."""


changing: list[type] = []
"""The classes of such objects: the layers above, which know them, put them here."""


# Values that have a shape and a dtype, and never any data: what is made of them has none either, and is not recorded.


class _NoDataError(Exception):
    """An operand has no data."""


WITHOUT_DATA = Trace("Cannot copy out of meta tensor; no data!")
"""The trace of all values without data."""


def without_data(aval: Aval) -> Value:
    """A value of a shape and dtype that nobody can look at."""
    return Value(aval, None, WITHOUT_DATA, 0)


def _shapes_only(op: Op, static: tuple[Any, ...], operands: Sequence[Any]) -> tuple[Equation, list[Value]]:
    _check_one_place([x for k, x in enumerate(operands) if type(x) is Value and k not in op.anywhere])
    equation = infer(op, static, tuple([0 if type(x) is Value else type(x) for x in operands]), operands)
    return equation, [without_data(aval) for aval in equation.results]


def _check_one_place(values: list[Value]) -> None:
    """Refuse arrays with data beside such without; a single number with data may stand anywhere."""
    places = ["meta" if x.trace is WITHOUT_DATA else "cpu" for x in values if x.aval.shape or x.trace is WITHOUT_DATA]
    if places and (places[0] == "cpu" or "cpu" in places):
        other = "meta" if places[0] == "cpu" else "cpu"
        raise RuntimeError(f"Tensor on device {other} is not on the expected device {places[0]}!")


runner: list[Callable[[Trace], None]] = []
"""What runs a trace: `flush`, which knows this module, puts itself here."""


class _SharedTrace(Trace):
    """A trace in a process with several threads that record: another one may run it."""

    __slots__ = ()

    def record(self, op: Op, static: tuple[Any, ...], operands: Sequence[Any]) -> tuple[Equation, list[Value]]:
        for x in operands:
            owner = x.trace if type(x) is Value and x.array is None else None
            if owner is not self and type(owner) is _SharedTrace:
                runner[0](owner)  # before this one is locked: no thread holds two locks
        with self.lock, _recording:
            return super().record(op, static, operands)


_recording = threading.Lock()
"""Held by the one thread that records: a value that several read is in one trace at a time."""

_traces: WeakSet[Trace] = WeakSet()
"""The traces of all threads."""


class _Local(threading.local):
    longest = LONGEST

    def __init__(self) -> None:
        self.trace = Trace()
        _traces.add(self.trace)
        if len(_traces) > 1:
            for trace in _traces:
                if type(trace) is Trace:
                    trace.lock, trace.__class__ = threading.RLock(), _SharedTrace
        self.trace.longest = _Local.longest
        self.trace.clear()


_local = _Local()


def current() -> Trace:
    """The calling thread's trace."""
    return _local.trace


def set_longest(length: int) -> None:
    """Choose the length at which traces are cut at the latest, for this thread and those that start later."""
    _Local.longest = length
    _local.trace.longest = length
    _local.trace.limit = min(PLAIN, length)


@contextmanager
def recording(refusal: str) -> Generator[Trace]:
    """A block whose operators are recorded in a trace of its own, which is not run.

    Args:
        refusal: The text of the error for whoever looks at a pending value inside.
    """
    before, _local.trace = _local.trace, Trace(refusal)
    try:
        yield _local.trace
    finally:
        _local.trace = before
