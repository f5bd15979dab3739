"""Geometric: the failures before the first success."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.loss_likelihood import binary_cross_entropy_with_logits
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions._log_odds import OfLogOdds
from funcgrad.torch.distributions.utils import (
    broadcast_all,
    finfo,
)  # fmt: skip


class Geometric(OfLogOdds):
    """The probabilities (1 - probs)ᵏ · probs of the numbers k from 0 on.

    Args:
        probs: Probability of a success.
        logits: Its log-odds instead.
        validate_args: Whether to check values.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._give(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)
        if self._validate_args and probs is not None:
            self._check_positive(self.probs)

    def _check_positive(self, probs: Tensor) -> None:
        if not (probs > 0).all().item():
            raise ValueError(
                f"Expected parameter probs ({type(probs).__name__} of shape {tuple(probs.shape)}) "
                f"of distribution {self!r} to be positive but found invalid values:\n{probs.detach()[probs <= 0]}"
            )

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return self.probs.new_zeros(self.probs.shape)

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            u = empty(self._extended_shape(sample_shape), dtype=self.probs.dtype)
            u.uniform_(float(finfo(self.probs).tiny), 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        value, probs = broadcast_all(value, self.probs)
        certain = (probs == 1) & (value == 0)
        return value * (-probs.masked_fill(certain, 0)).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
