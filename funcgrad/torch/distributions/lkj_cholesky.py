"""LKJCholesky: Cholesky factors of random correlation matrices."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.creation import arange, zeros
from funcgrad.torch._ops.joining import cat
from funcgrad.torch._ops.random import randn
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.beta import Beta
from funcgrad.torch.distributions.distribution import Distribution
from funcgrad.torch.distributions.utils import broadcast_all, finfo


class LKJCholesky(Distribution):
    """The density of a correlation matrix in proportion to its determinant to the power concentration - 1.

    Args:
        dim: Rows of the matrices.
        concentration: 1 for uniform ones; more prefers small correlations.
        validate_args: Whether to check values.

    Raises:
        ValueError: `dim` is less than 2.

    Source:
        Lewandowski, Kurowicka and Joe (2009), Journal of Multivariate Analysis 100: samples are made by its onion
        method.
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        self._beta = self._lengths()
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def _lengths(self) -> Beta:
        """Of the squared length of each row before its diagonal."""
        row = cat([zeros(1), arange(self.dim - 1.0)]).to(self.concentration.dtype)
        marginal = self.concentration + 0.5 * (self.dim - 2)
        return Beta(row + 0.5, marginal.unsqueeze(-1) - 0.5 * row)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new._beta = self._beta.expand((*Size(batch_shape), self.dim))
        return new

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            length = self._beta.sample(sample_shape).unsqueeze(-1)
            normal = randn(self._extended_shape(sample_shape), dtype=length.dtype).tril(-1)
            direction = normal / normal.norm(dim=-1, keepdim=True)
            direction[..., 0, :].fill_(0.0)
            rows = length.sqrt() * direction
            left = (1 - rows.pow(2).sum(-1)).clamp(min=float(finfo(rows).tiny))
            return rows + left.sqrt().diag_embed()

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        count = self.dim - 1
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1)
        unnormalised = (order * value.diagonal(dim1=-2, dim2=-1)[..., 1:].log()).sum(-1)
        alpha = self.concentration + 0.5 * count
        normaliser = 0.5 * count * math.log(math.pi) + (alpha - 0.5).mvlgamma(count) - alpha.lgamma() * count
        return unnormalised - normaliser
