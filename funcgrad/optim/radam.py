"""RAdam, Adam with a rectified adaptive learning rate (Liu et al., 2019, arXiv:1908.03265)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import average_of_squares, bias_correction, decoupled, denominator, direction, lerp, log
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import BETAS, EPSILON, LEARNING_RATE, WEIGHT_DECAY

MIN_LENGTH = 5.0  # below it the variance of the adaptive rate is unbounded, and the step is plain momentum


class RAdamState(NamedTuple):
    """State of RAdam."""

    step: Any  # float32 scalar: updates so far
    exp_avg: Any  # shape and dtype of the parameter
    exp_avg_sq: Any  # shape and dtype of the parameter


def radam(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """RAdam as `torch.optim.RAdam` defines it.

        d    = g + weight_decay * p                         (-g with maximize)
        m    = b1 * m + (1 - b1) * d
        v    = b2 * v + (1 - b2) * d^2
        rho  = 2 / (1 - b2) - 1
        rho' = rho - 2 * t * b2^t / (1 - b2^t)
        r    = sqrt((rho' - 4) * (rho' - 2) * rho / ((rho - 4) * (rho - 2) * rho'))
        a    = r * sqrt(1 - b2^t) / (sqrt(v) + eps)         (1 unless rho' > 5)
        p    = p - learning_rate * m / (1 - b1^t) * a

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        betas: Decay rates b1 and b2 of the two averages.
        eps: Term of the denominator.
        weight_decay: Factor of the parameter that is added to the gradient.
        decoupled_weight_decay: Shrink the parameter instead, as AdamW does.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.RAdam`, PyTorch 2.13.
    """
    return make_transformation(
        RADAM_RULE,
        lr=learning_rate,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        decoupled_weight_decay=decoupled_weight_decay,
        maximize=maximize,
    )


def _start(param: jax.Array, **_: Any) -> RAdamState:
    return RAdamState(jnp.zeros((), jnp.float32), jnp.zeros_like(param), jnp.zeros_like(param))


def _formula(
    grad: jax.Array,
    state: RAdamState,
    param: jax.Array,
    *,
    lr: Scalar,
    betas: tuple[Scalar, Scalar],
    eps: Scalar,
    weight_decay: Scalar,
    decoupled_weight_decay: bool,
    maximize: bool,
) -> tuple[jax.Array, RAdamState]:
    beta1, beta2 = betas
    penalty, shrinkage = (0, weight_decay) if decoupled_weight_decay else (weight_decay, 0)
    d = direction(grad, param, penalty, maximize=maximize)
    step = state.step + 1
    exp_avg = lerp(state.exp_avg, d, 1 - beta1)
    exp_avg_sq = average_of_squares(state.exp_avg_sq, d, beta2)
    length = _length(beta2, step)
    root, rectification = jnp.sqrt(bias_correction(beta2, step)), _rectification(length, beta2)
    adaptive = rounded(rounded(1 / denominator(exp_avg_sq, eps)) * like(root, d))
    plain = rounded(like(lr, d) * rounded(exp_avg / like(bias_correction(beta1, step), d)))
    rectified = rounded(rounded(plain * adaptive) * like(rectification, d))
    update = -jnp.where(length > MIN_LENGTH, rectified, plain)
    return decoupled(update, param, lr, shrinkage), RAdamState(step, exp_avg, exp_avg_sq)


def _rectification(length: jax.Array, beta2: Scalar) -> jax.Array:
    """The root r of the formula; that of the least length when the length is below it."""
    limit = 2 / (1 - beta2) - 1
    length = jnp.maximum(length, MIN_LENGTH)
    return jnp.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))


def _length(beta2: Scalar, step: jax.Array) -> jax.Array:
    """The length rho' of the approximated simple moving average, without its cancellation.

    Early on, rho' is a small difference of two numbers near 2 / (1 - b2). With x = -t log(b2) it is also

        rho' = (rho - 2 t / x) + t h(x),   h(x) = 2 (1 - x / (e^x - 1)) / x = 1 - x/6 + x^3/360 - ...

    where the first term does not depend on t. The series serves x below 1/2.
    """
    t, rate = step.astype(float), -log(beta2)
    x = t * rate
    series = 1 - x / 6 + x**3 / 360 - x**5 / 15120 + x**7 / 604800 - x**9 / 23950080
    h = jnp.where(x < 0.5, series, 2 * (1 / x - 1 / jnp.expm1(x)))
    return 2 / (1 - beta2) - 1 - 2 / rate + t * h


RADAM_RULE = Rule(
    name="RAdam",
    state=RAdamState,
    defaults={
        "lr": 1e-3,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0,
        "decoupled_weight_decay": False,
        "maximize": False,
    },
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(LEARNING_RATE, EPSILON, *BETAS, WEIGHT_DECAY),
)
