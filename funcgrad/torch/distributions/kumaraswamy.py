"""Kumaraswamy: a distribution on [0, 1] like `Beta`, of which the quantiles are a formula."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.transformed_distribution import TransformedDistribution
from funcgrad.torch.distributions.transforms import AffineTransform, PowerTransform
from funcgrad.torch.distributions.uniform import Uniform
from funcgrad.torch.distributions.utils import broadcast_all

_EULER = 0.57721566490153286060


class Kumaraswamy(TransformedDistribution):
    """(1 - x^(1 / b))^(1 / a) for x uniform in [0, 1].

    Args:
        concentration1: The exponent a.
        concentration0: The exponent b.
        validate_args: Whether to check values.
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        zeros = self.concentration0.new_zeros(self.concentration0.shape)
        super().__init__(Uniform(zeros, zeros + 1, validate_args=validate_args), self._steps(), validate_args)

    def _steps(self) -> list[Any]:
        powers = (PowerTransform(c.reciprocal()) for c in (self.concentration0, self.concentration1))
        return [next(powers), AffineTransform(1.0, -1.0), next(powers)]

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.concentration1, new.concentration0 = (
            c.expand(batch_shape) for c in (self.concentration1, self.concentration0)
        )
        new.transforms = new._steps()
        return new

    def _moment(self, order: int) -> Tensor:
        a, b = 1 + order / self.concentration1, self.concentration0
        return b * (a.lgamma() + b.lgamma() - (a + b).lgamma()).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        log_mode = b.reciprocal() * (-b).log1p() - (-b * a).log1p()
        return log_mode.masked_fill((b < 1) | (a < 1), math.nan).exp()

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self.mean.pow(2)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return 1 - b.reciprocal() + (1 - a.reciprocal()) * ((b + 1).digamma() + _EULER) - a.log() - b.log()
