"""ExponentialFamily: distributions whose logarithmic density is linear in natural parameters, so that entropy follows.

A class that gives its natural parameters and its normalizer needs no entropy of its own.
"""

from __future__ import annotations

from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.autograd import grad
from funcgrad.torch.distributions.distribution import Distribution


class ExponentialFamily(Distribution):
    """Densities of the form exp(<natural parameters, statistics> - normalizer + carrier measure)."""

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        """The natural parameters."""
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Any) -> Tensor:
        """The logarithm of what the density is divided by, of natural parameters."""
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> float:
        """The expected carrier measure."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The entropy, by the normalizer's gradient, which is the expected statistics."""
        natural = [p.detach().requires_grad_() for p in self._natural_params]
        normalizer = self._log_normalizer(*natural)
        entropy = normalizer - self._mean_carrier_measure
        for parameter, expected in zip(natural, grad(normalizer.sum(), natural, create_graph=True), strict=True):
            entropy = entropy - (parameter * expected).reshape((*self.batch_shape, -1)).sum(-1)
        return entropy
