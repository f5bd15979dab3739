"""Resilient backpropagation (Riedmiller and Braun, 1993, IEEE International Conference on Neural Networks)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import direction
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import LEARNING_RATE, Check


class RpropState(NamedTuple):
    """State of Rprop."""

    step: Any  # float32 scalar: updates so far
    prev: Any  # shape and dtype of the parameter: the gradient before, 0 after a change of sign
    step_size: Any  # shape and dtype of the parameter


def rprop(
    learning_rate: float = 1e-2,
    etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50.0),
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Rprop as `torch.optim.Rprop` defines it.

        s = s * (etas[1] if g * prev > 0, etas[0] if g * prev < 0, else 1), within step_sizes
        d = 0 where g * prev < 0, else g                    (-g with maximize)
        p = p - s * sign(d)
        prev = d

    Args:
        learning_rate: The first step size of every element; it has no effect later.
        etas: Factors of the step size after a change of sign and without one.
        step_sizes: The least and the largest step size.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.Rprop`, PyTorch 2.13.
    """
    return make_transformation(RPROP_RULE, lr=learning_rate, etas=etas, step_sizes=step_sizes, maximize=maximize)


def _start(param: jax.Array, *, lr: Scalar, **_: Any) -> RpropState:
    return RpropState(jnp.zeros((), jnp.float32), jnp.zeros_like(param), jnp.full_like(param, lr))


def _formula(
    grad: jax.Array,
    state: RpropState,
    param: jax.Array,
    *,
    etas: tuple[Scalar, Scalar],
    step_sizes: tuple[Scalar, Scalar],
    maximize: bool,
    **_: Any,
) -> tuple[jax.Array, RpropState]:
    shrink, grow = (rounded(jnp.asarray(like(eta, param), param.dtype)) for eta in etas)
    least, largest = (like(size, param) for size in step_sizes)
    d = direction(grad, param, 0, maximize=maximize)
    agreement = rounded(d * state.prev)
    factor = jnp.where(agreement > 0, grow, jnp.where(agreement < 0, shrink, 1))
    step_size = rounded(jnp.clip(rounded(state.step_size * factor), least, largest))
    d = jnp.where(agreement < 0, 0, d)
    return -jnp.sign(d) * step_size, RpropState(state.step + 1, d, step_size)


RPROP_RULE = Rule(
    name="Rprop",
    state=RpropState,
    defaults={"lr": 1e-2, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50), "maximize": False},
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(
        LEARNING_RATE,
        Check(("etas",), lambda etas: 0 < etas[0] < 1 < etas[1], "Invalid eta values: {etas[0]}, {etas[1]}"),
    ),
)
