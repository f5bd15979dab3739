"""Terms that several rules share, in PyTorch's order of operations."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from funcgrad.optim._numeric import Scalar, is_zero, like


def direction(grad: jax.Array, param: jax.Array, weight_decay: Scalar, *, maximize: bool) -> jax.Array:
    """The gradient to descend along, with the gradient of the L2 penalty added."""
    signed = -grad if maximize else grad
    return signed if is_zero(weight_decay) else signed + like(weight_decay, param) * param


def decoupled(update: jax.Array, param: jax.Array, lr: Scalar, weight_decay: Scalar) -> jax.Array:
    """The update with the step of decoupled weight decay added."""
    if is_zero(weight_decay):
        return update
    # PyTorch rounds the factor that is left, 0.99999 with its defaults, which adds up over the steps in float32.
    left = jnp.asarray(1 - lr * weight_decay, param.dtype)
    return update + (left - 1) * param


def lerp(start: jax.Array, end: jax.Array, weight: Scalar) -> jax.Array:
    """The point at `weight` on the line from `start` to `end`."""
    return start + like(weight, start) * (end - start)


def average_of_squares(average: jax.Array, x: jax.Array, beta: Scalar) -> jax.Array:
    """The exponential moving average of x², one step on."""
    return like(beta, average) * average + like(1 - beta, average) * x * x


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
