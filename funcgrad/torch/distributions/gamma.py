"""Gamma: the waiting time for several events at a rate."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.random_rates import IGAMMA, standard_gamma
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.exp_family import ExponentialFamily
from funcgrad.torch.distributions.utils import broadcast_all, finfo


class Gamma(ExponentialFamily):
    """The density rateᵃ xᵃ⁻¹ exp(-rate · x) / Γ(a), for the concentration a.

    Args:
        concentration: The shape, mean times rate.
        rate: The inverse of the scale.
        validate_args: Whether to check values.
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support: Any = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.pow(2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        drawn = standard_gamma(self.concentration.expand(shape)) / self.rate.expand(shape)
        tiny = float(finfo(drawn).tiny)
        return drawn + (drawn.detach().clamp(min=tiny) - drawn.detach())  # the gradient is that of the unclamped draw

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        a = self.concentration
        return a.xlogy(self.rate) + (a - 1).xlogy(value) - self.rate * value - a.lgamma()

    def cdf(self, value: Tensor) -> Tensor:
        self._check(value)
        return apply(IGAMMA, (), self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1.0 - a) * a.digamma()
