"""NegativeBinomial: the successes before a number of failures."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops import random_rates
from funcgrad.torch._ops.activation import logsigmoid
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions._log_odds import OfLogOdds
from funcgrad.torch.distributions.gamma import Gamma


class NegativeBinomial(OfLogOdds):
    """Successes before `total_count` failures.

    Args:
        total_count: The failures, which need not be whole.
        probs: Probability of a success.
        logits: Its log-odds instead.
        validate_args: Whether to check values.
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        (total_count,) = self._give(probs, logits, total_count)
        self.total_count = total_count.type_as(self._param)
        super().__init__(self._param.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return random_rates.poisson(rates.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        n, k = self.total_count, value
        unnormalised = n * logsigmoid(-self.logits) + k * logsigmoid(self.logits)
        normaliser = -(n + k).lgamma() + (1.0 + k).lgamma() + n.lgamma()
        return unnormalised - normaliser.masked_fill(n + k == 0.0, 0.0)
