"""ContinuousBernoulli: numbers in [0, 1] with a density in proportion to a Bernoulli's formula."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._ops import random
from funcgrad.torch._ops.choice import where
from funcgrad.torch._ops.loss_likelihood import binary_cross_entropy_with_logits
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions._log_odds import OfLogOdds
from funcgrad.torch.distributions.exp_family import ExponentialFamily
from funcgrad.torch.distributions.utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs


class ContinuousBernoulli(OfLogOdds, ExponentialFamily):
    """The density C(λ) · λˣ · (1 - λ)¹⁻ˣ on [0, 1], for λ = `probs`, which is not its mean.

    Near λ = 1/2 the closed forms cancel, and their series stand for them.

    Args:
        probs: λ, between 0 and 1.
        logits: Its log-odds instead.
        lims: Where the series begin and end.
        validate_args: Whether to check values.

    Source: Loaiza-Ganem and Cunningham, "The continuous Bernoulli", 2019.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._give(probs, logits)
        if probs is not None:
            if validate_args is not None and not self.arg_constraints["probs"].check(self.probs).all():
                raise ValueError("The parameter probs has invalid values")
            self.__dict__["probs"] = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(self._param.shape, validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        """λ."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _away(self) -> Tensor:
        """Where the closed forms hold."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut(self) -> Tensor:
        """λ, or a place next to the series where they hold: so that no gradient is nan."""
        return where(self._away(), self.probs, self._lims[0])

    def _log_norm(self) -> Tensor:
        cut, square = self._cut(), (self.probs - 0.5).pow(2)
        below, above = where(cut <= 0.5, cut, 0.0), where(cut >= 0.5, cut, 1.0)
        width = where(cut <= 0.5, (-2.0 * below).log1p(), (2.0 * above - 1.0).log())
        series = math.log(2.0) + (4 / 3 + 104 / 45 * square) * square
        return where(self._away(), _log_odds(cut).abs().log() - width, series)

    @property
    def mean(self) -> Tensor:
        cut, away = self._cut(), self.probs - 0.5
        closed = cut / (2.0 * cut - 1.0) - 1.0 / _log_odds(cut)
        return where(self._away(), closed, 0.5 + (1 / 3 + 16 / 45 * away.pow(2)) * away)

    @property
    def variance(self) -> Tensor:
        cut, square = self._cut(), (self.probs - 0.5).pow(2)
        closed = cut * (cut - 1.0) / (1.0 - 2.0 * cut).pow(2) + 1.0 / _log_odds(cut).pow(2)
        return where(self._away(), closed, 1 / 12 - (1 / 15 - 128 / 945 * square) * square)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(random.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        logits, value = broadcast_all(self.logits, value)
        return self._log_norm() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value: Tensor) -> Tensor:
        self._check(value)
        cut = self._cut()
        closed = (cut.pow(value) * (1.0 - cut).pow(1.0 - value) + cut - 1.0) / (2.0 * cut - 1.0)
        inside = where(self._away(), closed, value)
        return where(value <= 0, 0.0, where(value >= 1, 1.0, inside))

    def icdf(self, value: Tensor) -> Tensor:
        cut = self._cut()
        raised = (value * (2.0 * cut - 1.0) - cut).log1p() - (-cut).log1p()
        return where(self._away(), raised / _log_odds(cut), value)

    def entropy(self) -> Tensor:
        return -self.mean * _log_odds(self.probs) - self._log_norm() - (-self.probs).log1p()


def _log_odds(probs: Tensor) -> Tensor:
    return probs.log() - (-probs).log1p()
