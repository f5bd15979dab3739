"""Losses: one operator each, reduced to a mean, a sum, or not at all."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.unary import absolute
from funcgrad.torch._ops.promotion import common, scalar_name
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

REDUCTIONS = ("none", "mean", "sum")


def _reduced(losses: Any, reduction: str) -> Any:
    return losses if reduction == "none" else jnp.mean(losses) if reduction == "mean" else jnp.sum(losses)


def _mse(x: Any, target: Any, *, reduction: str) -> Any:
    return _reduced(jnp.square(x - target), reduction)


MSE = Op("mse_loss", common(_mse), label="MseLoss")
L1 = Op("l1_loss", common(lambda x, target, *, reduction: _reduced(absolute(x - target), reduction)), label="L1Loss")


def _check_reduction(reduction: str) -> None:
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that the two old keywords ask for, with PyTorch's warning; `reduction` where neither is given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is False:
        chosen = "none"
    else:
        chosen = "sum" if size_average is False else "mean"
    warn(f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.")
    return chosen


def _elementwise(op: Op) -> Any:
    def loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
        _check_reduction(reduction)
        if input._aval.shape != target._aval.shape:
            warn(
                f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will "
                "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            )
        return apply(op, (reduction,), input, target)

    return loss


mse_loss, l1_loss = _elementwise(MSE), _elementwise(L1)


# Cross entropy. Classes lie along dimension 1 (0 for a single sample). A target that is out of range is refused where
# its values are known, and gives nan where they are not computed yet.


def _nll(log_p: Any, target: Any, *weight: Any, ignore_index: int, reduction: str) -> Any:
    """Negative log likelihood of class indices; the mean is weighted."""
    dim = 0 if log_p.ndim == 1 else 1
    counted = target != ignore_index
    index = jnp.expand_dims(jnp.where(counted, target, 0), dim)
    picked = jnp.take_along_axis(log_p, index, dim, mode="fill", fill_value=np.nan).squeeze(dim)
    weights = jnp.where(counted, weight[0][index.squeeze(dim)] if weight else 1, 0).astype(log_p.dtype)
    losses = jnp.where(counted, -picked * weights, 0)
    return _reduced(losses, reduction) if reduction != "mean" else jnp.sum(losses) / jnp.sum(weights)


def _cross_entropy(
    x: Any, target: Any, *weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    dim = 0 if x.ndim == 1 else 1
    log_p = jax.nn.log_softmax(x, dim)
    if label_smoothing == 0:
        return _nll(log_p, target, *weight, ignore_index=ignore_index, reduction=reduction)
    hard = _nll(log_p, target, *weight, ignore_index=ignore_index, reduction=reduction)
    return (1 - label_smoothing) * hard + label_smoothing * _smooth(log_p, target, weight, ignore_index, reduction, dim)


def _smooth(log_p: Any, target: Any, weight: Any, ignore_index: int, reduction: str, dim: int) -> Any:
    """Cross entropy against equal probabilities for all classes."""
    counted = target != ignore_index
    shape = [1] * log_p.ndim
    shape[dim] = -1
    scaled = log_p * weight[0].reshape(shape) if weight else log_p
    losses = jnp.where(counted, -jnp.mean(scaled, dim), 0)
    if reduction != "mean":
        return _reduced(losses, reduction)
    norm = jnp.where(counted, weight[0][jnp.where(counted, target, 0)] if weight else 1, 0).astype(log_p.dtype)
    return jnp.sum(losses) / jnp.sum(norm)


def _soft_cross_entropy(x: Any, target: Any, *weight: Any, reduction: str, label_smoothing: float) -> Any:
    dim = 0 if x.ndim == 1 else 1
    classes = x.shape[dim]
    target = target * (1 - label_smoothing) + label_smoothing / classes
    scaled = jax.nn.log_softmax(x, dim) * target
    if weight:
        shape = [1] * x.ndim
        shape[dim] = -1
        scaled = scaled * weight[0].reshape(shape)
    losses = -jnp.sum(scaled, dim)
    return _reduced(losses, reduction)


NLL = Op("nll_loss", _nll, label="NllLoss")
CROSS_ENTROPY = Op("cross_entropy", _cross_entropy, label="NllLoss")
SOFT_CROSS_ENTROPY = Op("soft_cross_entropy", _soft_cross_entropy, label="Div")


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of logits against class indices or probabilities.

    Args:
        input: Logits, `[classes]`, `[batch, classes]` or `[batch, classes, ...]`.
        target: Indices of the shape of `input` without its class dimension, or probabilities of its own shape.
        weight: `[classes]`; the mean is weighted by it.
        size_average: Old form of `reduction`.
        ignore_index: Targets of this index are left out of the sum and of the count.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.
        label_smoothing: Share of the probability that is spread over all classes.

    Raises:
        IndexError: A target is out of bounds.
        ValueError: Batch sizes differ, or the reduction is unknown.
        RuntimeError: The target has the wrong dtype.
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    weights = () if weight is None else (weight,)
    if target.shape == input.shape and target.dtype.is_floating_point:
        return apply(SOFT_CROSS_ENTROPY, (reduction, label_smoothing), input, target, *weights)
    _check_target(input, target, ignore_index)
    return apply(CROSS_ENTROPY, (ignore_index, reduction, label_smoothing), input, target, *weights)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of class indices, from log probabilities; arguments as for `cross_entropy`."""
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    _check_target(input, target, ignore_index)
    weights = () if weight is None else (weight,)
    return apply(NLL, (ignore_index, reduction), input, target, *weights)


def _check_target(x: Tensor, target: Tensor, ignore_index: int) -> None:
    if target._aval.dtype.kind not in "iu":
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {scalar_name(target._aval.dtype)}")
    dim = 0 if x.ndim == 1 else 1
    expected = x.shape[:dim] + x.shape[dim + 1 :]
    if x.ndim > 1 and target.ndim > 0 and x.shape[0] != target.shape[0]:
        raise ValueError(
            f"Expected input batch_size ({x.shape[0]}) to match target batch_size ({target.shape[0]})."
        )
    if tuple(target.shape) != tuple(expected):
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(target.shape)}")
    known = value_of(target).array
    if known is not None:
        _check_range(np.asarray(known), x.shape[dim], ignore_index)


def _check_range(target: np.ndarray, classes: int, ignore_index: int) -> None:
    wrong = target[((target < 0) | (target >= classes)) & (target != ignore_index)]
    if wrong.size:
        raise IndexError(f"Target {wrong.flat[0]} is out of bounds.")
