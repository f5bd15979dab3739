"""Adafactor, second moments from row and column means (Shazeer and Stern, 2018, arXiv:1804.04235)."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, is_narrow, like, rounded
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import direction, lerp, stepped
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import Check, nonnegative


class AdafactorState(NamedTuple):
    """State of Adafactor; matrices keep row and column means, vectors and scalars their full second moment."""

    step: Any  # float32 scalar: updates so far
    row_var: Any = None  # shape of the parameter with the last axis 1, and its dtype
    col_var: Any = None  # shape of the parameter with the last axis but one 1, and its dtype
    variance: Any = None  # shape and dtype of the parameter


def adafactor(
    learning_rate: optax.ScalarOrSchedule = 1e-2,
    beta2_decay: float = -0.8,
    eps: tuple[float | None, float] = (None, 1e-3),
    d: float = 1.0,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> optax.GradientTransformation:
    """Adafactor as `torch.optim.Adafactor` defines it.

        R = R + t^beta2_decay * (row means of g^2 - R)      (C likewise, of columns)
        v = R C / max(mean of R, e1)                        (v of all of g^2 for vectors)
        u = g / sqrt(max(v, e1^2))
        a = max(e2, rms(p)) * min(learning_rate, 1 / sqrt(t))
        p = p * (1 - learning_rate * weight_decay) - a * u / max(1, rms(u) / d)

    Args:
        learning_rate: The largest relative step, a number or a schedule from the number of updates so far.
        beta2_decay: Power of the number t of the update, at which the weight of a new second moment falls.
        eps: e1, the least root of a second moment (None: the machine epsilon of the parameter), and e2, the least
            size of a parameter.
        d: The largest root mean square of an update before it is scaled down.
        weight_decay: Share of the parameter that is taken away, times the learning rate.
        maximize: Ascend instead.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range.

    Source: `torch.optim.Adafactor`, PyTorch 2.13.
    """
    return make_transformation(
        ADAFACTOR_RULE,
        lr=learning_rate,
        beta2_decay=beta2_decay,
        eps=eps,
        d=d,
        weight_decay=weight_decay,
        maximize=maximize,
    )


class _AdafactorRule(Rule):
    """The rule with the machine epsilon of the parameter, which the formula may see widened."""

    def _widened(self, grad: jax.Array, state: Any, param: jax.Array, **hyper: Any) -> tuple[jax.Array, Any]:
        root, size = hyper.get("eps", self.defaults["eps"])
        root = float(jnp.finfo(param.dtype).eps) if root is None else root
        return super()._widened(grad, state, param, **{**hyper, "eps": (root, size)})


def _start(param: jax.Array, **_: Any) -> AdafactorState:
    step = jnp.zeros((), jnp.float32)
    if param.ndim < 2:
        return AdafactorState(step, variance=jnp.zeros_like(param))
    return AdafactorState(step, jnp.zeros_like(param[..., :1]), jnp.zeros_like(param[..., :1, :]))


def _formula(
    grad: jax.Array,
    state: AdafactorState,
    param: jax.Array,
    *,
    lr: Scalar,
    beta2_decay: Scalar,
    eps: tuple[Scalar, Scalar],
    d: Scalar,
    weight_decay: Scalar,
    maximize: bool,
) -> tuple[jax.Array, AdafactorState]:
    least_root, least_size = eps
    grad = direction(grad, param, 0, maximize=maximize)
    step = state.step + 1
    t = step.astype(float)
    moments, variance = _second_moment(grad, state, t**beta2_decay, least_root)
    unit = rounded(rounded(jax.lax.rsqrt(jnp.maximum(variance, like(least_root * least_root, variance)))) * grad)
    rate = jnp.maximum(least_size, _rms(param)) * jnp.minimum(lr, 1 / jnp.sqrt(t))
    update = stepped(param, unit, rate / jnp.maximum(1.0, _rms(unit) / d), lr, weight_decay)
    return update, moments._replace(step=step)


def _second_moment(
    grad: jax.Array, state: AdafactorState, weight: jax.Array, least_root: Scalar
) -> tuple[AdafactorState, jax.Array]:
    """The next moments, and the second moment of each element that they stand for."""
    if state.variance is not None:
        variance = lerp(state.variance, rounded(grad * grad), weight)
        return state._replace(variance=variance), variance
    row_var = lerp(state.row_var, _mean_square(grad, -1), weight)
    col_var = lerp(state.col_var, _mean_square(grad, -2), weight)
    scale = jnp.maximum(rounded(jnp.mean(row_var, axis=-2, keepdims=True)), like(least_root, grad))
    return state._replace(row_var=row_var, col_var=col_var), rounded(rounded(row_var * col_var) / scale)


def _mean_square(x: jax.Array, axis: int) -> jax.Array:
    if not is_narrow():
        return jnp.mean(x * x, axis=axis, keepdims=True)
    norm = rounded(jnp.linalg.norm(x, axis=axis, keepdims=True))
    return rounded(rounded(norm * norm) / x.shape[axis])


def _rms(x: jax.Array) -> jax.Array:
    """The root mean square of all elements, in the widest floating-point dtype."""
    return rounded(jnp.linalg.norm(x.ravel())).astype(float) / x.size**0.5 if x.size else jnp.zeros((), float)


ADAFACTOR_RULE = _AdafactorRule(
    name="Adafactor",
    state=AdafactorState,
    defaults={
        "lr": 1e-2,
        "beta2_decay": -0.8,
        "eps": (None, 1e-3),
        "d": 1.0,
        "weight_decay": 0.0,
        "maximize": False,
    },
    start=_start,
    formula=_formula,
    counters=("step",),
    checks=(
        nonnegative("lr", "Learning rate should be >= 0 but is: {lr}"),
        Check(("beta2_decay",), lambda power: power <= 0, "beta2_decay should be <= 0 but is: {beta2_decay}"),
        Check(("eps",), lambda eps: eps[0] is None or eps[0] >= 0, "epsilon1 should be >= 0 but is: {eps[0]}"),
        Check(("eps",), lambda eps: eps[1] >= 0, "epsilon2 should be >= 0 but is: {eps[1]}"),
        Check(("d",), lambda d: d >= 1, "Clipping threshold d should be >= 1 but is: {d}"),
        nonnegative("weight_decay", "weight_decay should be >= 0 but is: {weight_decay}"),
    ),
)
