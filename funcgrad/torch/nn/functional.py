"""torch.nn.functional: layers as functions."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops import loss as _loss
from funcgrad.torch._ops.activation import log_softmax as log_softmax
from funcgrad.torch._ops.activation import softmax as softmax
from funcgrad.torch._ops.linalg import linear as linear
from funcgrad.torch._ops.loss import cross_entropy as cross_entropy
from funcgrad.torch._ops.loss import legacy_reduction as legacy_reduction
from funcgrad.torch._ops.loss import nll_loss as nll_loss
from funcgrad.torch._tensor import Tensor


def relu(input: Any, inplace: bool = False) -> Tensor:
    """`max(x, 0)`; the gradient at 0 is 0."""
    return input.relu_() if inplace else input.relu()


def sigmoid(input: Any) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return input.sigmoid()


def tanh(input: Any) -> Tensor:
    """Hyperbolic tangent."""
    return input.tanh()


def mse_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Tensor:
    """Mean of squared differences."""
    return _loss.mse_loss(input, target, reduction=legacy_reduction(size_average, reduce, reduction))


def l1_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Tensor:
    """Mean of absolute differences."""
    return _loss.l1_loss(input, target, reduction=legacy_reduction(size_average, reduce, reduction))


__getattr__ = _missing_from(__name__)
