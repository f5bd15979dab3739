"""Pure step: a stateful step as a function `(state, *args) -> (state, result)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
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
from funcgrad.functionalization.stream import Stream
from funcgrad.torch import nn
from funcgrad.torch._ops.convolution import CONVOLUTION, TRANSPOSED
from funcgrad.torch._storage import Storage
from funcgrad.torch.optim._update import RuleOptimizer
from funcgrad.torch.random import default_generator
from funcgrad.trace import Equation, array_of, constant, current, flush, synchronize

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
        draws = [draw for program in programs.values() for draw in program.draws]
        self._draws, self._keeps = bool(draws), any(draw.keeps for draw in draws)
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
        synchronize("functionalize")
        with jax.enable_x64(True):
            return self._program(state)(state, args, _alone)

    def scan(self, state: State, *batches: Any, steps: int | None = None) -> tuple[State, Any]:
        """Many steps in one program; one by one on a CPU if they convolve, which XLA does slowly in a loop there.

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
            alone: list[Any] = []
            # A first step may create entries.
            while len(alone) < total and (self._convolves_on_cpu() or not self._is_settled(state)):
                state, result = self._run(state, *_at(len(alone), batches))
                alone.append(result)
            if alone and len(alone) == total:
                return state, jax.tree.map(lambda *parts: jnp.stack(parts), *alone)
            rest = _at(slice(len(alone), None), batches)
            state, results = self._scan(state, rest, total - len(alone))
            return state, jax.tree.map(_joined, *alone, results) if alone else results

    def state(self) -> State:
        """The owners' state now: arrays by owner and name, gradients under `grad`, the random stream under `random`."""
        with self._owners.as_state() as leaves, jax.enable_x64(True):
            named = leaves()
            found: State = {o: {n: _array(s) for n, s in x.items()} for o, x in named.items()}
            if self._draws:
                found["random"] = self._stream()
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
        if self._keeps:
            kept = float(state["random"]["kept"])
            default_generator.cached_normal = None if math.isnan(kept) else kept

    def source(self) -> str:
        """The step as a module of JAX and optax, which needs no funcgrad.

        It has `init(arrays)`, which takes what `arrays` gives, and `step(state, *args)`. Its optimizer begins anew.

        Raises:
            FunctionalizationError: Something of the step has no counterpart there that is PyTorch's.
        """
        return module_source(list(self._programs.values())[-1], self._owners, self._step)

    @property
    def coarsest(self) -> np.dtype[Any]:
        """The dtype of the fewest digits that the step computes in."""
        avals = [aval for p in self._programs.values() for equation in p.equations for aval in equation.results]
        floats = [aval.dtype for aval in avals if jnp.issubdtype(aval.dtype, jnp.floating)]
        return max(floats, key=lambda dtype: jnp.finfo(dtype).eps, default=np.dtype(np.float32))

    def arrays(self) -> dict[str, np.ndarray]:
        """What the source's `init` takes: all modules' arrays by name, and the random stream under `random.`."""
        state = self.state()
        owners = [name for name, owner in self._owners.named.items() if isinstance(owner, nn.Module)]
        found = {name: x for owner in owners for name, x in state[owner].items()}
        found |= {f"random.{name}": x for name, x in state.get("random", {}).items()}
        return {name: np.asarray(x) for name, x in found.items()}

    def _stream(self) -> Stream:
        key, used = default_generator.stream.state()
        stream = {"key": jnp.array(key), "used": jnp.array(used, jnp.int32)}
        if self._keeps:
            kept = default_generator.cached_normal
            stream["kept"] = jnp.array(jnp.nan if kept is None else kept, jnp.float64)
        return stream

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

    def _convolves_on_cpu(self) -> bool:
        equations = (equation for program in self._programs.values() for equation in program.equations)
        return jax.default_backend() == "cpu" and any(e.op in (CONVOLUTION, TRANSPOSED) for e in equations)

    def _is_settled(self, state: State) -> bool:
        """Whether a step leaves the entries of this state as they are."""
        structure = structure_of(state)
        return structure_of(self._program(state).state) == structure


def _alone(equation: Equation, arrays: list[Any], floats: list[Any], ints: list[Any]) -> list[Any]:
    """The equation as a program of its own: the one that the stateful step runs where every operator runs alone."""
    trace = current()
    _, results = trace.record(equation.op, equation.static, list(_operands(equation, arrays, floats, ints)))
    flush(trace, "functionalize")
    return [value.array for value in results]


def _operands(equation: Equation, arrays: list[Any], floats: list[Any], ints: list[Any]) -> Iterator[Any]:
    values, reals, wholes = iter(arrays), iter(floats), iter(ints)
    for kind in equation.operands:
        if isinstance(kind, int):
            yield constant(next(values))
        elif kind in (float, complex):
            yield kind(*[float(next(reals)) for _ in range(1 + (kind is complex))])
        else:
            yield kind(int(next(wholes)))


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
