"""NAdam, Adam with Nesterov momentum (Dozat, 2016, ICLR workshop)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, is_narrow, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import average_of_squares, bias_correction, change, decoupled, denominator, direction, lerp
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import BETAS, EPSILON, LEARNING_RATE, WEIGHT_DECAY, nonnegative


class NAdamState(NamedTuple):
    """State of NAdam."""

    step: Any  # float32 scalar: updates so far
    mu_product: Any  # float32 scalar: the product of all momenta so far
    exp_avg: Any  # shape and dtype of the parameter
    exp_avg_sq: Any  # shape and dtype of the parameter


def nadam(
    learning_rate: optax.ScalarOrSchedule = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """NAdam as `torch.optim.NAdam` defines it.

        d   = g + weight_decay * p                          (-g with maximize)
        mu  = b1 * (1 - 0.96^(t * momentum_decay) / 2)      (mu' is that of t + 1)
        M   = M * mu
        m   = b1 * m + (1 - b1) * d
        v   = b2 * v + (1 - b2) * d^2
        den = sqrt(v / (1 - b2^t)) + eps
        p   = p - learning_rate * ((1 - mu) / (1 - M) * d + mu' / (1 - M * mu') * m) / den

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        betas: Decay rates b1 and b2 of the two averages.
        eps: Term of the denominator.
        weight_decay: Factor of the parameter that is added to the gradient.
        momentum_decay: How fast the momentum mu rises to b1.
        decoupled_weight_decay: Shrink the parameter instead, as AdamW does.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.NAdam`, PyTorch 2.13.
    """
    return make_transformation(
        NADAM_RULE,
        lr=learning_rate,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        momentum_decay=momentum_decay,
        decoupled_weight_decay=decoupled_weight_decay,
        maximize=maximize,
    )


def _start(param: jax.Array, **_: Any) -> NAdamState:
    moments = jnp.zeros_like(param), jnp.zeros_like(param)
    return NAdamState(jnp.zeros((), jnp.float32), jnp.ones((), jnp.float32), *moments)


def _formula(
    grad: jax.Array,
    state: NAdamState,
    param: jax.Array,
    *,
    lr: Scalar,
    betas: tuple[Scalar, Scalar],
    eps: Scalar,
    weight_decay: Scalar,
    momentum_decay: Scalar,
    decoupled_weight_decay: bool,
    maximize: bool,
) -> tuple[jax.Array, NAdamState]:
    beta1, beta2 = betas
    penalty, shrinkage = (0, weight_decay) if decoupled_weight_decay else (weight_decay, 0)
    d = direction(grad, param, penalty, maximize=maximize)
    step = state.step + 1
    mu, next_mu = (_momentum(beta1, momentum_decay, t) for t in (step, step + 1))
    mu_product = state.mu_product * like(mu, state.mu_product)
    exp_avg = lerp(state.exp_avg, d, 1 - beta1)
    exp_avg_sq = average_of_squares(state.exp_avg_sq, d, beta2)
    below = denominator(rounded(exp_avg_sq / like(bias_correction(beta2, step), d)), eps)
    product = mu_product.astype(float)
    by_grad = lr * (1 - mu) / (1 - product)
    by_average = lr * next_mu / (1 - product * next_mu)
    first = decoupled(-like(by_grad, d) * (d / below), param, lr, shrinkage)
    update = (change(rounded(param + first), param) if is_narrow() else first) - like(by_average, d) * (exp_avg / below)
    return update, NAdamState(step, mu_product, exp_avg, exp_avg_sq)


def _momentum(beta1: Scalar, momentum_decay: Scalar, step: jax.Array) -> jax.Array:
    """The momentum of an update, in the widest floating-point dtype; it rises from beta1 / 2 to beta1."""
    return beta1 * (1 - 0.5 * jnp.exp(step.astype(float) * momentum_decay * math.log(0.96)))


NADAM_RULE = Rule(
    name="NAdam",
    state=NAdamState,
    defaults={
        "lr": 2e-3,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0,
        "momentum_decay": 4e-3,
        "decoupled_weight_decay": False,
        "maximize": False,
    },
    start=_start,
    formula=_formula,
    counters=("step", "mu_product"),
    checks=(LEARNING_RATE, EPSILON, *BETAS, WEIGHT_DECAY, nonnegative("momentum_decay")),
)
