"""What families with the probability of a success share: it is given as such or by its log-odds."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions.distribution import Distribution
from funcgrad.torch.distributions.utils import broadcast_all, lazy_property, logits_to_probs, one_of, probs_to_logits


class OfLogOdds(Distribution):
    """A distribution of `probs` or `logits`, the other of which is computed when it is read."""

    def _give(self, probs: Any, logits: Any, *others: Any) -> tuple[Tensor, ...]:
        """Keep the one that is given, broadcast with other parameters, which are returned.

        Raises:
            ValueError: Both or neither is given.
        """
        name, given = ("probs", probs) if one_of(probs, logits) else ("logits", logits)
        *rest, self.__dict__[name] = broadcast_all(*others, given)
        return tuple(rest)

    @lazy_property
    def logits(self) -> Tensor:
        """Log-odds."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """Probability of a success."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def _param(self) -> Tensor:
        return self.probs if "probs" in self.__dict__ else self.logits

    @property
    def param_shape(self) -> Size:
        """Shape of the probabilities."""
        return self._param.shape
