"""VonMises: a normal distribution's counterpart on the circle."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops import random
from funcgrad.torch._ops.choice import where
from funcgrad.torch._ops.creation import zeros
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import float64
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.distribution import Distribution
from funcgrad.torch.distributions.utils import broadcast_all
from funcgrad.torch.special import i0e, i1e


class VonMises(Distribution):
    """The density exp(concentration · cos(x - loc)) / (2π · I₀(concentration)) of angles.

    Args:
        loc: The mean angle, in radians.
        concentration: How close angles are to it; for large ones 1 / variance.
        validate_args: Whether to check values.
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        """One minus the length of the mean direction."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        shifted = self.concentration * ((value - self.loc).cos() - 1)
        return shifted - math.log(2 * math.pi) - i0e(self.concentration).log()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Angles in [-π, π), by Best and Fisher's rejection from a wrapped Cauchy distribution.

        How many numbers that takes is not known before, so each round is looked at. They are float64, as PyTorch's.
        """
        with no_grad():
            loc, concentration = self.loc.to(float64), self.concentration.to(float64)
            bound = _bound(concentration)
            angle = zeros(self._extended_shape(sample_shape), dtype=float64)
            done = angle > 0
            while not done.all():
                first, second, third = random.rand((3, *angle.shape), dtype=float64).unbind()
                direction = (math.pi * first).cos()
                cosine = (1 + bound * direction) / (bound + direction)
                excess = concentration * (bound - cosine)
                accepted = (excess * (2 - excess) > second) | ((excess / second).log() + 1 - excess >= 0)
                angle = where(accepted, (third - 0.5).sign() * cosine.acos(), angle)
                done = done | accepted
            return ((angle + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)


def _bound(concentration: Tensor) -> Tensor:
    """The parameter of the wrapped Cauchy distribution above the density; for tiny concentrations its series."""
    widened = 1 + (1 + 4 * concentration**2).sqrt()
    radius = (widened - (2 * widened).sqrt()) / (2 * concentration)
    return where(concentration < 1e-5, 1 / concentration + concentration, (1 + radius**2) / (2 * radius))
