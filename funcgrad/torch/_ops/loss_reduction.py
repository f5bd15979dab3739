"""Reductions of losses: to a mean, a sum, or not at all."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from funcgrad.errors import warn
from funcgrad.torch._tensor import Tensor

REDUCTIONS = ("none", "mean", "sum")


def reduced(losses: Any, reduction: str) -> Any:
    """The losses, their mean or their sum."""
    return losses if reduction == "none" else jnp.mean(losses) if reduction == "mean" else jnp.sum(losses)


def checked_reduction(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction that is asked for, in its name or in the two old keywords.

    Raises:
        ValueError: There is no such reduction.
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that the two old keywords ask for, with PyTorch's warning; `reduction` where neither is given."""
    if size_average is None and reduce is None:
        return reduction
    chosen = "none" if reduce is False else "sum" if size_average is False else "mean"
    warn(f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.")
    return chosen


def sizes(x: Any) -> tuple[int, ...]:
    """The shape of a loss's argument; what is no tensor is asked too, as PyTorch does, and refuses in its own words."""
    return x._aval.shape if isinstance(x, Tensor) else x.size()


def warn_of_broadcast(input: Tensor, target: Tensor) -> None:
    """Warn of a target that will be broadcast, in PyTorch's words."""
    if sizes(input) != sizes(target):
        warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        )


def at_least_zero(x: Any) -> Any:
    """`max(x, 0)` whose gradient at 0 is 1, as `clamp` has it."""
    return jnp.where(x >= 0, x, 0)
