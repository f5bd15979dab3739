"""Stochastic gradient descent, with momentum, dampening, Nesterov momentum and weight decay."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, is_zero, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import added, direction, stepped
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, Check


class SGDState(NamedTuple):
    """State of SGD; empty without momentum."""

    momentum_buffer: Any = None  # shape and dtype of the parameter
    is_first: jax.Array | None = None  # bool scalar: no update yet; only a dampened first step differs from later ones


def sgd(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    momentum: optax.ScalarOrSchedule = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Stochastic gradient descent as `torch.optim.SGD` defines it.

        d = g + weight_decay * p                      (-g with maximize)
        b = momentum * b + (1 - dampening) * d        (b = d in the first step)
        p = p - learning_rate * b                     (d + momentum * b with nesterov, d without momentum)

    The learning rate multiplies the momentum buffer and is not stored in it: after a change of the learning rate
    the whole buffer moves at the new rate.

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        momentum: Factor of the momentum buffer, likewise.
        dampening: Share of the gradient that does not enter the buffer.
        weight_decay: Factor of the parameter that is added to the gradient.
        nesterov: Look one momentum step ahead.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range, or `nesterov` comes without momentum or with dampening.

    Example:
        >>> import jax, optax
        >>> params = {"w": jax.numpy.array([1.0, 2.0])}
        >>> optimizer = sgd(0.1, momentum=0.9)
        >>> state = optimizer.init(params)
        >>> updates, state = optimizer.update({"w": jax.numpy.array([1.0, -1.0])}, state, params)
        >>> optax.apply_updates(params, updates)["w"].tolist()
        [0.8999999761581421, 2.0999999046325684]

    Source: `torch.optim.SGD`, PyTorch 2.13.
    """
    return make_transformation(
        SGD_RULE,
        lr=learning_rate,
        momentum=momentum,
        dampening=dampening,
        weight_decay=weight_decay,
        nesterov=nesterov,
        maximize=maximize,
    )


def _start(param: jax.Array, *, momentum: Scalar, dampening: Scalar, **_: Any) -> SGDState:
    if is_zero(momentum):
        return SGDState()
    return SGDState(jnp.zeros_like(param), None if is_zero(dampening) else jnp.ones((), bool))


def _formula(
    grad: jax.Array,
    state: SGDState,
    param: jax.Array,
    *,
    lr: Scalar,
    momentum: Scalar,
    dampening: Scalar,
    weight_decay: Scalar,
    nesterov: bool,
    maximize: bool,
) -> tuple[jax.Array, SGDState]:
    step = direction(grad, param, weight_decay, maximize=maximize)
    if not is_zero(momentum):
        buffer = _next_buffer(step, state, momentum, dampening)
        step = added(step, buffer, momentum) if nesterov else buffer
        state = SGDState(buffer, None if state.is_first is None else jnp.zeros((), bool))
    return stepped(param, step, lr), state


def _next_buffer(step: jax.Array, state: SGDState, momentum: Scalar, dampening: Scalar) -> jax.Array:
    buffer = added(rounded(like(momentum, step) * state.momentum_buffer), step, 1 - dampening)
    return buffer if state.is_first is None else jnp.where(state.is_first, step, buffer)


SGD_RULE = Rule(
    name="SGD",
    state=SGDState,
    defaults={
        "lr": 1e-3,
        "momentum": 0,
        "dampening": 0,
        "weight_decay": 0,
        "nesterov": False,
        "maximize": False,
    },
    start=_start,
    formula=_formula,
    counters=("is_first",),
    hidden=("is_first",),
    checks=(
        LEARNING_RATE,
        MOMENTUM,
        WEIGHT_DECAY,
        Check(
            ("nesterov", "momentum", "dampening"),
            lambda nesterov, momentum, dampening: not nesterov or (momentum > 0 and dampening == 0),
            "Nesterov momentum requires a momentum and zero dampening",
        ),
    ),
)
