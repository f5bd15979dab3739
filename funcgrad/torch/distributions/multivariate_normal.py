"""MultivariateNormal: a normal vector, by the Cholesky factor of its covariance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from funcgrad.torch._ops.cholesky import cholesky, solve_triangular
from funcgrad.torch._ops.creation import eye
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.distribution import Distribution
from funcgrad.torch.distributions.utils import lazy_property, standard_normal

_MATRICES = ("covariance_matrix", "precision_matrix", "scale_tril")


def _batch_mv(bmat: Tensor, bvec: Tensor) -> Tensor:
    """The products of matrices (*, n, n) with vectors (*, n)."""
    return (bmat @ bvec.unsqueeze(-1)).squeeze(-1)


def _batch_mahalanobis(bL: Tensor, bx: Tensor) -> Tensor:
    """The squared distance xᵀ (L Lᵀ)⁻¹ x, for L of shape (*, n, n) and x of shape (*, n)."""
    return solve_triangular(bL, bx.unsqueeze(-1)).squeeze(-1).pow(2).sum(-1)


def half_log_det(scale_tril: Tensor) -> Tensor:
    """Half the logarithm of the determinant of L Lᵀ."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def _precision_to_scale_tril(P: Tensor) -> Tensor:
    """The Cholesky factor of a matrix's inverse, without inverting it: flipped, the factor is an inverse's."""
    flipped = cholesky(P.flip(-2, -1))
    return solve_triangular(flipped.flip(-2, -1).mT, eye(P.shape[-1], dtype=P.dtype))


class MultivariateNormal(Distribution):
    """N(loc, covariance_matrix); exactly one of the three matrices is given, each of shape (*batch, n, n).

    Args:
        loc: The mean, of shape (*batch, n).
        covariance_matrix: Positive definite.
        precision_matrix: Its inverse.
        scale_tril: Its lower triangular Cholesky factor.
        validate_args: Whether to check values.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = self._only(loc, (covariance_matrix, precision_matrix, scale_tril))
        batch, event = np.broadcast_shapes(loc.shape[:-1], matrix.shape[:-2]), loc.shape[-1:]
        self.loc = loc.expand(batch + event)
        setattr(self, name, matrix.expand(batch + matrix.shape[-2:]))
        super().__init__(batch, event, validate_args)
        factor = {"covariance_matrix": cholesky, "precision_matrix": _precision_to_scale_tril}.get(name)
        self._unbroadcasted_scale_tril = matrix if factor is None else factor(matrix)  # gpytorch has its own

    @staticmethod
    def _only(loc: Tensor, matrices: tuple[Any, ...]) -> tuple[str, Tensor]:
        if loc.ndim < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = [(name, matrix) for name, matrix in zip(_MATRICES, matrices, strict=True) if matrix is not None]
        if len(given) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        name, matrix = given[0]
        if matrix.ndim < 2:
            shown = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(f"{shown} must be at least two-dimensional, with optional leading batch dimensions")
        return name, matrix

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return self._unbroadcasted_scale_tril.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return self.scale_tril @ self.scale_tril.mT

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        inverse = solve_triangular(self.scale_tril, eye(self.loc.shape[-1], dtype=self.loc.dtype))
        return inverse.mT @ inverse

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + _batch_mv(self._unbroadcasted_scale_tril, eps)

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        distance = _batch_mahalanobis(self.scale_tril, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - half_log_det(self.scale_tril)

    def entropy(self) -> Tensor:
        return 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + half_log_det(self.scale_tril)
