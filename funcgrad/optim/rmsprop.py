"""RMSprop, plain, centered and with momentum (Hinton, 2012, lecture 6 of Neural Networks for Machine Learning)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, is_zero, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import average_of_squares, denominator, direction, lerp, stepped
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import EPSILON, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, nonnegative


class RMSpropState(NamedTuple):
    """State of RMSprop."""

    step: Any  # float32 scalar: updates so far
    square_avg: Any  # shape and dtype of the parameter
    momentum_buffer: Any = None  # shape and dtype of the parameter; with momentum
    grad_avg: Any = None  # shape and dtype of the parameter; when centered


def rmsprop(
    learning_rate: optax.ScalarOrSchedule = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: optax.ScalarOrSchedule = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """RMSprop as `torch.optim.RMSprop` defines it.

        d = g + weight_decay * p                            (-g with maximize)
        v = alpha * v + (1 - alpha) * d^2
        a = alpha * a + (1 - alpha) * d                     (only when centered)
        r = d / (sqrt(v - a^2) + eps)                       (sqrt(v) when not centered)
        b = momentum * b + r                                (r without momentum)
        p = p - learning_rate * b

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        alpha: Decay rate of the averages.
        eps: Term of the denominator, outside the root.
        weight_decay: Factor of the parameter that is added to the gradient.
        momentum: Factor of the momentum buffer, a number or a schedule.
        centered: Divide by the estimated deviation instead of the root of the mean square.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.RMSprop`, PyTorch 2.13.
    """
    return make_transformation(
        RMSPROP_RULE,
        lr=learning_rate,
        alpha=alpha,
        eps=eps,
        weight_decay=weight_decay,
        momentum=momentum,
        centered=centered,
        maximize=maximize,
    )


def _start(param: jax.Array, *, momentum: Scalar, centered: bool, **_: Any) -> RMSpropState:
    buffer = None if is_zero(momentum) else jnp.zeros_like(param)
    average = jnp.zeros_like(param) if centered else None
    return RMSpropState(jnp.zeros((), jnp.float32), jnp.zeros_like(param), buffer, average)


def _formula(
    grad: jax.Array,
    state: RMSpropState,
    param: jax.Array,
    *,
    lr: Scalar,
    alpha: Scalar,
    eps: Scalar,
    weight_decay: Scalar,
    momentum: Scalar,
    centered: bool,
    maximize: bool,
) -> tuple[jax.Array, RMSpropState]:
    d = direction(grad, param, weight_decay, maximize=maximize)
    square_avg = average_of_squares(state.square_avg, d, alpha)
    grad_avg = lerp(state.grad_avg, d, 1 - alpha) if centered else state.grad_avg
    variance = rounded(square_avg - grad_avg * grad_avg) if centered else square_avg
    scaled = d / denominator(variance, eps)
    buffer = state.momentum_buffer
    if not is_zero(momentum):
        buffer = scaled = rounded(rounded(like(momentum, d) * buffer) + scaled)
    update = -like(lr, d) * scaled if is_zero(momentum) else stepped(param, scaled, lr)
    return update, RMSpropState(state.step + 1, square_avg, buffer, grad_avg)


RMSPROP_RULE = Rule(
    name="RMSprop",
    state=RMSpropState,
    defaults={
        "lr": 1e-2,
        "momentum": 0,
        "alpha": 0.99,
        "eps": 1e-8,
        "centered": False,
        "weight_decay": 0,
        "maximize": False,
    },
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(LEARNING_RATE, EPSILON, MOMENTUM, WEIGHT_DECAY, nonnegative("alpha")),
)
