"""Recorded step: the trace between the storages before a step and those after it, as a function."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.functionalization.calls import Call, Calls
from funcgrad.functionalization.draws import DRAWN, Draws, drawn
from funcgrad.functionalization.laws import Draw
from funcgrad.functionalization.owners import Leaves, Owners, State
from funcgrad.functionalization.passes import Pass, passes
from funcgrad.functionalization.refusal import LOOKED, FunctionalizationError, current_line, refuse
from funcgrad.functionalization.twins import twins
from funcgrad.torch import Tensor
from funcgrad.torch._attributes import whole
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._storage import Storage, listeners
from funcgrad.torch._tensor import wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import Aval, Equation, Op, Step, Trace, Value, aval_of, constant, evaluate, recording
from funcgrad.trace.program import Applied, by_operator


def _given(*, avals: tuple[Aval, ...]) -> tuple[Any, ...]:
    return tuple([jnp.zeros(aval.shape, aval.dtype) for aval in avals])


GIVEN = Op("given", _given)
"""What a step takes in: its state and its arguments. Pending like any result, so nobody can look at it."""

_DRAWN = (
    "the step draws random numbers on the host ({}), which would be the same in every pure step. A pure step itself "
    "draws what dropout, rand, randn, normal_, uniform_, bernoulli, randint, randperm and exponential_ draw from "
    "torch's stream. Draw the others outside and pass them as arguments."
)


class Program(NamedTuple):
    """A recorded step."""

    end: Step  # the place in the trie of traces: equal steps end at one place
    equations: list[Equation]
    floats: np.ndarray
    ints: np.ndarray
    places: tuple[tuple[str, str], ...]  # owner and name of each entry that is taken in
    arguments: tuple[Aval, ...]
    constants: list[Any]  # the other inputs: an array, or the number of a draw
    draws: tuple[Draw, ...]
    state: dict[str, dict[str, Value]]  # for each entry afterwards the value that it is
    result: Any  # what the step returns, with values for tensors
    structure: Any  # of the arguments
    passes: tuple[Pass, ...]
    calls: tuple[Call, ...]

    def __call__(self, state: State, args: tuple[Any, ...], apply: Applied = by_operator) -> tuple[State, Any]:
        """The state after the step, and its result."""
        given = [state[owner][name] for owner, name in self.places] + self._fitting(jax.tree.leaves(args))
        draws, stream = drawn(self.draws, state.get("random"))
        inputs = [draws[c] if isinstance(c, int) else c for c in self.constants]
        finals, structure = jax.tree.flatten((self.state, self.result), is_leaf=_is_value)

        def with_given(equation: Equation, *operands: Any) -> Any:
            if equation.op is DRAWN:
                return [draws[equation.static[0]]]
            return given if equation.op is GIVEN else apply(equation, *operands)

        wanted = [value.index for value in finals if value.index >= 0]
        results = evaluate(self.equations, inputs, self.floats, self.ints, wanted, with_given)
        arrays = [results[v.index] if v.index >= 0 else jnp.asarray(inputs[~v.index]) for v in finals]
        new_state, result = jax.tree.unflatten(structure, arrays)
        if stream is not None:
            new_state["random"] = stream
        return new_state, result

    def _fitting(self, args: list[Any]) -> list[Any]:
        if len(args) != len(self.arguments):
            raise FunctionalizationError(
                f"the step was recorded with {len(self.arguments)} arrays as arguments, but got {len(args)}."
            )
        return [_fitted(k, x, aval) for k, (x, aval) in enumerate(zip(args, self.arguments, strict=True))]


def _fitted(number: int, x: Any, aval: Aval) -> Any:
    """An argument in the dtype of the example; of its shape and kind of dtype it must be."""
    x = x if isinstance(x, jax.Array) else np.asarray(x)
    if x.shape != aval.shape or not _same_kind(x.dtype, aval.dtype):
        raise FunctionalizationError(
            f"argument {number} is {x.dtype}{list(x.shape)}, but the step was recorded for {aval}. Batches must have "
            "one shape: drop or pad the last one, or functionalize with an example of its shape too."
        )
    return jnp.asarray(x).astype(aval.dtype)


def _same_kind(a: Any, b: Any) -> bool:
    kinds = (jnp.bool_, jnp.integer, jnp.floating, jnp.complexfloating)
    return any(jnp.issubdtype(a, kind) and jnp.issubdtype(b, kind) for kind in kinds)


def _is_value(x: Any) -> bool:
    return isinstance(x, Value)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a leaf of what a step takes and returns."""
    return isinstance(x, Tensor)


def record(step: Callable[..., Any], example: tuple[Any, ...], owners: Owners, leaves: Callable[[], Leaves]) -> Program:
    """Record one step. Its state is left pending where it lies: the step after it can be recorded from there.

    Raises:
        FunctionalizationError: The step looks at a value, draws on the host, or changes what no owner holds.
    """
    draws, calls, before = Draws(), Calls(), leaves()
    arguments = [aval_of(np.shape(x), _dtype(x)) for x in jax.tree.leaves(example, is_leaf=is_tensor)]
    with recording(LOOKED) as trace, twins(draws, calls), _host_draws(), _owned_writes(before), passes() as walked:
        places, storages = _distinct(before)
        given = _take_in(trace, storages, arguments)
        structure = jax.tree.structure(example, is_leaf=is_tensor)
        try:
            result = step(*jax.tree.unflatten(structure, [wrap(value) for value in given]))
        except RuntimeError as error:
            refuse(error)
        state = {o: {n: _admitted(trace, s.value) for n, s in named.items()} for o, named in leaves().items()}
        result = jax.tree.map(lambda x: _admitted(trace, _value(x)), result, is_leaf=is_tensor)
    owners.check_whole()
    constants = [_source(draws, value) for value in trace.inputs]
    draws.check_used({c for c in constants if isinstance(c, int)})
    equations = [s.equation for s in trace.step.path() if s.equation is not None]
    numbers = np.array(trace.floats), np.array(trace.ints, np.int64)
    return Program(
        trace.step,
        equations,
        *numbers,
        places,
        tuple(arguments),
        constants,
        tuple(draws.made),
        state,
        result,
        structure,
        tuple(walked),
        tuple(calls.made),
    )


def _dtype(x: Any) -> np.dtype[Any]:
    return x._aval.dtype if isinstance(x, Tensor) else np.asarray(x).dtype


def _distinct(leaves: Leaves) -> tuple[tuple[tuple[str, str], ...], list[list[Storage]]]:
    """The first entry of each value, and the storages that hold it: counters of many parameters are one value."""
    found: dict[int, tuple[tuple[str, str], list[Storage]]] = {}
    for owner, named in leaves.items():
        for name, storage in named.items():
            found.setdefault(id(storage.value), ((owner, name), []))[1].append(storage)
    return tuple(place for place, _ in found.values()), [storages for _, storages in found.values()]


def _take_in(trace: Trace, storages: list[list[Storage]], arguments: list[Aval]) -> list[Value]:
    """Put pending values where the state lies, and return those of the arguments."""
    avals = tuple([held[0].value.aval for held in storages] + arguments)
    if not avals:
        return []
    _, values = trace.record(GIVEN, (avals,), ())
    for held, value in zip(storages, values[: len(storages)], strict=True):
        for storage in held:
            storage.value = value
    return values[len(storages) :]


def _admitted(trace: Trace, value: Value) -> Value:
    if value.trace is not trace:
        trace.admit(value)
    return value


def _value(x: Any) -> Value:
    return value_of(x) if isinstance(x, Tensor) else constant(np.asarray(x))


def _source(draws: Draws, value: Value) -> Any:
    number = draws.number_of(value.array)
    return value.array if number is None else number


@contextmanager
def _owned_writes(leaves: Leaves) -> Generator[None]:
    """A block in which only storages of the owners, and new ones, may be written to."""
    owned = {storage for named in leaves.values() for storage in named.values()}
    youngest = whole(wrap(constant(np.zeros(()))))["_storage"].birth

    def listen(storage: Storage) -> None:
        if storage.birth < youngest and storage not in owned:
            raise FunctionalizationError(
                f"the step changes a tensor of shape {list(storage.value.aval.shape)} that belongs to no owner. Pass "
                "what holds it (a module, an optimizer, a scheduler, a scaler, or the tensor itself), or register it "
                f"as a buffer.\n  at {current_line()}"
            )

    listeners.append(listen)
    try:
        yield
    finally:
        listeners.remove(listen)


@contextmanager
def _host_draws() -> Generator[None]:
    """A block in which no random numbers may be drawn on the host."""
    before = _streams()
    yield
    for name, state in _streams().items():
        if state != before[name]:
            raise FunctionalizationError(_DRAWN.format(name))


def _streams() -> dict[str, Any]:
    return {
        "torch's stream": default_generator.state_bytes().tobytes(),
        "numpy.random": np.random.get_state(legacy=False)["state"].__repr__(),
        "Python's random": random.getstate(),
    }
