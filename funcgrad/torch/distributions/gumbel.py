"""Gumbel: the largest of many exponentials."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.transformed_distribution import TransformedDistribution
from funcgrad.torch.distributions.transforms import AffineTransform, ExpTransform
from funcgrad.torch.distributions.uniform import Uniform
from funcgrad.torch.distributions.utils import broadcast_all, finfo

_EULER = 0.57721566490153286060


class Gumbel(TransformedDistribution):
    """loc - scale · log(-log(u)) for u from U(0, 1).

    Args:
        loc: The mode.
        scale: The width.
        validate_args: Whether to check values.
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = finfo(self.loc)
        base = Uniform(
            self.loc.new_full(self.loc.shape, float(limits.tiny)),
            self.loc.new_full(self.loc.shape, 1 - float(limits.eps)),
            validate_args=False,
        )
        super().__init__(base, self._steps(), validate_args)

    def _steps(self) -> list[Any]:
        log, negate = ExpTransform().inv, AffineTransform(0, self.scale.new_full(self.scale.shape, -1.0))
        return [log, negate, log, AffineTransform(self.loc, -self.scale)]

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.transforms = new._steps()
        return new

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * _EULER

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Tensor:
        return self.stddev.pow(2)

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + _EULER)
