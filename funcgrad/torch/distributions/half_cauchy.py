"""HalfCauchy: the size of a centred Cauchy variable."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions._half import Half
from funcgrad.torch.distributions.cauchy import Cauchy
from funcgrad.torch.distributions.transforms import AbsTransform


class HalfCauchy(Half):
    """|x| for a Cauchy variable x around 0.

    Args:
        scale: The half width of x.
        validate_args: Whether to check values.
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale.new_full(self._extended_shape(), math.inf)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance
