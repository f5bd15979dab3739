"""Names of graph nodes that depend on what the operands are, as PyTorch numbers them."""

from __future__ import annotations

from collections.abc import Callable

from funcgrad.trace import Equation

NOT_DIFFERENTIABLE = "torch::autograd::NotImplemented"


def by_operand(name: str, position: int, *, tensor: int, number: int) -> Callable[[Equation], str]:
    """The label of an operator whose node is numbered by whether one operand is a tensor or a number."""
    return lambda equation: f"{name}Backward{number if equation.avals[position] is None else tensor}"


def by_dims(name: str) -> Callable[[Equation], str]:
    """The label of a reduction: 0 over everything, 1 over the dimensions that its first static parameter names."""
    return lambda equation: f"{name}Backward{0 if equation.static[0] is None else 1}"
