"""MixtureSameFamily: one of several distributions of a family, chosen by a categorical."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.activation import log_softmax
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.categorical import Categorical
from funcgrad.torch.distributions.distribution import Distribution


class MixtureSameFamily(Distribution):
    """A mixture; its components are the last batch dimension of one distribution.

    Args:
        mixture_distribution: A `Categorical` of K weights, of batch shape (*batch,) or ().
        component_distribution: The components, of batch shape (*batch, K).
        validate_args: Whether to check values.

    Raises:
        ValueError: They are no such, or their shapes do not fit.
    """

    arg_constraints = {}

    def __init__(
        self, mixture_distribution: Any, component_distribution: Any, validate_args: bool | None = None
    ) -> None:
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        self._check_parts()
        super().__init__(component_distribution.batch_shape[:-1], component_distribution.event_shape, validate_args)

    def _check_parts(self) -> None:
        mixture, component = self._mixture_distribution, self._component_distribution
        if not isinstance(mixture, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component, Distribution):
            raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
        theirs = component.batch_shape[:-1]
        for ours, size in zip(reversed(mixture.batch_shape), reversed(theirs), strict=False):
            if ours != 1 and size != 1 and ours != size:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({mixture.batch_shape}) is not compatible with "
                    f"`component_distribution.batch_shape`({theirs})"
                )
        km, kc = mixture.logits.shape[-1], component.batch_shape[-1]
        if km != kc:
            raise ValueError(
                f"`mixture_distribution component` ({km}) does not equal"
                f" `component_distribution.batch_shape[-1]` ({kc})"
            )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        components = self._mixture_distribution.param_shape[-1:]
        new._component_distribution = self._component_distribution.expand(Size(batch_shape) + components)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        return new

    @constraints.dependent_property
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Any:
        """The weights."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """The components."""
        return self._component_distribution

    @property
    def mean(self) -> Tensor:
        return self._averaged(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        inner = self._averaged(self._component_distribution.variance)
        away = self._component_distribution.mean - self._pad(self.mean)
        return inner + self._averaged(away.pow(2.0))

    @property
    def _place(self) -> int:
        """The components' dimension."""
        return -1 - len(self._event_shape)

    def _pad(self, x: Tensor) -> Tensor:
        return x.unsqueeze(self._place)

    def _pad_mixture_dimensions(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape, *(1 for _ in self._event_shape))

    def _averaged(self, values: Tensor) -> Tensor:
        return (self._pad_mixture_dimensions(self._mixture_distribution.probs) * values).sum(self._place)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            chosen = self._mixture_distribution.sample(sample_shape)
            drawn = self._component_distribution.sample(sample_shape)
        dim = drawn.ndim + self._place
        places = chosen.reshape(*chosen.shape, *(1 for _ in drawn.shape[chosen.ndim :]))
        return drawn.gather(dim, places.expand(*drawn.shape[:dim], 1, *self._event_shape)).squeeze(dim)

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        inner = self._component_distribution.log_prob(self._pad(value))
        return (inner + log_softmax(self._mixture_distribution.logits, dim=-1)).logsumexp(dim=-1)

    def cdf(self, value: Tensor) -> Tensor:
        inner = self._component_distribution.cdf(self._pad(value))
        return (inner * self._mixture_distribution.probs).sum(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
