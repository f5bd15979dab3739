"""Adagrad (Duchi, Hazan and Singer, 2011, Journal of Machine Learning Research 12)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import denominator, direction
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import EPSILON, LEARNING_RATE, WEIGHT_DECAY, nonnegative


class AdagradState(NamedTuple):
    """State of Adagrad."""

    step: Any  # float32 scalar: updates so far
    sum: Any  # shape and dtype of the parameter: squares of all gradients


def adagrad(
    learning_rate: optax.ScalarOrSchedule = 1e-2,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Adagrad as `torch.optim.Adagrad` defines it.

        d = g + weight_decay * p                            (-g with maximize)
        s = s + d^2
        p = p - learning_rate / (1 + (t - 1) * lr_decay) * d / (sqrt(s) + eps)

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        lr_decay: How fast the learning rate falls with the number t of the update.
        weight_decay: Factor of the parameter that is added to the gradient.
        initial_accumulator_value: Where the sum s begins.
        eps: Term of the denominator.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.Adagrad`, PyTorch 2.13.
    """
    return make_transformation(
        ADAGRAD_RULE,
        lr=learning_rate,
        lr_decay=lr_decay,
        weight_decay=weight_decay,
        initial_accumulator_value=initial_accumulator_value,
        eps=eps,
        maximize=maximize,
    )


def _start(param: jax.Array, *, initial_accumulator_value: Scalar, **_: Any) -> AdagradState:
    return AdagradState(jnp.zeros((), jnp.float32), jnp.full_like(param, initial_accumulator_value))


def _formula(
    grad: jax.Array,
    state: AdagradState,
    param: jax.Array,
    *,
    lr: Scalar,
    lr_decay: Scalar,
    weight_decay: Scalar,
    eps: Scalar,
    maximize: bool,
    **_: Any,
) -> tuple[jax.Array, AdagradState]:
    d = direction(grad, param, weight_decay, maximize=maximize)
    total = rounded(state.sum + d * d)
    rate = lr / (1 + state.step.astype(float) * lr_decay)
    return -like(rate, d) * (d / denominator(total, eps)), AdagradState(state.step + 1, total)


ADAGRAD_RULE = Rule(
    name="Adagrad",
    state=AdagradState,
    defaults={
        "lr": 1e-2,
        "lr_decay": 0,
        "eps": 1e-10,
        "weight_decay": 0,
        "initial_accumulator_value": 0,
        "maximize": False,
    },
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(
        LEARNING_RATE,
        nonnegative("lr_decay"),
        WEIGHT_DECAY,
        nonnegative("initial_accumulator_value"),
        EPSILON,
    ),
)
