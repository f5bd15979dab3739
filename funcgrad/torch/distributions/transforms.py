"""Transforms: invertible functions that know how they stretch volumes.

Those of numbers are here; of vectors and matrices: `_vector_transforms.py`; what they share: `_transform.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from funcgrad.torch._ops.activation import softmax, softplus
from funcgrad.torch._ops.creation import full
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions._parted_transforms import CatTransform as CatTransform
from funcgrad.torch.distributions._parted_transforms import StackTransform as StackTransform
from funcgrad.torch.distributions._transform import ComposeTransform as ComposeTransform
from funcgrad.torch.distributions._transform import Transform as Transform
from funcgrad.torch.distributions._transform import _InverseTransform as _InverseTransform
from funcgrad.torch.distributions._transform import identity_transform as identity_transform
from funcgrad.torch.distributions._transform import same, widened
from funcgrad.torch.distributions._vector_transforms import CorrCholeskyTransform as CorrCholeskyTransform
from funcgrad.torch.distributions._vector_transforms import IndependentTransform as IndependentTransform
from funcgrad.torch.distributions._vector_transforms import LowerCholeskyTransform as LowerCholeskyTransform
from funcgrad.torch.distributions._vector_transforms import PositiveDefiniteTransform as PositiveDefiniteTransform
from funcgrad.torch.distributions._vector_transforms import ReshapeTransform as ReshapeTransform
from funcgrad.torch.distributions._vector_transforms import StickBreakingTransform as StickBreakingTransform
from funcgrad.torch.distributions.utils import clipped_sigmoid, finfo, sum_rightmost


class _Monotone(Transform):
    """A bijection of numbers that increases."""

    domain: Any = constraints.real
    bijective = True
    sign: Any = 1


class ExpTransform(_Monotone):
    """y = exp(x)."""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class PowerTransform(_Monotone):
    """y = x ** exponent, for positive x."""

    domain = constraints.positive
    codomain = constraints.positive

    def __init__(self, exponent: Tensor, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = exponent

    @property
    def sign(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.exponent.sign()

    def _parameters(self) -> tuple[Any, ...]:
        return (self.exponent,)

    def _call(self, x: Tensor) -> Tensor:
        return x.pow(self.exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()


_clipped_sigmoid = clipped_sigmoid  # under the name that forecasting libraries import


class SigmoidTransform(_Monotone):
    """y = 1 / (1 + exp(-x))."""

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return clipped_sigmoid(x)

    def _inverse(self, y: Tensor) -> Tensor:
        limits = finfo(y)
        inside = y.clamp(min=float(limits.tiny), max=1.0 - float(limits.eps))
        return inside.log() - (-inside).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(_Monotone):
    """y = log(1 + exp(x))."""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x)


class TanhTransform(_Monotone):
    """y = tanh(x)."""

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


class AbsTransform(Transform):
    """y = |x|, of which the inverse takes the positive one."""

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class AffineTransform(Transform):
    """y = loc + scale · x.

    Args:
        loc: A tensor or a number.
        scale: A tensor or a number.
        event_dim: Dimensions that are one event.
        cache_size: See `Transform`.
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc = loc
        self.scale = scale
        self.domain = self.codomain = widened(constraints.real, event_dim)

    @property
    def sign(self) -> Any:
        return self.scale.sign() if isinstance(self.scale, Tensor) else (self.scale > 0) - (self.scale < 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AffineTransform) and same(self.loc, other.loc) and same(self.scale, other.scale)

    __hash__ = Transform.__hash__

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        scale = self.scale
        stretch = scale.abs().log() if isinstance(scale, Tensor) else full(x.shape, math.log(abs(scale)), dtype=x.dtype)
        return sum_rightmost(stretch.expand(x.shape), self.event_dim)

    def forward_shape(self, shape: Size) -> Size:
        own = [value.shape for value in (self.loc, self.scale) if isinstance(value, Tensor)]
        return Size(np.broadcast_shapes(shape, *own))

    inverse_shape = forward_shape


class SoftmaxTransform(Transform):
    """From any vector to probabilities: exp, divided by the sum. Not a bijection."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return softmax(x, dim=-1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()


class CumulativeDistributionTransform(Transform):
    """y = the probability of a sample not above x.

    Args:
        distribution: Of the samples.
        cache_size: See `Transform`.
    """

    bijective = True
    domain: Any = constraints.real
    codomain = constraints.unit_interval
    sign: Any = 1

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_prob(x)


__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]
