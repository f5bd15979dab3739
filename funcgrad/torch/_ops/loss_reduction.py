"""Reductions of losses: to a mean, a sum, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from funcgrad.errors import warn
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation

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
    return old_keywords(size_average, reduce)


def old_keywords(size_average: bool | None, reduce: bool | None, emit_warning: bool = True) -> str:
    """The reduction that the two old keywords ask for, where None stands for True."""
    averaged, is_reduced = (flag is None or bool(flag) for flag in (size_average, reduce))
    chosen = "none" if not is_reduced else "mean" if averaged else "sum"
    if emit_warning:
        warn(f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.")
    return chosen


def sizes(x: Any) -> tuple[int, ...]:
    """The shape of a loss's argument; what is no tensor is asked too, as PyTorch does, and refuses in its own words."""
    return x._aval.shape if isinstance(x, Tensor) else x.size()


def node_of(none: str | Callable[[Equation], str]) -> Callable[[Equation], str]:
    """The name of a loss's node, which is the one of its reduction; `none` where there is no reduction."""

    def label(equation: Equation) -> str:
        reduction = static_of(equation, "reduction")
        if reduction == "none":
            return none if isinstance(none, str) else none(equation)
        return {"mean": "Mean", "sum": "Sum", "batchmean": "Div"}[reduction]

    return label


def node_if_weighted(plain: str | Callable[[Equation], str], operands: int, mean: str) -> Callable[[Equation], str]:
    """The name of the node of a loss that a weight, its last operand, makes a product."""
    nodes = {"none": "Mul", "mean": mean, "sum": "Sum"}

    def label(equation: Equation) -> str:
        if len(equation.avals) > operands:
            return nodes[static_of(equation, "reduction")]
        return plain if isinstance(plain, str) else plain(equation)

    return label


def static_of(equation: Equation, name: str) -> Any:
    """A static parameter by its name."""
    return equation.static[equation.op.static_names.index(name)]


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
