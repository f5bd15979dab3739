"""Averaged stochastic gradient descent (Polyak and Juditsky, 1992, SIAM Journal on Control and Optimization 30)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import direction, stepped
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import LEARNING_RATE, WEIGHT_DECAY


class ASGDState(NamedTuple):
    """State of ASGD."""

    step: Any  # float32 scalar: updates so far
    eta: Any  # float32 scalar: learning rate of the next update
    mu: Any  # float32 scalar: weight of the next parameter in the average
    ax: Any  # shape and dtype of the parameter: the average


def asgd(
    learning_rate: optax.ScalarOrSchedule = 1e-2,
    lambd: float = 1e-4,
    alpha: float = 0.75,
    t0: float = 1e6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Averaged SGD as `torch.optim.ASGD` defines it.

        d   = g + weight_decay * p                          (-g with maximize)
        p   = p * (1 - lambd * eta) - eta * d
        ax  = ax + mu * (p - ax)                            (p while mu is 1)
        eta = learning_rate / (1 + lambd * learning_rate * t)^alpha
        mu  = 1 / max(1, t - t0)

    The average is in the field `ax` of the state. A new learning rate acts one update late, through eta.

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        lambd: Decay of the parameter and of the learning rate.
        alpha: Power of the decay of the learning rate.
        t0: The update after which averaging begins.
        weight_decay: Factor of the parameter that is added to the gradient.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.ASGD`, PyTorch 2.13.
    """
    return make_transformation(
        ASGD_RULE,
        lr=learning_rate,
        lambd=lambd,
        alpha=alpha,
        t0=t0,
        weight_decay=weight_decay,
        maximize=maximize,
    )


def _start(param: jax.Array, *, lr: Scalar, **_: Any) -> ASGDState:
    one = jnp.ones((), jnp.float32)
    return ASGDState(jnp.zeros((), jnp.float32), like(lr, one) * one, one, jnp.zeros_like(param))


def _formula(
    grad: jax.Array,
    state: ASGDState,
    param: jax.Array,
    *,
    lr: Scalar,
    lambd: Scalar,
    alpha: Scalar,
    t0: Scalar,
    weight_decay: Scalar,
    maximize: bool,
) -> tuple[jax.Array, ASGDState]:
    d = direction(grad, param, weight_decay, maximize=maximize)
    eta = state.eta.astype(float)
    update = stepped(param, d, eta, eta, lambd)
    moved = rounded(param + update)
    ax = jnp.where(state.mu == 1, moved, state.ax + rounded(rounded(moved - state.ax) * like(state.mu, d)))
    t = (state.step + 1).astype(float)
    next_eta = lr / (1 + lambd * lr * t) ** alpha
    return update, ASGDState(state.step + 1, next_eta, 1 / jnp.maximum(1, t - t0), ax)


ASGD_RULE = Rule(
    name="ASGD",
    state=ASGDState,
    defaults={
        "lr": 1e-2,
        "lambd": 1e-4,
        "alpha": 0.75,
        "t0": 1e6,
        "weight_decay": 0,
        "maximize": False,
    },
    start=_start,
    formula=_formula,
    counters=("step", "eta", "mu"),
    checks=(LEARNING_RATE, WEIGHT_DECAY),
)
