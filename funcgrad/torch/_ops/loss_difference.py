"""Losses of the difference between a prediction and its target."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.loss_reduction import checked_reduction, node_if_weighted, node_of, reduced, warn_of_broadcast
from funcgrad.torch._ops.promotion import cast, common
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _average(losses: Any, weight: tuple[Any, ...], reduction: str) -> Any:
    """Reduced losses; the mean of weighted ones is divided by the sum of the weights."""
    if not weight:
        return reduced(losses, reduction)
    if reduction == "mean":
        return jnp.sum(losses * weight[0]) / jnp.sum(weight[0])
    return reduced(losses * weight[0], reduction)


def _mse(x: Any, target: Any, *weight: Any, reduction: str) -> Any:
    return _average(jnp.square(x - target), weight, reduction)


def _l1(x: Any, target: Any, *weight: Any, reduction: str) -> Any:
    return _average(jnp.abs(x - target), weight, reduction)


def _smooth_l1(x: Any, target: Any, beta: Any, *, reduction: str) -> Any:
    distance, beta = jnp.abs(x - target), cast(beta, x.dtype)
    return reduced(jnp.where(distance < beta, 0.5 * distance * distance / beta, distance - 0.5 * beta), reduction)


def _huber(x: Any, target: Any, delta: Any, *weight: Any, reduction: str) -> Any:
    distance, delta = jnp.abs(x - target), cast(delta, x.dtype)
    losses = jnp.where(distance <= delta, 0.5 * distance * distance, delta * (distance - 0.5 * delta))
    return reduced(losses * weight[0] if weight else losses, reduction)


MSE = Op("mse_loss", common(_mse), label=node_if_weighted("MseLoss", 2, "Div"))
L1 = Op("l1_loss", common(_l1), label=node_if_weighted(node_of("Abs"), 2, "Div"))
SMOOTH_L1 = Op("smooth_l1_loss", common(_smooth_l1), label="SmoothL1Loss")
HUBER = Op("huber_loss", common(_huber), label=node_if_weighted("HuberLoss", 3, "Mean"))


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Mean of `(input - target)²`.

    Args:
        input: Any shape.
        target: The same shape.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.
        weight: Of the same shape; the mean is weighted by it.

    Raises:
        ValueError: The reduction is unknown, or the weight has another shape.
        RuntimeError: The shapes do not broadcast.
    """
    return _compared(MSE, input, target, checked_reduction(reduction, size_average, reduce), weight)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Mean of `|input - target|`; the gradient at 0 is 0. Arguments as for `mse_loss`."""
    return _compared(L1, input, target, checked_reduction(reduction, size_average, reduce), weight)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Half a square divided by `beta` where input and target are closer than `beta`, else their distance.

    Raises:
        RuntimeError: `beta` is negative.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return _compared(SMOOTH_L1 if beta else L1, input, target, reduction, None, *([float(beta)] if beta else []))


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Half a square where input and target are closer than `delta`, else `delta` times their distance.

    Raises:
        RuntimeError: `delta` is not positive.
    """
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return _compared(HUBER, input, target, checked_reduction(reduction), weight, float(delta))


def _compared(op: Op, x: Tensor, target: Tensor, reduction: str, weight: Tensor | None, *numbers: float) -> Tensor:
    warn_of_broadcast(x, target)
    if weight is not None and weight.shape != x.shape:
        raise ValueError("Weights and input must have the same size.")
    return apply(op, (reduction,), x, target, *numbers, *(() if weight is None else (weight,)))
