"""Losses of distances and angles between vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.choice import MINIMUM
from funcgrad.torch._ops.loss_reduction import at_least_zero, checked_reduction, node_of, reduced
from funcgrad.torch._ops.promotion import cast, common, result_type
from funcgrad.torch._ops.similarity import pairwise_distance
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

_EPSILON = 1e-12


def _cosine_embedding(x: Any, y: Any, target: Any, margin: Any, *, reduction: str) -> Any:
    dtype = result_type((x, y))
    x, y = cast(x, dtype), cast(y, dtype)
    lengths = [jnp.sum(a * a, -1) + _EPSILON for a in (x, y)]
    cosine = jnp.sum(x * y, -1) / jnp.sqrt(lengths[0] * lengths[1])
    apart = at_least_zero(cosine - cast(margin, x.dtype))
    return reduced(jnp.where(target == 1, 1 - cosine, 0) + jnp.where(target == -1, apart, 0), reduction)


def _triplet(near: Any, far: Any, margin: Any, *, reduction: str) -> Any:
    return reduced(at_least_zero(cast(margin, near.dtype) + near - far), reduction)


COSINE_EMBEDDING = Op("cosine_embedding_loss", _cosine_embedding, label=node_of("Add"))
TRIPLET = Op("triplet_margin_loss", common(_triplet), label=node_of("ClampMin"))


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`1 - cos` where the target is 1, `max(0, cos - margin)` where it is -1.

    Args:
        input1: `[batch, dim]` or `[dim]`.
        input2: The same shape.
        target: 1 or -1, `[batch]` or a scalar.
        margin: The largest cosine that unlike pairs may have.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.

    Raises:
        RuntimeError: Numbers of dimensions that do not fit.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.ndim not in (0, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not input1.ndim == input2.ndim == target.ndim + 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    return apply(COSINE_EMBEDDING, (reduction,), input1, input2, target, float(margin))


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, margin + d(anchor, positive) - d(anchor, negative))` for the p-distance d.

    Args:
        anchor: `[batch, dim]` or `[dim]`.
        positive: Like the anchor.
        negative: Unlike the anchor.
        margin: How much farther the negative should be.
        p: Of the distance.
        eps: Added to differences.
        swap: Whether the negative's distance is the smaller one to anchor and positive.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.

    Raises:
        ValueError: The margin is not positive.
    """

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return pairwise_distance(a, b, p, eps)

    reduction = checked_reduction(reduction, size_average, reduce)
    return _of_triplets(anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The triplet loss with any distance; arguments as for `triplet_margin_loss`."""
    reduction = checked_reduction(reduction)
    return _of_triplets(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _of_triplets(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = apply(MINIMUM, (), far, distance(positive, negative))
    return apply(TRIPLET, (reduction,), near, far, float(margin))
