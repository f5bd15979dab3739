"""Terms that several rules share, in PyTorch's order of operations."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from funcgrad.optim._numeric import Scalar, is_left_over, is_narrow, is_zero, like, rounded


def direction(grad: jax.Array, param: jax.Array, weight_decay: Scalar, *, maximize: bool) -> jax.Array:
    """The gradient to descend along, with the gradient of the L2 penalty added."""
    signed = -grad if maximize else grad
    return signed if is_zero(weight_decay) else added(signed, param, weight_decay)


def added(x: jax.Array, y: jax.Array, alpha: Scalar, *, is_turned: bool = False) -> jax.Array:
    """`x + alpha * y`, as PyTorch's `add` rounds it.

    In 16 bits alpha is rounded first, and elements are added one by one if one of the arrays is turned in memory.
    """
    if not is_narrow():
        return x + like(alpha, y) * y
    product = rounded(jnp.asarray(alpha, x.dtype)) * y
    return rounded(x + jnp.where(is_turned | is_left_over(x.shape), rounded(product), product))


def decayed(param: jax.Array, lr: Scalar, weight_decay: Scalar) -> jax.Array:
    """What decoupled weight decay adds to the parameter; 0 without it."""
    # PyTorch rounds the factor that is left, 0.99999 with its defaults, which adds up over the steps in float32.
    left = jnp.asarray(1 - lr * weight_decay, param.dtype)
    return change(rounded(left * param), param) if is_narrow() else (left - 1) * param


def change(new: jax.Array, param: jax.Array) -> jax.Array:
    """What makes `new` of a parameter; an infinity makes one of another."""
    return jnp.where(jnp.isfinite(new), new - param, new)


def decoupled(update: jax.Array, param: jax.Array, lr: Scalar, weight_decay: Scalar) -> jax.Array:
    """The update with the step of decoupled weight decay added."""
    if is_zero(weight_decay):
        return update
    decay = decayed(param, lr, weight_decay)
    return change(rounded(param + decay + update), param) if is_narrow() else update + decay


def stepped(
    param: jax.Array,
    step: jax.Array,
    rate: Scalar,
    lr: Scalar = 0.0,
    weight_decay: Scalar = 0.0,
    *,
    is_turned: bool = False,
) -> jax.Array:
    """The update of decoupled weight decay and then `-rate * step`."""
    if not is_narrow():
        return decoupled(-like(rate, step) * step, param, lr, weight_decay)
    left = param if is_zero(weight_decay) else param + decayed(param, lr, weight_decay)
    return change(added(left, step, -rate, is_turned=is_turned), param)


def denominator(squares: jax.Array, eps: Scalar) -> jax.Array:
    """The root of squares, with the term that keeps it from zero."""
    return raised(rounded(jnp.sqrt(squares)), eps)


def raised(x: jax.Array, eps: Scalar) -> jax.Array:
    """`x + eps`; of 16 bits both are."""
    return rounded(x + (rounded(jnp.asarray(eps, x.dtype)) if is_narrow() else like(eps, x)))


def lerp(start: jax.Array, end: jax.Array, weight: Scalar) -> jax.Array:
    """The point at `weight` on the line from `start` to `end`."""
    share, way = like(weight, start), end - start
    if not is_narrow():
        return start + share * way
    return rounded(jnp.where(share < 0.5, start + share * way, end - way * (1 - share)))


def average_of_squares(average: jax.Array, x: jax.Array, beta: Scalar) -> jax.Array:
    """The exponential moving average of x², one step on."""
    return rounded(rounded(like(beta, average) * average) + like(1 - beta, average) * x * x)


def bias_correction(beta: Scalar, step: jax.Array) -> jax.Array:
    """1 - beta^step, in the widest floating-point dtype.

    By the logarithm: the difference itself would lose four digits in float32 at beta 0.999 and step 1.
    """
    return -jnp.expm1(step.astype(float) * log(beta))


def log(beta: Scalar) -> Scalar:
    """The natural logarithm, in double precision for a Python number; -inf at 0."""
    if isinstance(beta, (int, float)):
        return math.log(beta) if beta else -math.inf
    return jnp.log(beta)
