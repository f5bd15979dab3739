"""Functionalization: a stateful step as a pure function of its state.

The step is recorded and not run: storages before it are inputs, storages after it are outputs, and the trace between
them is the function.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import numpy as np

from funcgrad.errors import FuncgradError
from funcgrad.torch import Tensor, nn, optim
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._storage import Storage, listeners
from funcgrad.torch._tensor import wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import Trace, Value, array_of, constant, evaluate, recording, synchronize

State = dict[str, dict[str, jax.Array]]

_LOOKED = (
    "the step looks at a value, so it is no pure function: this line turns a tensor into a number, a NumPy array or a "
    "branch. Return the tensor from the step instead, and look at it outside."
)


class FunctionalizationError(FuncgradError):
    """A step that cannot become a pure function."""


class PureStep:
    """A stateful step as a pure function. Made by `functionalize`."""

    def __init__(self, owners: dict[str, Any], programs: dict[Any, _Program]) -> None:
        self._owners = owners
        self._programs = programs

    def __call__(self, state: State, *args: Any) -> tuple[State, Any]:
        """One step.

        Args:
            state: As `state()` gives it, or as the step before returned it.
            args: Arrays of the shapes and dtypes of the example.

        Returns:
            The new state, and what the step returns, with arrays for tensors.

        Raises:
            FunctionalizationError: The state's structure is not one that the step was recorded for.
        """
        program = self._programs.get(_structure(state))
        if program is None:
            raise FunctionalizationError(
                f"the state has the entries {_names(state)}, which is no state of the step. Start from state()."
            )
        return program(state, args)

    def state(self) -> State:
        """The owners' state now: arrays by owner and name, gradients under `grad`."""
        tensors = _tensors(self._owners)
        return {owner: {name: _array(x) for name, x in named.items()} for owner, named in tensors.items()}

    def load(self, state: State) -> None:
        """Make `state` the owners' state.

        Raises:
            FunctionalizationError: An entry has no tensor to go to: run the stateful step once, to create it.
        """
        tensors = _tensors(self._owners)
        for owner, named in state.items():
            for name, array in named.items():
                if name not in tensors[owner]:
                    raise FunctionalizationError(
                        f"'{name}' of '{owner}' does not exist yet in the stateful objects. Run the stateful step once "
                        "before load()."
                    )
                tensors[owner][name]._storage.write(_copy(array))


def functionalize(step: Callable[..., Any], *example: Any, **owners: Any) -> PureStep:
    """A stateful training step as a pure function `(state, *args) -> (state, result)`.

    Args:
        step: Does one step by changing modules and optimizers: zero_grad, forward, backward, step, in any order.
        example: Tensors or arrays of the shapes and dtypes that the step takes.
        owners: Every `nn.Module` and `Optimizer` that the step changes, under names of your choice.

    Returns:
        The pure function, ready for `jax.jit`, `jax.lax.scan` and sharding. The stateful objects are left as they were.

    Raises:
        FunctionalizationError: The step changes something that no owner holds, or draws random numbers.
        RuntimeError: The step looks at a value.

    Example:
        >>> import funcgrad.torch as torch
        >>> model = torch.nn.Linear(2, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> def step(x):
        ...     optimizer.zero_grad()
        ...     loss = model(x).pow(2).mean()
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> pure = functionalize(step, torch.ones(4, 2), model=model, optimizer=optimizer)
        >>> state, loss = pure(pure.state(), torch.ones(4, 2).numpy())
        >>> sorted(state)
        ['grad', 'model', 'optimizer']
    """
    _check_owners(owners)
    synchronize("functionalize")
    programs: dict[Any, _Program] = {}
    with _restored(owners):
        while (structure := _structure(_tensors(owners))) not in programs:
            # A first step may create state (gradients, momentum); then the next one is another function.
            programs[structure] = _record(step, example, owners)
    return PureStep(owners, programs)


class _Program(NamedTuple):
    """A recorded step."""

    trace: Trace
    equations: list[Any]
    constants: list[Any]  # for each input its array, or where to find it: (owner, name) or the number of an argument
    state: dict[str, dict[str, Any]]  # for each entry afterwards the value that it is
    result: Any  # what the step returns, with values for tensors

    def __call__(self, state: State, args: tuple[Any, ...]) -> tuple[State, Any]:
        flat_args = jax.tree.leaves(args)
        inputs = [_look_up(source, state, flat_args) for source in self.constants]
        wanted = [v.index for v in jax.tree.leaves((self.state, self.result), is_leaf=_is_value) if v.index >= 0]
        floats, ints = np.array(self.trace.floats), np.array(self.trace.ints, np.int64)
        with jax.enable_x64(True):
            results = evaluate(self.equations, inputs, floats, ints, wanted)

        def final(value: Value) -> Any:
            return results[value.index] if value.index >= 0 else inputs[~value.index]

        return jax.tree.map(final, (self.state, self.result), is_leaf=_is_value)


def _is_value(x: Any) -> bool:
    return isinstance(x, Value)


def _look_up(source: Any, state: State, args: list[Any]) -> Any:
    if isinstance(source, tuple):
        return state[source[0]][source[1]]
    return args[source] if isinstance(source, int) else source


def _record(step: Callable[..., Any], example: tuple[Any, ...], owners: dict[str, Any]) -> _Program:
    """Record one step, and put stand-ins where its state would be, so that the step after it can be recorded."""
    args = jax.tree.map(_stand_in, example, is_leaf=lambda x: isinstance(x, Tensor))
    before = _tensors(owners)
    sources: dict[int, Any] = {
        id(value_of(x)): (owner, name) for owner, named in before.items() for name, x in named.items()
    }
    leaves = jax.tree.leaves(args, is_leaf=lambda x: isinstance(x, Tensor))
    sources.update({id(value_of(x)): k for k, x in enumerate(leaves)})
    with _watching() as written, recording(_LOOKED) as trace:
        drawn = default_generator.state_bytes()
        result = step(*args)
        after = _tensors(owners)
        state = {o: {n: _admitted(trace, value_of(x)) for n, x in named.items()} for o, named in after.items()}
        values = jax.tree.map(lambda x: _admitted(trace, value_of(x)), result, is_leaf=lambda x: isinstance(x, Tensor))
    if not np.array_equal(drawn, default_generator.state_bytes()):
        raise FunctionalizationError(
            "the step draws random numbers, which would be the same in every pure step. Draw them outside and pass "
            "them as arguments."
        )
    _check_written(written, after)
    equations = [s.equation for s in trace.step.path() if s.equation is not None]
    constants = [sources.get(id(v), v.array) for v in trace.inputs]
    program = _Program(trace, equations, constants, state, values)
    for named in after.values():
        for x in named.values():
            x._storage.value = constant(np.zeros(x._aval.shape, x._aval.dtype))
    return program


def _admitted(trace: Trace, value: Value) -> Value:
    if value.trace is not trace:
        trace.admit(value)
    return value


def _stand_in(x: Any) -> Tensor:
    array = _array(x) if isinstance(x, Tensor) else np.asarray(x)
    return wrap(constant(np.array(array)))


def _copy(array: Any) -> Value:
    with jax.enable_x64(True):
        return constant(jax.numpy.array(array))


def _array(x: Tensor) -> Any:
    with jax.enable_x64(True):
        return jax.numpy.array(array_of(value_of(x), "functionalize"))


# What the owners hold.


def _check_owners(owners: dict[str, Any]) -> None:
    for name, owner in owners.items():
        if not isinstance(owner, nn.Module | optim.Optimizer):
            raise TypeError(
                f"'{name}' is a {type(owner).__name__}; the owners of a step's state are nn.Modules and Optimizers"
            )
        if name == "grad":
            raise ValueError("an owner cannot be called 'grad': gradients stand under that name. Choose another one.")


def _tensors(owners: dict[str, Any]) -> dict[str, dict[str, Tensor]]:
    """The tensors that the owners hold, by owner and name; gradients under `grad`."""
    found: dict[str, dict[str, Tensor]] = {"grad": {}}
    for owner_name, owner in owners.items():
        if isinstance(owner, nn.Module):
            parameters = dict(owner.named_parameters())
            found[owner_name] = {**parameters, **dict(owner.named_buffers())}
            found["grad"] |= {f"{owner_name}.{n}": p._grad for n, p in parameters.items() if p._grad is not None}
        else:
            state = owner.state_dict()["state"]
            found[owner_name] = {f"{k}.{n}": x for k, entries in state.items() for n, x in entries.items()}
    return found


def _structure(state: dict[str, dict[str, Any]]) -> Any:
    return frozenset((owner, name) for owner, named in state.items() for name in named)


def _names(state: State) -> str:
    return ", ".join(f"{owner}: {list(named)}" for owner, named in state.items())


def _check_written(written: set[Storage], owned: dict[str, dict[str, Tensor]]) -> None:
    storages = {x._storage for named in owned.values() for x in named.values()}
    for storage in written - storages:
        raise FunctionalizationError(
            f"the step changes a tensor of shape {list(storage.value.aval.shape)} that belongs to no owner. Pass the "
            "module or optimizer that holds it, or register it as a buffer."
        )


@contextmanager
def _watching() -> Generator[set[Storage]]:
    """The storages, older than the block, that are written to in it."""
    youngest = wrap(constant(np.zeros(()))).__dict__["_storage"].birth
    written: set[Storage] = set()

    def listen(storage: Storage) -> None:
        if storage.birth < youngest:
            written.add(storage)

    listeners.append(listen)
    try:
        yield written
    finally:
        listeners.remove(listen)


@contextmanager
def _restored(owners: dict[str, Any]) -> Generator[None]:
    """A block at whose end the owners' state is as before."""
    modules = [owner for owner in owners.values() if isinstance(owner, nn.Module)]
    optimizers = [owner for owner in owners.values() if isinstance(owner, optim.Optimizer)]
    storages = {x._storage for named in _tensors(owners).values() for x in named.values()}
    values = {storage: (storage.value, storage.version) for storage in storages}
    grads = {p: p._grad for module in modules for p in module.parameters()}
    states = [{p: dict(entries) for p, entries in optimizer.state.items()} for optimizer in optimizers]
    try:
        yield
    finally:
        for storage, (value, version) in values.items():
            storage.value, storage.version = value, version
        for p, gradient in grads.items():
            p._grad = gradient
        for optimizer, state in zip(optimizers, states, strict=True):
            optimizer.state.clear()
            optimizer.state.update(state)
