"""RelaxedBernoulli: a Bernoulli smoothed by a temperature, so that samples have gradients."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._ops import random
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions._log_odds import OfLogOdds
from funcgrad.torch.distributions.transformed_distribution import TransformedDistribution
from funcgrad.torch.distributions.transforms import SigmoidTransform
from funcgrad.torch.distributions.utils import (
    broadcast_all,
    clamp_probs,
)  # fmt: skip


class LogitRelaxedBernoulli(OfLogOdds):
    """The log-odds of a `RelaxedBernoulli`.

    Args:
        temperature: Near 0 samples lie near 0 and 1.
        probs: Probability of a 1.
        logits: Its log-odds instead.
        validate_args: Whether to check values.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        self._give(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        units = clamp_probs(random.rand(shape, dtype=probs.dtype))
        return (units.log() - (-units).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        logits, value = broadcast_all(self.logits, value)
        away = logits - value * self.temperature
        return self.temperature.log() + away - 2 * away.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Numbers in (0, 1), the closer to the ends the lower the temperature. See `LogitRelaxedBernoulli`."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Tensor:
        """Near 0 samples lie near 0 and 1."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """Log-odds."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """Probability of a 1."""
        return self.base_dist.probs
