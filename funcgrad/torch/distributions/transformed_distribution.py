"""TransformedDistribution: what samples become under a chain of transforms."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.distribution import Distribution
from funcgrad.torch.distributions.independent import Independent
from funcgrad.torch.distributions.transforms import ComposeTransform, Transform
from funcgrad.torch.distributions.utils import sum_rightmost


class TransformedDistribution(Distribution):
    """The distribution of transform(x) for x from a base.

    Args:
        base_distribution: Of x.
        transforms: One transform, or a list that is applied in its order.
        validate_args: Whether to check values.

    Raises:
        ValueError: No such transforms, or a base with too few dimensions.
    """

    arg_constraints = {}

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: bool | None = None) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(self.transforms, list) or not all(isinstance(t, Transform) for t in self.transforms):
            raise ValueError("transforms must be a Transform or a list of Transforms")
        chain = ComposeTransform(self.transforms)
        self.base_dist = _fitted(base_distribution, chain)
        shape = chain.forward_shape(self.base_dist.batch_shape + self.base_dist.event_shape)
        change = chain.codomain.event_dim - chain.domain.event_dim
        event_dim = max(chain.codomain.event_dim, len(self.base_dist.event_shape) + change)
        super().__init__(shape[: len(shape) - event_dim], shape[len(shape) - event_dim :], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        chain = ComposeTransform(self.transforms)
        shape = chain.inverse_shape(Size(batch_shape) + self._event_shape)
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        return new

    def _reached(self) -> Any:
        last = self.transforms[-1].codomain if self.transforms else self.base_dist.support
        more = len(self._event_shape) - last.event_dim
        return constraints.independent(last, more) if more > 0 else last

    support: Any = constraints.dependent_property(_reached, is_discrete=False)
    has_rsample: Any = property(lambda self: self.base_dist.has_rsample)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        total: Any = 0.0
        event_dim, y = len(self._event_shape), value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            stretch = transform.log_abs_det_jacobian(x, y)
            total = total - sum_rightmost(stretch, event_dim - transform.domain.event_dim)
            y = x
        return total + sum_rightmost(self.base_dist.log_prob(y), event_dim - len(self.base_dist.event_shape))

    def cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        self.base_dist._check(value)
        return self._mirrored(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._forward(self.base_dist.icdf(self._mirrored(value)))

    def _forward(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def _mirrored(self, probability: Tensor) -> Tensor:
        """The probability from the other side, where the transforms decrease."""
        sign = math.prod(transform.sign for transform in self.transforms)
        return probability if isinstance(sign, int) and sign == 1 else sign * (probability - 0.5) + 0.5


def _fitted(base: Any, chain: ComposeTransform) -> Any:
    """The base, expanded to what the transforms broadcast to, and with an event of their dimensions."""
    shape = base.batch_shape + base.event_shape
    needed = chain.domain.event_dim
    if len(shape) < needed:
        raise ValueError(f"base_distribution needs to have shape with size at least {needed}, but got {shape}.")
    wider = chain.inverse_shape(chain.forward_shape(shape))
    if wider != shape:
        base = base.expand(wider[: len(wider) - len(base.event_shape)])
    more = needed - len(base.event_shape)
    return Independent(base, more) if more > 0 else base
