"""The sweep: all orders of the calls at once, and the classes of those that train alike."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.optim import adam, sgd
from funcgrad.orders.machine import ERRORS, SCALER, LoopState, events_of, start, stopped_by

Order = tuple[str, ...]
OPTIMIZERS = {
    "sgd": lambda: sgd(0.05),
    "momentum": lambda: sgd(0.05, momentum=0.9),
    "adam": lambda: adam(0.05),
}
STEPS = 6
FEATURES, HIDDEN, BATCH = 3, 4, 8


@dataclass(frozen=True)
class OrderClass:
    """Orders with one trajectory.

    Attributes:
        orders: As many as there are, sorted with the given one first.
        losses: float32[steps]; of each iteration, as far as the loop came.
        params: float32[steps, n]; after each iteration.
        error: What stops the loop, or "".
    """

    orders: list[Order]
    losses: np.ndarray
    params: np.ndarray
    error: str

    @property
    def is_still(self) -> bool:
        """Whether nothing is learned."""
        return bool(np.all(self.params == self.params[0]) and np.all(self.params[0] == _flat(first_params())))

    def is_late(self, other: OrderClass) -> bool:
        """Whether this makes the other's updates, each an iteration later."""
        return not self.is_still and _are_close(self.params[1:], other.params[:-1])


def explore(order: Order, optimizer: str = "momentum", steps: int = STEPS) -> list[OrderClass]:
    """Train a small network with every order of the calls.

    Args:
        order: The calls of one iteration, each once; names of `EVENTS`.
        optimizer: A name of `OPTIMIZERS`.
        steps: Iterations.

    Returns:
        The classes: the given order's first, then by how many orders they have, those that stop last.

    Raises:
        ValueError: A call is unknown or there twice, or there are too few to be a loop.
    """
    names = _checked(order)
    codes = np.array(list(itertools.permutations(range(len(names)))), np.int32)
    losses, params, errors = jax.tree.map(np.asarray, _swept(names, optimizer, steps)(codes))
    classes: list[OrderClass] = []
    for indices in _alike(params, errors):
        orders = sorted((tuple(names[code] for code in codes[i]) for i in indices), key=lambda each: each != order)
        first = indices[0]
        classes.append(OrderClass(orders, losses[first], params[first], ERRORS[errors[first]]))
    return sorted(classes, key=lambda each: (order not in each.orders, each.error != "", -len(each.orders)))


def first_params() -> dict[str, jax.Array]:
    """The parameters before training, of a network with one hidden layer."""
    draw = np.random.default_rng(0).standard_normal
    shapes = {"w1": (FEATURES, HIDDEN), "b1": (HIDDEN,), "w2": (HIDDEN, 1), "b2": (1,)}
    return {name: jnp.asarray(draw(shape) * 0.5, jnp.float32) for name, shape in shapes.items()}


def batches(steps: int) -> tuple[jax.Array, jax.Array]:
    """Inputs and targets of each iteration."""
    x = np.random.default_rng(1).standard_normal((steps, BATCH, FEATURES))
    return jnp.asarray(x, jnp.float32), jnp.asarray(x.sum(-1, keepdims=True), jnp.float32)


def loss_fn(params: dict[str, jax.Array], batch: Any) -> jax.Array:
    """The mean squared error of the network."""
    x, y = batch
    hidden = jnp.tanh(x @ params["w1"] + params["b1"])
    return jnp.mean((hidden @ params["w2"] + params["b2"] - y) ** 2)


def _checked(order: Sequence[str]) -> Order:
    known = events_of(loss_fn, OPTIMIZERS["sgd"]())
    for name in order:
        if name not in known:
            raise ValueError(f"no event {name!r}; expected some of {', '.join(known)}")
    if len(set(order)) < len(order):
        raise ValueError("an event stands twice; expected each once, as in one iteration of the loop")
    missing = [name for name in ("forward", "backward", "step") if name not in order]
    if missing:
        raise ValueError(f"{' and '.join(missing)} missing; expected at least forward, backward and step")
    return tuple(sorted(order, key=list(known).index))


def _swept(names: Order, optimizer: str, steps: int) -> Any:
    """One program for all orders: int32[orders, events] to losses, parameters and errors."""
    transformation = OPTIMIZERS[optimizer]()
    state = start(first_params(), transformation, is_scaled=not SCALER.isdisjoint(names))
    train = partial(_train, state, [events_of(loss_fn, transformation)[name] for name in names], batches(steps))
    return jax.jit(jax.vmap(train))


def _train(state: LoopState, events: list[Any], data: Any, codes: jax.Array) -> Any:
    def iteration(state: LoopState, batch: Any) -> tuple[LoopState, Any]:
        def call(state: LoopState, code: jax.Array) -> tuple[LoopState, None]:
            return stopped_by(state, jax.lax.switch(code, events, state, batch)), None

        state, _ = jax.lax.scan(call, state, codes)
        return state, (state.loss, _flat(state.params))

    last, (losses, params) = jax.lax.scan(iteration, state, data)
    return losses, params, last.error


def _flat(params: Any) -> jax.Array:
    return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(params)])


def _alike(params: np.ndarray, errors: np.ndarray) -> list[list[int]]:
    """Indices of equal trajectories, or of equal errors; the last digits may differ between equivalent orders."""
    equal: dict[tuple[int, bytes], list[int]] = {}
    for index, error in enumerate(errors):
        equal.setdefault((int(error), b"" if error else params[index].tobytes()), []).append(index)
    groups: list[list[int]] = []
    for (error, _), indices in equal.items():
        close = (
            each for each in groups if errors[each[0]] == error and _are_close(params[each[0]], params[indices[0]])
        )
        group = next(close, None)
        groups.append(indices) if group is None else group.extend(indices)
    return groups


def _are_close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=1e-4, atol=1e-4))
