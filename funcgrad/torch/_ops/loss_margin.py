"""Margin losses: what a score lacks to be on the right side by a margin."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.loss_reduction import (
    REDUCTIONS,
    at_least_zero,
    checked_reduction,
    legacy_reduction,
    node_of,
    reduced,
)
from funcgrad.torch._ops.promotion import cast, common, scalar_name
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _hinge_embedding(x: Any, target: Any, margin: Any, *, reduction: str) -> Any:
    apart = jnp.where(target != 1, at_least_zero(cast(margin, x.dtype) - x), 0)
    return reduced(apart + jnp.where(target != -1, x, 0), reduction)


def _ranking(x: Any, y: Any, target: Any, margin: Any, *, reduction: str) -> Any:
    return reduced(at_least_zero(cast(margin, x.dtype) - target * (x - y)), reduction)


def _soft_margin(x: Any, target: Any, *, reduction: str) -> Any:
    return reduced(jnp.log1p(jnp.exp(-x * target)), reduction)


def _multilabel_soft_margin(x: Any, target: Any, *weight: Any, reduction: str) -> Any:
    losses = -(target * jax.nn.log_sigmoid(x) + (1 - target) * jax.nn.log_sigmoid(-x))
    return reduced(jnp.mean(losses * weight[0] if weight else losses, -1), reduction)


def _multi_margin(x: Any, target: Any, margin: Any, *weight: Any, power: int, reduction: str) -> Any:
    rows, classes = jnp.atleast_2d(x), jnp.atleast_1d(target)[:, None]
    lack = cast(margin, x.dtype) - jnp.take_along_axis(rows, classes, 1) + rows
    losses = jnp.where((lack > 0) & (jnp.arange(rows.shape[1]) != classes), lack**power, 0)
    losses = losses * weight[0][classes] if weight else losses
    losses = jnp.sum(losses, 1) / rows.shape[1]
    return reduced(losses if x.ndim == 2 else losses[0], reduction)


def _multilabel_margin(x: Any, target: Any, *, reduction: str) -> Any:
    rows, labels = jnp.atleast_2d(x), jnp.atleast_2d(target)
    listed = jnp.cumsum(labels < 0, 1) == 0  # a row's labels end at the first negative one
    index = jnp.where(listed, labels, 0)
    is_label = jnp.any(listed[:, :, None] & (index[:, :, None] == jnp.arange(rows.shape[1])), 1)
    lack = 1 - jnp.take_along_axis(rows, index, 1)[:, :, None] + rows[:, None, :]
    counted = listed[:, :, None] & ~is_label[:, None, :] & (lack > 0)
    losses = jnp.sum(jnp.where(counted, lack, 0), (1, 2)) / rows.shape[1]
    return reduced(losses if x.ndim == 2 else losses[0], reduction)


HINGE_EMBEDDING = Op("hinge_embedding_loss", common(_hinge_embedding), label=node_of("Add"))
RANKING = Op("margin_ranking_loss", common(_ranking), label=node_of("ClampMin"))
SOFT_MARGIN = Op("soft_margin_loss", common(_soft_margin))
MULTILABEL_SOFT_MARGIN = Op("multilabel_soft_margin_loss", common(_multilabel_soft_margin), label=node_of("Div"))
MULTI_MARGIN = Op("multi_margin_loss", _multi_margin)
MULTILABEL_MARGIN = Op("multilabel_margin_loss", _multilabel_margin)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x where the target is 1, `max(0, margin - x)` where it is -1.

    Args:
        input: Distances.
        target: 1 or -1, of the same shape.
        margin: How far apart unlike pairs should be.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.
    """
    return apply(HINGE_EMBEDDING, (checked_reduction(reduction, size_average, reduce),), input, target, float(margin))


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, margin - target * (input1 - input2))`; a target of 1 says that the first should be larger."""
    reduction = checked_reduction(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return apply(RANKING, (reduction,), input1, input2, target, float(margin))


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`log(1 + exp(-target * input))` for targets of 1 or -1."""
    return apply(SOFT_MARGIN, (checked_reduction(reduction, size_average, reduce),), input, target)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean over classes (the last dimension) of the binary cross entropy of logits."""
    reduction = legacy_reduction(size_average, reduce, reduction)
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    return apply(MULTILABEL_SOFT_MARGIN, (reduction,), input, target, *(() if weight is None else (weight,)))


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean over the other classes j of `max(0, margin - x[target] + x[j])^p`.

    Args:
        input: `[batch, classes]` or `[classes]`.
        target: Class indices, `[batch]` or a scalar.
        p: 1 or 2.
        margin: How much larger the target's score should be.
        weight: `[classes]`: a factor for each target class.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.

    Raises:
        ValueError: Another p, or a weight of another shape.
        RuntimeError: Shapes that do not fit, or a known target out of range.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    _check_multi_margin(input, target, weight)
    _check_classes(target, input.shape[-1] if input.ndim else 1, low=0, text="target out of range")
    given = () if weight is None else (weight,)
    input = input if input.ndim else input.reshape(1)
    return apply(MULTI_MARGIN, (p, reduction), input, target, float(margin), *given)


def _check_multi_margin(x: Tensor, target: Tensor, weight: Tensor | None) -> None:
    _check_rows(x)
    count = x.shape[0] if x.ndim == 2 else 1
    if target.shape != (count,) and not (target.ndim == 0 and x.ndim < 2):
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{count}], but got {list(target.shape)}. Input has shape {list(x.shape)}."
        )
    classes = x.shape[-1] if x.ndim else 1
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    if target._aval.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {scalar_name(target._aval.dtype)}")
    if weight is not None and weight._aval.dtype != x._aval.dtype:
        kinds = scalar_name(x._aval.dtype), scalar_name(weight._aval.dtype)
        raise RuntimeError(f"expected scalar type {kinds[0]} but found {kinds[1]}")


def _check_rows(x: Tensor) -> None:
    if x.ndim > 2 or (x.ndim and not x.shape[-1]):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(x.shape)}"
        )


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Sum over labels i and the other classes j of `max(0, 1 - x[i] + x[j])`, divided by the number of classes.

    Args:
        input: `[batch, classes]` or `[classes]`.
        target: The same shape: a row's labels, ended by -1.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    _check_rows(input)
    if target.shape != input.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    if target._aval.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {scalar_name(target._aval.dtype)}")
    input, target = (x if x.ndim else x.reshape(1) for x in (input, target))
    _check_classes(target, input.shape[-1], low=-1, text="argument #2 'target' is out of range")
    return apply(MULTILABEL_MARGIN, (reduction,), input, target)


def _check_classes(target: Tensor, classes: int, low: int, text: str) -> None:
    def check(found: np.ndarray) -> None:
        if found.size and not (low <= np.min(found) and np.max(found) < classes):
            raise RuntimeError(text)

    expect(target, check)
