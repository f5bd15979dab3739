"""Adamax, Adam under the infinity norm (Kingma and Ba, 2014, arXiv:1412.6980)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import bias_correction, direction, lerp, raised
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import BETAS, EPSILON, LEARNING_RATE, WEIGHT_DECAY


class AdamaxState(NamedTuple):
    """State of Adamax."""

    step: Any  # float32 scalar: updates so far
    exp_avg: Any  # shape and dtype of the parameter
    exp_inf: Any  # shape and dtype of the parameter


def adamax(
    learning_rate: optax.ScalarOrSchedule = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Adamax as `torch.optim.Adamax` defines it.

        d = g + weight_decay * p                            (-g with maximize)
        m = b1 * m + (1 - b1) * d
        u = max(b2 * u, |d| + eps)
        p = p - learning_rate / (1 - b1^t) * m / u

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        betas: Decay rates b1 and b2 of the average and of the norm.
        eps: Term inside the maximum.
        weight_decay: Factor of the parameter that is added to the gradient.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.Adamax`, PyTorch 2.13.
    """
    return make_transformation(
        ADAMAX_RULE, lr=learning_rate, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize
    )


def _start(param: jax.Array, **_: Any) -> AdamaxState:
    return AdamaxState(jnp.zeros((), jnp.float32), jnp.zeros_like(param), jnp.zeros_like(param))


def _formula(
    grad: jax.Array,
    state: AdamaxState,
    param: jax.Array,
    *,
    lr: Scalar,
    betas: tuple[Scalar, Scalar],
    eps: Scalar,
    weight_decay: Scalar,
    maximize: bool,
) -> tuple[jax.Array, AdamaxState]:
    beta1, beta2 = betas
    d = direction(grad, param, weight_decay, maximize=maximize)
    step = state.step + 1
    exp_avg = lerp(state.exp_avg, d, 1 - beta1)
    exp_inf = jnp.maximum(rounded(like(beta2, d) * state.exp_inf), raised(jnp.abs(d), eps))
    update = -like(lr / bias_correction(beta1, step), d) * (exp_avg / exp_inf)
    return update, AdamaxState(step, exp_avg, exp_inf)


ADAMAX_RULE = Rule(
    name="Adamax",
    state=AdamaxState,
    defaults={"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "maximize": False},
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(LEARNING_RATE, EPSILON, *BETAS, WEIGHT_DECAY),
)
