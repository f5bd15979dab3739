"""Pure step: a stateful step as a function `(state, *args) -> (state, result)`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from funcgrad.functionalization.certificate import Certificate
from funcgrad.functionalization.owners import Leaves, Owners, State, structure_of
from funcgrad.functionalization.record import Program
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source import module_source
from funcgrad.torch._storage import Storage
from funcgrad.torch.optim._update import RuleOptimizer
from funcgrad.torch.random import default_generator
from funcgrad.trace import Equation, Op, array_of, constant
from funcgrad.trace.program import by_operator

_EXACT: Any = {"xla_allow_excess_precision": False}
"""Without the option XLA would leave 16-bit results in 32 bits between two operators: not what PyTorch computes."""


class PureStep:
    """A stateful step as a pure function. Made by `functionalize`.

    Called with arrays it is compiled, and the memory of the state that goes in is given up. Inside `jax.jit`, `vmap`,
    `scan` and the like it is the plain function.

    Attributes:
        certificate: How near it came to the stateful step, or None if that was not asked for.
    """

    certificate: Certificate | None = None

    def __init__(self, owners: Owners, programs: dict[Any, Program], step: Callable[..., Any]) -> None:
        self._owners = owners
        self._step = step
        self._programs = programs
        self._draws = any(program.draws for program in programs.values())
        self._run = jax.jit(self._apply, donate_argnums=0, compiler_options=_EXACT)
        self._scan = jax.jit(self._scanned, static_argnums=2, donate_argnums=0, compiler_options=_EXACT)

    def __call__(self, state: State, *args: Any) -> tuple[State, Any]:
        """One step.

        Args:
            state: As `state()` gives it, or as the step before returned it; given up.
            args: Arrays of the shapes and dtypes of the example.

        Returns:
            The new state, and what the step returns, with arrays for tensors.

        Raises:
            FunctionalizationError: The state or an argument is not one that the step was recorded for.
        """
        with jax.enable_x64(True):
            if any(isinstance(x, Tracer) for x in jax.tree.leaves((state, args))):
                return self._apply(state, *args)
            return self._run(state, *args)

    def unfused(self, state: State, *args: Any) -> tuple[State, Any]:
        """One step, operator by operator: slow, and rounded as the stateful step is when it runs so."""
        with jax.enable_x64(True):
            return self._program(state)(state, args, _alone)

    def scan(self, state: State, *batches: Any, steps: int | None = None) -> tuple[State, Any]:
        """Many steps in one program.

        Args:
            state: The state before; given up.
            batches: The arguments of all steps, stacked along a new first axis.
            steps: How many, for a step without arguments.

        Returns:
            The state after the last step, and the results of all, stacked.

        Raises:
            FunctionalizationError: As for one step; or a schedule is not written down that far.
        """
        total = steps if steps is not None else np.shape(jax.tree.leaves(batches)[0])[0]
        with jax.enable_x64(True):
            for name, schedule in self._owners.schedules.items():
                schedule.check(int(state[name]["step"]), total)
            firsts: list[Any] = []
            while len(firsts) < total and not self._is_settled(state):  # a first step may create entries
                state, result = self._run(state, *_at(len(firsts), batches))
                firsts.append(result)
            rest = _at(slice(len(firsts), None), batches)
            state, results = self._scan(state, rest, total - len(firsts))
            return state, jax.tree.map(_joined, *firsts, results) if firsts else results

    def state(self) -> State:
        """The owners' state now: arrays by owner and name, gradients under `grad`, the random stream under `random`."""
        with self._owners.as_state() as leaves, jax.enable_x64(True):
            named = leaves()
            found: State = {o: {n: _array(s) for n, s in x.items()} for o, x in named.items()}
            if self._draws:
                key, used = default_generator.stream.state()
                found["random"] = {"key": jnp.array(key), "used": jnp.array(used, jnp.int32)}
            return found

    def load(self, state: State) -> None:
        """Make `state` the owners' state; gradients and optimizer entries that are not there yet are made.

        Raises:
            FunctionalizationError: An entry has no tensor to go to.
        """
        for name, schedule in self._owners.schedules.items():
            schedule.go_to(int(state[name]["step"]))
        self._owners.fit(state)
        with self._owners.as_state() as leaves:
            _write(state, leaves())
            numbers = [(option, option.number()) for option in self._owners.options]
        for option, number in numbers:
            option.put(number)
        for schedule in self._owners.schedules.values():
            schedule.settle(schedule.position)
        for optimizer in self._owners.of(RuleOptimizer):
            optimizer._join_counters()
        if self._draws:
            default_generator.stream.restore(np.asarray(state["random"]["key"]), int(state["random"]["used"]))

    def source(self) -> str:
        """The step as a module of JAX and optax, which needs no funcgrad.

        It has `init(model)`, or `init(model, random)` if the step drops anything out, of the entries of `state()` as
        NumPy arrays, and `step(state, *args)`. Its optimizer begins anew.

        Raises:
            FunctionalizationError: Something of the step has no counterpart there that is PyTorch's.
        """
        return module_source(list(self._programs.values())[-1], self._owners, self._step)

    def _apply(self, state: State, *args: Any) -> tuple[State, Any]:
        return self._program(state)(state, args)

    def _scanned(self, state: State, batches: Any, length: int) -> tuple[State, Any]:
        return jax.lax.scan(lambda s, batch: self._apply(s, *batch), state, batches, length)

    def _program(self, state: State) -> Program:
        program = self._programs.get(structure_of(state))
        if program is None or self._draws != ("random" in state):
            names = ", ".join(f"{owner}: {list(named)}" for owner, named in state.items())
            raise FunctionalizationError(
                f"the state has the entries {names}, which is no state of the step. Start from state()."
            )
        return program

    def _is_settled(self, state: State) -> bool:
        """Whether a step leaves the entries of this state as they are."""
        structure = structure_of(state)
        return structure_of(self._program(state).state) == structure


def _alone(equation: Equation, *operands: Any) -> Any:
    """The equation as a program of its own."""
    kinds = tuple(0 if isinstance(x, int) else x for x in equation.operands)  # where an array comes from is no matter
    return _program_of(equation.op, equation.static, kinds, equation.avals)(*operands)


@functools.cache
def _program_of(op: Op, static: Any, kinds: tuple[Any, ...], avals: tuple[Any, ...]) -> Any:
    equation = Equation(op, static, kinds, avals, ())
    return jax.jit(functools.partial(by_operator, equation), compiler_options=_EXACT)


def _at(place: Any, batches: Any) -> Any:
    return jax.tree.map(lambda x: x[place], batches)


def _joined(*parts: Any) -> jax.Array:
    *firsts, rest = parts
    return jnp.concatenate([*(x[None] for x in firsts), rest])


def _array(storage: Storage) -> jax.Array:
    return jnp.array(array_of(storage.value, "functionalize"))


def _write(state: State, leaves: Leaves) -> None:
    for owner, named in leaves.items():
        for name, storage in named.items():
            if name not in state[owner]:
                raise FunctionalizationError(
                    f"the state has no '{name}' of '{owner}', which the stateful objects have. Load one of this step."
                )
            with jax.enable_x64(True):
                storage.write(constant(jnp.array(state[owner][name])))
