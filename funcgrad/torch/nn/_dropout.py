"""Dropout layers: in training each drops elements or channels, with PyTorch's own masks."""

from __future__ import annotations

from collections.abc import Callable

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn._module import Module


class _DropoutNd(Module):
    function: Callable[..., Tensor]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input with parts dropped, or in evaluation mode the input."""
        return type(self).function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The probability, and whether it works in place."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Elements are 0 with probability `p`; the others are divided by `1 - p`."""

    function = staticmethod(F.dropout)


class Dropout1d(_DropoutNd):
    """Channels of `[batch, channels, length]` are 0 with probability `p`."""

    function = staticmethod(F.dropout1d)


class Dropout2d(_DropoutNd):
    """Channels of `[batch, channels, height, width]` are 0 with probability `p`."""

    function = staticmethod(F.dropout2d)


class Dropout3d(_DropoutNd):
    """Channels of `[batch, channels, depth, height, width]` are 0 with probability `p`."""

    function = staticmethod(F.dropout3d)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps the mean and variance of selu's outputs."""

    function = staticmethod(F.alpha_dropout)


class FeatureAlphaDropout(_DropoutNd):
    """Alpha dropout of whole channels."""

    function = staticmethod(F.feature_alpha_dropout)
