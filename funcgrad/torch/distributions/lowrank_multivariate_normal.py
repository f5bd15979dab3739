"""LowRankMultivariateNormal: a normal vector whose covariance is a diagonal and a product of two thin matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from funcgrad.torch._ops.cholesky import cholesky, solve_triangular
from funcgrad.torch._ops.creation import eye
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.distribution import Distribution
from funcgrad.torch.distributions.multivariate_normal import _batch_mahalanobis, half_log_det
from funcgrad.torch.distributions.utils import lazy_property, standard_normal


class LowRankMultivariateNormal(Distribution):
    """N(loc, W Wᵀ + D): with few columns of W only a small matrix is factored.

    Args:
        loc: The mean, of shape (*batch, n).
        cov_factor: W, of shape (*batch, n, m).
        cov_diag: The diagonal of D, of shape (*batch, n).
        validate_args: Whether to check values.

    Raises:
        ValueError: The shapes do not fit.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        if loc.ndim < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event = loc.shape[-1:]
        if cov_factor.ndim < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != event:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event[0]} x m")
        if cov_diag.shape[-1:] != event:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event}")
        try:
            batch = np.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except ValueError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = loc.expand(batch + event), cov_diag.expand(batch + event)
        self.cov_factor = cov_factor.expand(batch + cov_factor.shape[-2:])
        super().__init__(batch, event, validate_args)

    @property
    def _weighted(self) -> Tensor:
        """Wᵀ D⁻¹."""
        return self.cov_factor.mT / self.cov_diag.unsqueeze(-2)

    @property
    def _small_factor(self) -> Tensor:
        """The Cholesky factor of 1 + Wᵀ D⁻¹ W."""
        weighted = self._weighted @ self.cov_factor
        return cholesky(weighted + eye(weighted.shape[-1], dtype=weighted.dtype))

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.cov_factor.pow(2).sum(-1) + self.cov_diag

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return cholesky(self.covariance_matrix)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return self.cov_factor @ self.cov_factor.mT + self.cov_diag.diag_embed()

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        solved = solve_triangular(self._small_factor, self._weighted)
        return self.cov_diag.reciprocal().diag_embed() - solved.mT @ solved

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        of_columns = standard_normal((*shape[:-1], self.cov_factor.shape[-1]), self.loc)
        of_rows = standard_normal(shape, self.loc)
        return self.loc + (self.cov_factor @ of_columns.unsqueeze(-1)).squeeze(-1) + self.cov_diag.sqrt() * of_rows

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        difference = value - self.loc
        weighted = (self._weighted @ difference.unsqueeze(-1)).squeeze(-1)
        distance = (difference.pow(2) / self.cov_diag).sum(-1) - _batch_mahalanobis(self._small_factor, weighted)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def _log_det(self) -> Tensor:
        return 2 * half_log_det(self._small_factor) + self.cov_diag.log().sum(-1)

    def entropy(self) -> Tensor:
        return 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())
