"""A training loop as a machine: each call of PyTorch's is a pure function of one state.

The rules are those of the stateful face: `.grad` is a sum, None is skipped, a graph is walked once, and a scaler keeps
its stages. What PyTorch would raise is a number in the state, and ends the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim import clip_grad_norm
from funcgrad.train.precision import LossScale, unscaled

READY, UNSCALED, STEPPED = range(3)
ERRORS = (
    "",
    "backward() comes before there is a loss",
    "backward() needs weights that step() has changed since forward",
    "unscale_() is called twice between two calls of update()",
    "unscale_() comes after step()",
    "step() is called twice between two calls of update()",
    "step() finds no gradients to check for infinities",
    "update() comes before a step has checked the gradients",
    "the scaler is used before it has scaled a loss",
)
DECAY = 0.9  # of the learning rate, at each scheduler.step()
LIMIT = 0.5  # the largest norm: clipping bites


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class LoopState:
    """Everything that a call may change. Every field is a leaf or a tree of arrays."""

    params: Any
    opt_state: Any
    grad: Any  # like params
    has_grad: jax.Array  # bool[]; False: None
    fresh: Any  # what backward() would add, without the scale
    has_loss: jax.Array  # bool[]
    version: jax.Array  # int32[], of the parameters
    seen_version: jax.Array  # int32[], when forward ran
    loss: jax.Array  # float32[]
    lr: jax.Array  # float32[], as a share of the first one
    scale: LossScale
    is_scaled: jax.Array  # bool[]; whether there is a scaler
    has_scaled: jax.Array  # bool[]; whether that has scaled a loss
    stage: jax.Array  # int32[]
    is_checked: jax.Array  # bool[]; whether the scaler has seen gradients since update()
    error: jax.Array  # int32[], an index of ERRORS


Event = Callable[[LoopState, Any], LoopState]


def start(params: Any, optimizer: optax.GradientTransformation, is_scaled: bool) -> LoopState:
    """The state before the loop."""
    no, zero = jnp.asarray(False), jax.tree.map(jnp.zeros_like, params)
    none = jnp.int32(0)
    return LoopState(
        params, optimizer.init(params), zero, no, zero, no, none, none, jnp.float32(0), jnp.float32(1),
        LossScale.dynamic(8.0, growth_interval=2), jnp.asarray(is_scaled), no, none, no, none,
    )  # fmt: skip


def events_of(loss_fn: Callable[[Any, Any], jax.Array], optimizer: optax.GradientTransformation) -> dict[str, Event]:
    """Each call by its name, as a function of the state and the iteration's batch."""

    def forward(state: LoopState, batch: Any) -> LoopState:
        loss, fresh = jax.value_and_grad(loss_fn)(state.params, batch)
        return replace(state, loss=loss, fresh=fresh, has_loss=jnp.asarray(True), seen_version=state.version)

    def step(state: LoopState, batch: Any) -> LoopState:
        return _step(state, optimizer)

    return {
        "zero_grad": _zero_grad,
        "forward": forward,
        "backward": _backward,
        "unscale_": _unscale,
        "clip": _clip,
        "step": step,
        "scheduler.step": _schedule,
        "update": _update,
    }


EVENTS = ("zero_grad", "forward", "backward", "unscale_", "clip", "step", "scheduler.step", "update")
SCALER = frozenset({"unscale_", "update"})
"""With one of these events the loss is scaled, and step() is the scaler's."""


def stopped_by(state: LoopState, after: LoopState) -> LoopState:
    """The state after a call; a loop that has stopped stays as it was."""
    return jax.tree.map(lambda old, new: jnp.where(state.error > 0, old, new), state, after)


def _zero_grad(state: LoopState, batch: Any) -> LoopState:
    return replace(state, grad=jax.tree.map(jnp.zeros_like, state.grad), has_grad=jnp.asarray(False))


def _backward(state: LoopState, batch: Any) -> LoopState:
    scale = jnp.where(state.is_scaled, state.scale.scale, 1.0)
    grad = jax.tree.map(lambda total, fresh: total + fresh * scale, state.grad, state.fresh)
    error = jnp.where(state.has_loss, jnp.where(state.version == state.seen_version, 0, 2), 1)
    return replace(state, grad=grad, has_grad=jnp.asarray(True), has_scaled=state.is_scaled, error=error)


def _unscale(state: LoopState, batch: Any) -> LoopState:
    error = jnp.select([~state.has_scaled, state.stage == UNSCALED, state.stage == STEPPED], [8, 3, 4], 0)
    return replace(_unscaled(state), stage=jnp.int32(UNSCALED), error=error)


def _unscaled(state: LoopState) -> LoopState:
    return replace(state, grad=unscaled(state.grad, state.scale.scale), is_checked=state.is_checked | state.has_grad)


def _clip(state: LoopState, batch: Any) -> LoopState:
    return replace(state, grad=clip_grad_norm(state.grad, LIMIT)[0])


def _step(state: LoopState, optimizer: optax.GradientTransformation) -> LoopState:
    unscales = state.is_scaled & (state.stage == READY)
    state = jax.tree.map(lambda new, old: jnp.where(unscales, new, old), _unscaled(state), state)
    is_refused = ~state.has_scaled, state.stage == STEPPED, ~state.is_checked
    error = jnp.where(state.is_scaled, jnp.select(is_refused, (8, 5, 6), 0), 0)
    updates, opt_state = optimizer.update(state.grad, state.opt_state, state.params)
    params = jax.tree.map(lambda param, update: param + state.lr * update, state.params, updates)
    moved = replace(state, params=params, opt_state=opt_state, version=state.version + 1)
    state = jax.tree.map(lambda new, old: jnp.where(state.has_grad, new, old), moved, state)
    return replace(state, stage=jnp.where(state.is_scaled, STEPPED, READY), error=error)


def _schedule(state: LoopState, batch: Any) -> LoopState:
    return replace(state, lr=state.lr * DECAY)


def _update(state: LoopState, batch: Any) -> LoopState:
    error = jnp.select([~state.has_scaled, ~state.is_checked], [8, 7], 0)
    return replace(
        state, scale=state.scale.adjust(True), stage=jnp.int32(READY), is_checked=jnp.asarray(False), error=error
    )
