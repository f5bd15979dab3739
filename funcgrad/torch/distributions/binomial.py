"""Binomial: the successes in a number of trials."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops import random_rates
from funcgrad.torch._ops.creation import arange
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions._log_odds import OfLogOdds


class Binomial(OfLogOdds):
    """Successes in `total_count` trials.

    Args:
        total_count: The trials.
        probs: Probability of a success.
        logits: Its log-odds instead.
        validate_args: Whether to check values.
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        (total_count,) = self._give(probs, logits, total_count)
        self.total_count = total_count.type_as(self._param)
        super().__init__(self._param.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return random_rates.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        n, k, logits = self.total_count, value, self.logits
        choices = (n + 1).lgamma() - (k + 1).lgamma() - (n - k + 1).lgamma()
        log_normaliser = n * _not_below_zero(logits) + n * (-logits.abs()).exp().log1p()
        return k * logits + choices - log_normaliser

    def entropy(self) -> Tensor:
        self._trials("entropy")
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        trials = self._trials("enumerate_support")
        values = arange(1 + trials, dtype=self._param.dtype).reshape(-1, *(1 for _ in self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values

    def _trials(self, name: str) -> int:
        most = int(self.total_count.max())
        if int(self.total_count.min()) != most:
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{name}`.")
        return most


def _not_below_zero(x: Tensor) -> Tensor:
    """max(x, 0), whose gradient at 0 is 1/2: that of the logarithm it belongs to."""
    return (x + x.abs()) / 2
