"""Adadelta (Zeiler, 2012, arXiv:1212.5701)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import average_of_squares, direction, raised, stepped
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import EPSILON, LEARNING_RATE, WEIGHT_DECAY, Check


class AdadeltaState(NamedTuple):
    """State of Adadelta."""

    step: Any  # float32 scalar: updates so far
    square_avg: Any  # shape and dtype of the parameter
    acc_delta: Any  # shape and dtype of the parameter


def adadelta(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Adadelta as `torch.optim.Adadelta` defines it.

        d = g + weight_decay * p                            (-g with maximize)
        v = rho * v + (1 - rho) * d^2
        s = sqrt(u + eps) / sqrt(v + eps) * d
        u = rho * u + (1 - rho) * s^2
        p = p - learning_rate * s

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        rho: Decay rate of the averages v and u.
        eps: Term inside both roots.
        weight_decay: Factor of the parameter that is added to the gradient.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.Adadelta`, PyTorch 2.13.
    """
    return make_transformation(
        ADADELTA_RULE, lr=learning_rate, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize
    )


def _start(param: jax.Array, **_: Any) -> AdadeltaState:
    return AdadeltaState(jnp.zeros((), jnp.float32), jnp.zeros_like(param), jnp.zeros_like(param))


def _formula(
    grad: jax.Array,
    state: AdadeltaState,
    param: jax.Array,
    *,
    lr: Scalar,
    rho: Scalar,
    eps: Scalar,
    weight_decay: Scalar,
    maximize: bool,
) -> tuple[jax.Array, AdadeltaState]:
    d = direction(grad, param, weight_decay, maximize=maximize)
    square_avg = average_of_squares(state.square_avg, d, rho)
    roots = [rounded(jnp.sqrt(raised(x, eps))) for x in (state.acc_delta, square_avg)]
    delta = rounded(rounded(roots[0] / roots[1]) * d)
    acc_delta = average_of_squares(state.acc_delta, delta, rho)
    return stepped(param, delta, lr), AdadeltaState(state.step + 1, square_avg, acc_delta)


ADADELTA_RULE = Rule(
    name="Adadelta",
    state=AdadeltaState,
    defaults={"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0, "maximize": False},
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(
        LEARNING_RATE,
        Check(("rho",), lambda rho: 0 <= rho <= 1, "Invalid rho value: {rho}"),
        EPSILON,
        WEIGHT_DECAY,
    ),
)
