"""Adam (Kingma and Ba, 2014, arXiv:1412.6980) and AdamW (Loshchilov and Hutter, 2017, arXiv:1711.05101)."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import average_of_squares, bias_correction, decoupled, direction, lerp, raised
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import BETAS, EPSILON, LEARNING_RATE, WEIGHT_DECAY


class AdamState(NamedTuple):
    """State of Adam and AdamW."""

    step: Any  # float32 scalar: updates so far
    exp_avg: Any  # shape and dtype of the parameter
    exp_avg_sq: Any  # shape and dtype of the parameter
    max_exp_avg_sq: Any = None  # shape and dtype of the parameter; with amsgrad


def adam(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
) -> optax.GradientTransformation:
    """Adam as `torch.optim.Adam` defines it.

        d = g + weight_decay * p                            (-g with maximize)
        m = b1 * m + (1 - b1) * d
        v = b2 * v + (1 - b2) * d^2                         (its maximum so far with amsgrad)
        p = p - learning_rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)

    `eps` is added after the root and its bias correction.

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        betas: Decay rates b1 and b2 of the two averages.
        eps: Term of the denominator.
        weight_decay: Factor of the parameter that is added to the gradient.
        amsgrad: Divide by the largest average of squares so far.
        maximize: Ascend instead.
        decoupled_weight_decay: Shrink the parameter instead, as AdamW does.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Example:
        >>> import jax, optax
        >>> param = jax.numpy.array(1.0)
        >>> optimizer = adam(0.1, eps=1.0)
        >>> updates, state = optimizer.update(jax.numpy.array(3.0), optimizer.init(param), param)
        >>> float(optax.apply_updates(param, updates))
        0.925000011920929

    Source: `torch.optim.Adam`, PyTorch 2.13.
    """
    return make_transformation(
        ADAM_RULE,
        lr=learning_rate,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        amsgrad=amsgrad,
        maximize=maximize,
        decoupled_weight_decay=decoupled_weight_decay,
    )


def adamw(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Adam with decoupled weight decay as `torch.optim.AdamW` defines it.

        p = p * (1 - learning_rate * weight_decay), then a step of `adam` without weight decay

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        betas: Decay rates of the two averages.
        eps: Term of the denominator.
        weight_decay: Share of the parameter that is taken away, times the learning rate.
        amsgrad: Divide by the largest average of squares so far.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.AdamW`, PyTorch 2.13.
    """
    return make_transformation(
        ADAMW_RULE,
        lr=learning_rate,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        amsgrad=amsgrad,
        maximize=maximize,
    )


def _start(param: jax.Array, *, amsgrad: bool, **_: Any) -> AdamState:
    # An array each: a step that donates its state may not be handed one buffer twice.
    moments = [jnp.zeros_like(param) for _ in range(3 if amsgrad else 2)]
    return AdamState(jnp.zeros((), jnp.float32), *moments)


def _formula(
    grad: jax.Array,
    state: AdamState,
    param: jax.Array,
    *,
    lr: Scalar,
    betas: tuple[Scalar, Scalar],
    eps: Scalar,
    weight_decay: Scalar,
    amsgrad: bool,
    maximize: bool,
    decoupled_weight_decay: bool,
) -> tuple[jax.Array, AdamState]:
    beta1, beta2 = betas
    penalty, shrinkage = (0, weight_decay) if decoupled_weight_decay else (weight_decay, 0)
    d = direction(grad, param, penalty, maximize=maximize)
    step = state.step + 1
    exp_avg = lerp(state.exp_avg, d, 1 - beta1)
    exp_avg_sq = average_of_squares(state.exp_avg_sq, d, beta2)
    largest = jnp.maximum(state.max_exp_avg_sq, exp_avg_sq) if amsgrad else None
    root = rounded(jnp.sqrt(exp_avg_sq if largest is None else largest))
    denominator = raised(rounded(root / like(jnp.sqrt(bias_correction(beta2, step)), root)), eps)
    update = -like(lr / bias_correction(beta1, step), root) * (exp_avg / denominator)
    return decoupled(update, param, lr, shrinkage), AdamState(step, exp_avg, exp_avg_sq, largest)


ADAM_RULE = Rule(
    name="Adam",
    state=AdamState,
    defaults={
        "lr": 1e-3,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0,
        "amsgrad": False,
        "maximize": False,
        "decoupled_weight_decay": False,
    },
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(LEARNING_RATE, EPSILON, *BETAS, WEIGHT_DECAY),
)
ADAMW_RULE = dataclasses.replace(
    ADAM_RULE,
    name="AdamW",
    defaults={**ADAM_RULE.defaults, "weight_decay": 1e-2, "decoupled_weight_decay": True},
)
