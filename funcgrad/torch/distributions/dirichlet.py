"""Dirichlet: vectors of probabilities."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._ops.choice import where
from funcgrad.torch._ops.random_rates import standard_gamma
from funcgrad.torch._ops.selection import one_hot
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.exp_family import ExponentialFamily


class Dirichlet(ExponentialFamily):
    """The density of vectors x of sum 1 in proportion to the product of xₖ^(aₖ - 1).

    Args:
        concentration: The exponents a, of shape (*batch, K).
        validate_args: Whether to check values.
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.ndim < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(min=0.0)
        inside = above / above.sum(-1, keepdim=True)
        corner = one_hot(inside.argmax(-1), self._event_shape[0]).to(inside)
        return where((self.concentration < 1).all(-1, keepdim=True), corner, inside)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Gamma draws divided by their sum: PyTorch's values, with another of the unbiased gradients."""
        drawn = standard_gamma(self.concentration.double().expand(self._extended_shape(sample_shape)))
        return (drawn / drawn.sum(-1, keepdim=True)).type_as(self.concentration)

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        a = self.concentration
        return (a - 1.0).xlogy(value).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self) -> Tensor:
        a, total = self.concentration, self.concentration.sum(-1)
        normaliser = a.lgamma().sum(-1) - total.lgamma()
        return normaliser - (a.shape[-1] - total) * total.digamma() - ((a - 1.0) * a.digamma()).sum(-1)
