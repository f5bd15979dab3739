"""HalfNormal: the size of a centred normal."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions._half import Half
from funcgrad.torch.distributions.normal import Normal
from funcgrad.torch.distributions.transforms import AbsTransform


class HalfNormal(Half):
    """|x| for x from N(0, scale²).

    Args:
        scale: The standard deviation of x.
        validate_args: Whether to check values.
    """

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2) * (1 - 2 / math.pi)
