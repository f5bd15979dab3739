"""Muon, momentum made orthogonal, for matrices (Jordan et al., 2024; Liu et al., 2025, arXiv:2502.16982)."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like
from funcgrad.optim._rule import Rule
from funcgrad.optim._terms import lerp, stepped
from funcgrad.optim._transformation import make_transformation
from funcgrad.optim._validation import Check, nonnegative

Coefficients = tuple[float, float, float]
NEWTON_SCHULZ: Coefficients = (3.4445, -4.7750, 2.0315)


class MuonState(NamedTuple):
    """State of Muon."""

    momentum_buffer: Any  # shape and dtype of the parameter


def muon(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    weight_decay: float = 0.1,
    momentum: optax.ScalarOrSchedule = 0.95,
    nesterov: bool = True,
    ns_coefficients: Coefficients = NEWTON_SCHULZ,
    eps: float = 1e-7,
    ns_steps: int = 5,
    adjust_lr_fn: Literal["original", "match_rms_adamw"] | None = None,
) -> optax.GradientTransformation:
    """Muon as `torch.optim.Muon` defines it, for trees of matrices.

        b = momentum * b + (1 - momentum) * g
        o = orthogonalised((1 - momentum) * g + momentum * b)      (of b without nesterov)
        p = p * (1 - learning_rate * weight_decay) - learning_rate * scale * o

    The orthogonalisation is a Newton-Schulz iteration in bfloat16. The scale of an A x B matrix is
    sqrt(max(1, A / B)), or 0.2 sqrt(max(A, B)) to match the size of an AdamW update.

    Args:
        learning_rate: A number, or a schedule from the number of updates so far to a number.
        weight_decay: Share of the parameter that is taken away, times the learning rate.
        momentum: Decay rate of the momentum buffer, a number or a schedule.
        nesterov: Look one momentum step ahead.
        ns_coefficients: Coefficients of the iteration's odd polynomial of degree 5.
        eps: The least norm that the matrix is divided by.
        ns_steps: Iterations.
        adjust_lr_fn: The scale: None or "original", or "match_rms_adamw".

    Returns:
        A transformation whose `update` needs the parameters. Other leaves than matrices want another optimizer:
        `optax.partition`.

    Raises:
        ValueError: If a hyperparameter is out of range, or, from `init`, if a leaf is not a matrix.

    Source: `torch.optim.Muon`, PyTorch 2.13.
    """
    return make_transformation(
        MUON_RULE,
        lr=learning_rate,
        weight_decay=weight_decay,
        momentum=momentum,
        nesterov=nesterov,
        ns_coefficients=ns_coefficients,
        eps=eps,
        ns_steps=ns_steps,
        adjust_lr_fn=adjust_lr_fn,
    )


def _start(param: jax.Array, **_: Any) -> MuonState:
    if param.ndim != 2:
        raise ValueError(f"Muon only supports 2D parameters whereas we found a parameter with size: {param.shape}")
    return MuonState(jnp.zeros_like(param))


def _formula(
    grad: jax.Array,
    state: MuonState,
    param: jax.Array,
    *,
    lr: Scalar,
    weight_decay: Scalar,
    momentum: Scalar,
    nesterov: bool,
    ns_coefficients: tuple[Scalar, Scalar, Scalar],
    eps: Scalar,
    ns_steps: int,
    adjust_lr_fn: str | None,
) -> tuple[jax.Array, MuonState]:
    buffer = lerp(state.momentum_buffer, grad, 1 - momentum)
    ahead = lerp(grad, buffer, momentum) if nesterov else buffer
    rows, columns = param.shape
    tall = rows > columns
    orthogonal = _orthogonalised(ahead.T if tall else ahead, ns_coefficients, eps, ns_steps).astype(param.dtype)
    rate = lr * _scale(rows, columns, adjust_lr_fn)
    return stepped(param, orthogonal.T if tall else orthogonal, rate, lr, weight_decay, is_turned=tall), MuonState(
        buffer
    )


def _orthogonalised(x: jax.Array, coefficients: tuple[Scalar, Scalar, Scalar], eps: Scalar, steps: int) -> jax.Array:
    """Moves the singular values of a wide matrix near 1; float32 that holds bfloat16 values."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    x = _rounded(x.astype(jnp.float32))
    a, b, c = (jnp.asarray(coefficient, x.dtype) for coefficient in coefficients)
    x = _rounded(x / jnp.maximum(_rounded(jnp.linalg.norm(x)), like(eps, x)))

    def iteration(_: int, x: jax.Array) -> jax.Array:
        gram = _rounded(_matmul(x, x.T))
        polynomial = _rounded(fused(b, gram, c * _matmul(gram, gram)))
        return _rounded(fused(a, x, _matmul(polynomial, x)))

    return jax.lax.fori_loop(0, steps, iteration, x)


def fused(factor: jax.Array, x: jax.Array, addend: jax.Array) -> jax.Array:
    """`factor * x + addend` for an x of 8 bits, as a fused multiply-add rounds it: once.

    PyTorch's `addmm` does so, and what a tie becomes grows with the iterations to a hundredth.
    """
    coarse = jax.lax.reduce_precision(factor, exponent_bits=8, mantissa_bits=15)
    product, rest = coarse * x, (factor - coarse) * x  # exact, both of them
    total = product + addend
    added = total - product
    return total + ((product - (total - added)) + (addend - added) + rest)


def _rounded(x: jax.Array) -> jax.Array:
    # A cast to bfloat16 and back is a rounding that XLA may leave out.
    return jax.lax.reduce_precision(x, exponent_bits=8, mantissa_bits=7)


def _matmul(x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.matmul(x.astype(jnp.bfloat16), y.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


def _scale(rows: int, columns: int, adjust_lr_fn: str | None) -> float:
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


MUON_RULE = Rule(
    name="Muon",
    state=MuonState,
    defaults={
        "lr": 1e-3,
        "weight_decay": 0.1,
        "momentum": 0.95,
        "nesterov": True,
        "ns_coefficients": NEWTON_SCHULZ,
        "eps": 1e-7,
        "ns_steps": 5,
        "adjust_lr_fn": None,
    },
    start=_start,
    formula=_formula,
    static=("ns_steps",),
    checks=(
        nonnegative("lr", "Learning rate should be >= 0 but is: {lr}"),
        nonnegative("momentum", "momentum should be >= 0 but is: {momentum}"),
        nonnegative("weight_decay", "weight decay should be >= 0 but is: {weight_decay}"),
        Check(
            ("adjust_lr_fn",),
            lambda name: name in (None, "original", "match_rms_adamw"),
            "Adjust learning rate function {adjust_lr_fn} is not supported",
        ),
    ),
)
