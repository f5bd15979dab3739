"""Twins: what a step calls, while it is recorded, in the place of what would look at a value or draw on the host.

One table. A twin leads to the same numbers by recorded equations alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.functionalization.calls import Calls
from funcgrad.functionalization.draws import Draws
from funcgrad.functionalization.laws import LAWS
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.schedule import LRScheduler
from funcgrad.torch import Tensor, _random, amp, nn, optim, where
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops import dropout, random, random_fill
from funcgrad.torch._storage import Storage, listeners
from funcgrad.torch._tensor import wrap
from funcgrad.torch.amp.grad_scaler import OptState
from funcgrad.torch.optim import swa_utils
from funcgrad.torch.optim._options import split_options, with_options
from funcgrad.torch.optim._update import RuleOptimizer, as_param, as_real, scalar_dtype
from funcgrad.trace import Number, Op, Value

CHOOSE = Op(
    "choose",
    lambda first, *pairs: tuple([jnp.where(first != 0, a, b) for a, b in zip(pairs[::2], pairs[1::2], strict=True)]),
)
"""Of each pair the first where a flag is set, else the second."""

_Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


@contextmanager
def twins(draws: Draws, calls: Calls) -> Generator[None]:
    """A block in which the twins stand in their places."""
    table: list[tuple[Any, str, _Wrapper]] = [
        *((_random, law, functools.partial(draws.twin_of, law)) for law in LAWS),
        (dropout, "mask_for", lambda _: draws.mask_for),
        (_random, "bernoulli_from", lambda _: draws.bernoulli_from),
        *((place, "host_array", _unseen_probabilities) for place in (random, random_fill)),
        *((place, "constant", lambda _: draws.constant) for place in (random, random_fill)),
        (nn.Module, "__call__", calls.twin),
        (amp.GradScaler, "step", _step_unless_infinite),
        (swa_utils, "array_of", lambda _: lambda *_: 1),  # not the first model that is averaged...
        (swa_utils.AveragedModel, "update_parameters", _averaged_or_first),  # ...unless it is
        (LRScheduler, "_set", lambda _: _refuse_scheduler),
    ]
    originals = [getattr(place, name) for place, name, _ in table]
    try:
        for (place, name, make), original in zip(table, originals, strict=True):
            setattr(place, name, make(original))
        yield
    finally:
        for (place, name, _), original in zip(table, originals, strict=True):
            setattr(place, name, original)


def _unseen_probabilities(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, why: x if why == "bernoulli" else original(x, why)


def _refuse_scheduler(scheduler: LRScheduler, _: Any) -> None:
    raise FunctionalizationError(
        f"a {type(scheduler).__name__} is stepped inside the step but belongs to no owner. Pass it: "
        "functionalize(step, …, scheduler=scheduler)."
    )


# An average starts as a copy of the first model: the twin averages, and takes the copy where the count is 0.


def _averaged_or_first(original: Callable[..., None]) -> Callable[..., None]:
    def update_parameters(self: swa_utils.AveragedModel, model: Any) -> None:
        is_first = self.n_averaged == 0
        original(self, model)
        with no_grad():
            for average, x in zip(self._averaged(self.module), self._averaged(model), strict=True):
                average.copy_(where(is_first, x, average))

    return update_parameters


# A scaler steps unless a gradient is infinite: the twin steps, and keeps what was before where one is.


def _step_unless_infinite(original: Callable[..., Any]) -> Callable[..., Any]:
    def step(self: amp.GradScaler, optimizer: optim.Optimizer, *args: Any, **kwargs: Any) -> Any:
        if not self.is_enabled():
            return original(self, optimizer, *args, **kwargs)
        self._checked_scale("step")
        state = self._per_optimizer_states[id(optimizer)]
        if state["stage"] is OptState.READY:
            self.unscale_(optimizer)
        found = state["found_inf_per_device"]
        state["found_inf_per_device"] = dict.fromkeys(found, 0.0)
        try:
            with _kept_where(list(found.values()), optimizer):
                result = original(self, optimizer, *args, **kwargs)
        finally:
            state["found_inf_per_device"] = found
        return result

    return step


@contextmanager
def _kept_where(flags: list[Tensor], optimizer: optim.Optimizer) -> Generator[None]:
    """A block whose writes hold only where no flag is set."""
    before: dict[Storage, Value] = {}
    known = {p: set(entries) for p, entries in optimizer.state.items()}

    def remember(storage: Storage) -> None:
        before.setdefault(storage, storage.value)

    listeners.append(remember)
    try:
        yield
    finally:
        listeners.remove(remember)
    starts: dict[int, Value] = {}
    started = {x._storage: starts.setdefault(id(value_of(x)), start) for x, start in _started(optimizer, known)}
    kept = {**{s: v for s, v in before.items() if s not in started}, **started}
    if flags and kept:
        # Counters of many parameters are one value, and stay one.
        pairs = {(id(old), id(storage.value)): (old, storage.value) for storage, old in kept.items()}
        with no_grad():
            chosen = apply(CHOOSE, (), flags[0], *[wrap(value) for pair in pairs.values() for value in pair])
        found = dict(zip(pairs, chosen if isinstance(chosen, list) else [chosen], strict=True))
        for storage, old in kept.items():
            storage.value = value_of(found[id(old), id(storage.value)])


def _started(optimizer: optim.Optimizer, known: dict[Tensor, set[str]]) -> Generator[tuple[Tensor, Value]]:
    """The state entries that a step has made, each with what it is before the first step."""
    for p, entries in optimizer.state.items():
        made = [name for name in entries if name not in known.get(p, ())]
        if made:
            start = _start(optimizer, p)
            yield from ((entries[name], start[name]) for name in made)


def _start(optimizer: optim.Optimizer, p: Tensor) -> dict[str, Value]:
    if not isinstance(optimizer, RuleOptimizer):
        raise FunctionalizationError(_UNKNOWN_START.format(type(optimizer).__name__))
    group = next(group for group in optimizer.param_groups if any(p is x for x in group["params"]))
    structure, numbers = split_options(optimizer.rule, group)
    names = tuple(optimizer.state[p])
    made = apply(
        _start_op(type(optimizer)), (structure, tuple(numbers), names, scalar_dtype().numpy), p, *numbers.values()
    )
    return dict(zip(names, map(value_of, made if isinstance(made, list) else [made]), strict=True))


@functools.cache
def _start_op(kind: type[RuleOptimizer]) -> Op:
    """A parameter's state before its first step, as an operator on the parameter and the options."""
    rule = kind.rule

    def start(
        param: Any, *numbers: Any, structure: Any, given: tuple[str, ...], names: tuple[str, ...], count: np.dtype[Any]
    ) -> tuple[Any, ...]:
        values = [x.value if isinstance(x, Number) else x.reshape(()) for x in numbers]
        state = rule.init(as_real(param), **with_options(structure, given, values))
        if any(getattr(state, name) is not None for name in rule.hidden):
            raise FunctionalizationError(_UNKNOWN_START.format(rule.name))
        entries = rule.to_dict(state)
        return tuple([entries[n].astype(count) if n in rule.counters else as_param(param, entries[n]) for n in names])

    return Op(f"{rule.name}_start", start)


_UNKNOWN_START = (
    "the first step of {} is unlike all others, and a scaler may have to undo it. Run the stateful step once before "
    "functionalize."
)
