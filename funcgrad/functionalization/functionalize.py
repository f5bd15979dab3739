"""Functionalize: record a stateful step, hold the pure one against it, hand it out."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from funcgrad.functionalization.certificate import Certificate, compared, named_leaves
from funcgrad.functionalization.owners import Owners, structure_of
from funcgrad.functionalization.record import Program, is_tensor, record
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.step import PureStep
from funcgrad.torch import Tensor
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._tensor import wrap
from funcgrad.trace import EAGER, array_of, constant, current, set_longest, synchronize


def functionalize(
    step: Callable[..., Any], *example: Any, certify: int = 2, horizon: int = 10_000, **owners: Any
) -> PureStep:
    """A stateful training step as a pure function `(state, *args) -> (state, result)`.

    Args:
        step: Does one step by changing its owners: zero_grad, forward, backward, step, in any order.
        example: Tensors or arrays of the shapes and dtypes that the step takes.
        certify: How many steps the pure function is held against the stateful one for; 0 for none.
        horizon: How many steps of a scheduler to write down.
        owners: Everything that the step changes, under names of your choice: modules, optimizers, schedulers, gradient
            scalers, tensors.

    Returns:
        The pure function, ready for `jax.jit`, `jax.lax.scan` and sharding. The stateful objects are left as they were.

    Raises:
        FunctionalizationError: The step looks at a value, changes something that no owner holds, draws random numbers
            that only the host can draw, is not the same in every step, or differs from the pure one.

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
    synchronize("functionalize")
    held = Owners(owners, horizon)
    pure = PureStep(held, _programs(step, example, held), step)
    if certify:
        pure.certificate = _certified(pure, held, step, example, certify)
    return pure


def _programs(step: Callable[..., Any], example: tuple[Any, ...], owners: Owners) -> dict[Any, Program]:
    """The step for each structure of its state: a first step may create entries, and then the next is another one."""
    programs: dict[Any, Program] = {}
    with owners.restored(), owners.as_state() as leaves:
        while (structure := structure_of(leaves())) not in programs:
            programs[structure] = record(step, example, owners, leaves)
        _check_same(programs[structure], record(step, example, owners, leaves))
    return programs


def _check_same(once: Program, again: Program) -> None:
    """Refuse a step that does something else the next time."""
    for a, b in zip(once.equations, again.equations, strict=False):
        if a is not b:
            raise FunctionalizationError(f"{_CHANGES} Where it has '{a.op.name}' once, it has '{b.op.name}' next.")
    if once.end is not again.end or once.draws != again.draws:
        raise FunctionalizationError(
            f"{_CHANGES} It has {len(once.equations)} operations, then {len(again.equations)}."
        )
    for kind in ("floats", "ints"):
        before, after = getattr(once, kind), getattr(again, kind)
        if differing := np.flatnonzero(before != after).tolist():
            k = differing[0]
            raise FunctionalizationError(
                f"{_CHANGES} A number is {before[k]} once and {after[k]} next. Make it a tensor: an argument, or a "
                "buffer. What a scheduler sets is followed if the scheduler is an owner."
            )


_CHANGES = "the step is not the same in every step: something that Python counts or remembers decides what it does."


def _certified(
    pure: PureStep, owners: Owners, step: Callable[..., Any], example: tuple[Any, ...], steps: int
) -> Certificate:
    certificate = Certificate(0, 0)
    arrays = jax.tree.map(_host_array, example, is_leaf=is_tensor)
    with owners.restored(), _one_by_one():
        for number in range(1, steps + 1):
            state, result = pure.unfused(pure.state(), *arrays)
            tensors = jax.tree.map(lambda x: wrap(constant(x.copy())), arrays)
            stateful = jax.tree.map(_host_array, step(*tensors), is_leaf=is_tensor)
            for name, schedule in owners.schedules.items():
                schedule.settle(int(state[name]["step"]))
            found = [named_leaves(*both, owners.kinds) for both in ((state, result), (pure.state(), stateful))]
            certificate = certificate.joined(compared(number, *found))
    return certificate


@contextmanager
def _one_by_one() -> Generator[None]:
    """A block in which every operator runs alone, so that both steps round in the same places."""
    before = current().longest
    set_longest(EAGER)
    try:
        yield
    finally:
        set_longest(before)


def _host_array(x: Any) -> np.ndarray:
    return np.array(array_of(value_of(x), "functionalize") if isinstance(x, Tensor) else x)
