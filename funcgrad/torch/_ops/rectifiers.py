"""Activations as `torch.nn.functional` has them: with `inplace`, and under names that end in an underscore."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from funcgrad.torch._ops import activation, stochastic
from funcgrad.torch._ops.rows import named, require_tensor
from funcgrad.torch._tensor import Tensor


def relu(input: Any, inplace: bool = False) -> Tensor:
    """`max(x, 0)`; the gradient at 0 is 0."""
    require_tensor(input, "relu")
    return input.relu_() if inplace else input.relu()


def sigmoid(input: Any) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return input.sigmoid()


def tanh(input: Any) -> Tensor:
    """Hyperbolic tangent."""
    return input.tanh()


def _in_place(call: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return named(functools.partial(call, inplace=True), f"{call.__name__}_")


relu_, leaky_relu_, elu_, selu_, celu_, hardtanh_, threshold_, rrelu_ = map(
    _in_place,
    (
        relu,
        activation.leaky_relu,
        activation.elu,
        activation.selu,
        activation.celu,
        activation.hardtanh,
        activation.threshold,
        stochastic.rrelu,
    ),
)
