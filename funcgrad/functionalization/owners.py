"""Owners: the stateful objects whose state a pure step takes in and gives back, and every entry of it by name."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import jax
import numpy as np

from funcgrad.functionalization.options import Option, as_tensors, options_of
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.schedule import LRScheduler, Schedule, attributes_of, restore
from funcgrad.tolerances import Kind
from funcgrad.torch import Tensor, amp, nn, optim
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import wrap
from funcgrad.torch.optim._update import RuleOptimizer
from funcgrad.torch.random import default_generator
from funcgrad.trace import constant

State = dict[str, dict[str, jax.Array]]
Leaves = dict[str, dict[str, Storage]]

KINDS = (nn.Module, optim.Optimizer, LRScheduler, amp.GradScaler, Tensor)
RESERVED = {"grad": "gradients stand", "random": "the random stream stands"}


class Owners:
    """The stateful objects of a step, under the names that the caller chose."""

    def __init__(self, named: dict[str, Any], horizon: int) -> None:
        for name, owner in named.items():
            _check(name, owner)
        self.named = named
        self.schedules = {n: Schedule(n, x, horizon) for n, x in named.items() if isinstance(x, LRScheduler)}
        self._check_optimizers()
        for scaler in self.of(amp.GradScaler):
            if scaler.is_enabled():
                scaler._started_scale()

    def of(self, kind: Any) -> list[Any]:
        """The owners of one kind."""
        return [owner for owner in self.named.values() if isinstance(owner, kind)]

    @property
    def options(self) -> list[Option]:
        """The options that are state: learning rates, and what schedulers move."""
        # An optimizer of the user's may want a number where PyTorch's take a tensor too: it keeps it.
        rates = [option for x in self.of(RuleOptimizer) for option in options_of(x) if option.name == "lr"]
        moved = [option for schedule in self.schedules.values() for option in schedule.options]
        return list(dict.fromkeys([*rates, *moved]))

    @property
    def kinds(self) -> dict[str, Kind]:
        """How near the entries of an owner can be expected: what an optimizer keeps is made of gradients."""
        gradients = [name for name, owner in self.named.items() if isinstance(owner, optim.Optimizer)]
        return dict.fromkeys(["grad", *gradients], "gradient")

    @contextmanager
    def as_state(self) -> Generator[Callable[[], Leaves]]:
        """A block in which all state lies in storages; gives the function that names them."""
        entries = {name: schedule.entries() for name, schedule in self.schedules.items()}
        with as_tensors(self.options), ExitStack() as stack:
            for name, schedule in self.schedules.items():
                stack.enter_context(_stepping(schedule, entries[name]))
            yield lambda: self._leaves(entries)

    def _leaves(self, entries: dict[str, dict[str, Tensor]]) -> Leaves:
        found: Leaves = {"grad": {}}
        seen: set[Storage] = set()
        for owner_name, owner in self.named.items():
            tensors = entries.get(owner_name) or dict(_tensors(owner))
            found[owner_name] = _unseen(tensors, seen)
            grads = {f"{owner_name}.{n}" if n else owner_name: g for n, g in _grads(owner)}
            found["grad"] |= _unseen(grads, seen)
        return found

    def _check_optimizers(self) -> None:
        moved = [schedule.scheduler.optimizer for schedule in self.schedules.values()]
        for optimizer in moved:
            if optimizer not in self.of(optim.Optimizer):
                raise FunctionalizationError(
                    "a scheduler's optimizer belongs to no owner. Pass it too: functionalize(step, …, optimizer=…)."
                )
            if moved.count(optimizer) > 1:
                raise FunctionalizationError(
                    "two schedulers move one optimizer, each from where the other left it. Join them in a "
                    "ChainedScheduler or a SequentialLR, and pass that."
                )

    def check_whole(self) -> None:
        """Refuse a step that ends in the middle of a scaler's iteration."""
        for scaler in self.of(amp.GradScaler):
            if scaler.is_enabled() and scaler._per_optimizer_states:
                raise FunctionalizationError(
                    "the step ends between scaler.step() or unscale_() and scaler.update(). Call scaler.update() at "
                    "its end."
                )

    def fit(self, state: State) -> None:
        """Make and drop gradients and optimizer entries, so that there is one for each entry of the state."""
        for name, p in self._parameters().items():
            array = state["grad"].get(name)
            if array is None or p._grad is None:
                p._grad = None if array is None else _zeros(array)
        for name, owner in self.named.items():
            if isinstance(owner, optim.Optimizer):
                _fit_optimizer(owner, state[name])

    def _parameters(self) -> dict[str, Tensor]:
        """Whatever may have a gradient, by the name that its gradient has."""
        found = {name: owner for name, owner in self.named.items() if isinstance(owner, Tensor)}
        for name, owner in self.named.items():
            if isinstance(owner, nn.Module):
                found |= {f"{name}.{n}": p for n, p in owner.named_parameters()}
        return found

    # Putting everything back.

    @contextmanager
    def restored(self) -> Generator[None]:
        """A block at whose end the owners, and the host's random streams, are as before."""
        with self.as_state() as leaves:
            values = {s: (s.value, s.version, s.is_secret) for named in leaves().values() for s in named.values()}
        homes = [(x, x._storage) for owner in self.named.values() for _, x in _tensors(owner)]
        undo = [_undo(owner) for owner in self.named.values()]
        streams = default_generator.state_bytes(), np.random.get_state(), random.getstate()
        positions = {schedule: schedule.position for schedule in self.schedules.values()}
        try:
            yield
        finally:
            for x, storage in homes:
                x._storage = storage
            for storage, (value, version, is_secret) in values.items():
                storage.value, storage.version, storage.is_secret = value, version, is_secret
            for put_back in undo:
                put_back()
            default_generator.set_state_bytes(streams[0])
            np.random.set_state(streams[1])
            random.setstate(streams[2])
            for schedule, position in positions.items():
                schedule.settle(position)


def structure_of(state: dict[str, dict[str, Any]]) -> frozenset[tuple[str, str]]:
    """Which entries a state has."""
    return frozenset((owner, name) for owner, named in state.items() for name in named if owner != "random")


def _check(name: str, owner: Any) -> None:
    if not isinstance(owner, KINDS):
        raise TypeError(
            f"'{name}' is a {type(owner).__name__}; the owners of a step's state are modules, optimizers, schedulers, "
            "gradient scalers and tensors"
        )
    if isinstance(owner, optim.LBFGS):
        raise FunctionalizationError(
            f"'{name}' is an LBFGS, which decides by the values of the loss how often it calls its closure, so no "
            "function of a fixed length does what it does. Step it outside, or use optax.lbfgs in jax.lax.while_loop."
        )
    if name in RESERVED:
        raise ValueError(f"an owner cannot be called '{name}': {RESERVED[name]} under that name. Choose another one.")


def _tensors(owner: Any) -> Iterator[tuple[str, Tensor]]:
    """What an owner holds, by name; its gradients left out."""
    if isinstance(owner, nn.Module):
        yield from owner.named_parameters()
        yield from owner.named_buffers()
    elif isinstance(owner, optim.Optimizer):
        yield from ((str(o), o.get()) for o in options_of(owner) if isinstance(o.get(), Tensor))
        for number, entries in owner.state_dict()["state"].items():
            yield from ((f"{number}.{n}", x) for n, x in entries.items() if isinstance(x, Tensor))
    elif isinstance(owner, amp.GradScaler) and owner.is_enabled():
        assert owner._scale is not None
        assert owner._growth_tracker is not None
        yield from (("scale", owner._scale), ("growth_tracker", owner._growth_tracker))
    elif isinstance(owner, Tensor):
        yield "value", owner


def _grads(owner: Any) -> Iterator[tuple[str, Tensor]]:
    parameters = owner.named_parameters() if isinstance(owner, nn.Module) else ()
    yield from ((name, p._grad) for name, p in parameters if p._grad is not None)
    if isinstance(owner, Tensor) and owner._grad is not None:
        yield "", owner._grad


def _fit_optimizer(optimizer: optim.Optimizer, entries: dict[str, jax.Array]) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for name, array in entries.items():
        number, _, field = name.partition(".")
        if number.isdecimal():
            optimizer.state[parameters[int(number)]].setdefault(field, _zeros(array))


def _zeros(array: jax.Array) -> Tensor:
    return wrap(constant(np.zeros(array.shape, array.dtype)))


def _unseen(tensors: dict[str, Tensor], seen: set[Storage]) -> dict[str, Storage]:
    """The storages of these tensors that have no name yet."""
    found = {}
    for name, x in tensors.items():
        if x._storage not in seen:
            seen.add(x._storage)
            found[name] = x._storage
    return found


@contextmanager
def _stepping(schedule: Schedule, entries: dict[str, Tensor]) -> Generator[None]:
    """A block in which the scheduler's `step` looks the schedule up."""
    own = vars(schedule.scheduler)
    before = own.get("step")
    own["step"] = lambda *_: schedule.advance(entries)
    try:
        yield
    finally:
        del own["step"]
        if before is not None:
            own["step"] = before


def _undo(owner: Any) -> Callable[[], None]:
    """A function that gives an owner back everything that is not a tensor's value."""
    if isinstance(owner, nn.Module):
        return _undo_module(owner)
    if isinstance(owner, optim.Optimizer):
        return _undo_optimizer(owner)
    if isinstance(owner, LRScheduler):
        attributes = attributes_of(owner)
        return lambda: restore(attributes)
    if isinstance(owner, Tensor):
        gradient = owner._grad
        return lambda: setattr(owner, "_grad", gradient)
    before = {name: copy.copy(x) if isinstance(x, dict) else x for name, x in vars(owner).items()}
    return lambda: vars(owner).update(before)


def _undo_module(module: nn.Module) -> Callable[[], None]:
    held = [vars(part) for part in module.modules()]
    attributes = [(own, dict(own)) for own in held]
    attributes += [(own[kind], dict(own[kind])) for own in held for kind in ("_parameters", "_buffers", "_modules")]
    grads = [(p, p._grad) for p in module.parameters()]

    def undo() -> None:
        for own, before in attributes:
            own.clear()
            own.update(before)
        for p, gradient in grads:
            p._grad = gradient

    return undo


def _undo_optimizer(optimizer: optim.Optimizer) -> Callable[[], None]:
    state = {p: dict(entries) for p, entries in optimizer.state.items()}
    groups = [dict(group) for group in optimizer.param_groups]
    attributes = dict(vars(optimizer))

    def undo() -> None:
        vars(optimizer).update(attributes)
        optimizer.state.clear()
        optimizer.state.update(state)
        for group, before in zip(optimizer.param_groups, groups, strict=True):
            group.clear()
            group.update(before)

    return undo
