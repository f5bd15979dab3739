"""Wishart: random positive definite matrices, like the scatter of normal vectors."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._ops.cholesky import cholesky
from funcgrad.torch._ops.creation import arange, eye, tensor
from funcgrad.torch._ops.matrix import cholesky_solve, slogdet
from funcgrad.torch._ops.random import randn
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.chi2 import Chi2
from funcgrad.torch.distributions.exp_family import ExponentialFamily
from funcgrad.torch.distributions.multivariate_normal import _precision_to_scale_tril, half_log_det
from funcgrad.torch.distributions.utils import finfo, lazy_property

_MATRICES = ("covariance_matrix", "precision_matrix", "scale_tril")
_ONLY_ONE = "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
_LOW = "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim."
_TRIES = 10


class Wishart(ExponentialFamily):
    """Sums of `df` squares x xᵀ of vectors from N(0, covariance); exactly one of the three matrices is given.

    Args:
        df: Degrees of freedom, above n - 1, of shape (*batch).
        covariance_matrix: Positive definite, of shape (*batch, n, n).
        precision_matrix: Its inverse.
        scale_tril: Its lower triangular Cholesky factor.
        validate_args: Whether to check values.

    Raises:
        AssertionError: Not exactly one matrix.
        ValueError: A matrix without two dimensions, or too few degrees of freedom.
    """

    support = constraints.positive_definite
    has_rsample = True

    def __init__(
        self,
        df: Any,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        matrices = zip(_MATRICES, (covariance_matrix, precision_matrix, scale_tril), strict=True)
        given = [(name, matrix) for name, matrix in matrices if matrix is not None]
        if len(given) != 1:
            raise AssertionError(_ONLY_ONE)
        name, matrix = given[0]
        if matrix.ndim < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        batch, event = Size(matrix.shape[:-2]), Size(matrix.shape[-2:])
        if isinstance(df, Number):
            self.df = tensor(df, dtype=matrix.dtype)
        else:
            batch = Size(np.broadcast_shapes(batch, df.shape))
            self.df = df.expand(batch)
        if self.df.le(event[-1] - 1).any():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {event[-1] - 1}.")
        setattr(self, name, matrix.expand(batch + event))
        if self.df.lt(event[-1]).any():
            warn(_LOW)
        super().__init__(batch, event, validate_args)
        self._lower = _factor(name, matrix)

    @property
    def arg_constraints(self) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Where the parameters lie; the bound of the degrees of freedom is the matrix's."""
        definite = constraints.positive_definite
        return {
            "covariance_matrix": definite,
            "precision_matrix": definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self._event_shape[-1] - 1),
        }

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        new.df = self.df.expand(Size(batch_shape))
        return new

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return self._lower.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return (self._lower @ self._lower.mT).expand(self._batch_shape + self._event_shape)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        identity = eye(self._event_shape[-1], dtype=self._lower.dtype)
        return cholesky_solve(identity, self._lower).expand(self._batch_shape + self._event_shape)

    def _per_matrix(self, x: Tensor) -> Tensor:
        return x.view((*self._batch_shape, 1, 1))

    @property
    def mean(self) -> Tensor:
        return self._per_matrix(self.df) * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        factor = self.df - self._event_shape[-1] - 1
        return self._per_matrix(factor.masked_fill(factor <= 0, math.nan)) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        spread = self.covariance_matrix.diagonal(dim1=-2, dim2=-1)
        return self._per_matrix(self.df) * (self.covariance_matrix.pow(2) + spread[..., None] * spread[..., None, :])

    def _bartlett(self, sample_shape: Any) -> Tensor:
        """Samples from Bartlett's triangular factors: roots of chi-squares, and normals below them."""
        size = self._event_shape[-1]
        freedom = self.df.unsqueeze(-1) - arange(size, dtype=self._lower.dtype).expand((*self._batch_shape, -1))
        roots = Chi2(freedom).rsample(sample_shape).sqrt().clamp(min=float(finfo(self._lower).eps))
        rows, columns = (tensor(places) for places in np.tril_indices(size, -1))
        noise = roots.diag_embed()
        shape = (*Size(sample_shape), *self._batch_shape, size * (size - 1) // 2)
        noise[..., rows, columns] = randn(shape, dtype=noise.dtype)
        factor = self._lower @ noise
        return factor @ factor.mT

    def rsample(self, sample_shape: Any = (), max_try_correction: int | None = None) -> Tensor:
        """Samples of shape (*sample_shape, *batch, n, n).

        PyTorch takes the good samples of the first round for the singular ones, and draws them again: so it is here,
        for the same numbers.

        Args:
            sample_shape: How many.
            max_try_correction: How often singular ones are drawn again; 10 times by default.
        """
        sample = self._bartlett(sample_shape)
        flagged = self._any_of_batch(self.support.check(sample))
        if not flagged.any():
            return sample
        warn("Singular sample detected.")
        for _ in range(_TRIES if max_try_correction is None else max_try_correction):
            again = self._bartlett(flagged[flagged].shape)
            sample[flagged] = again
            flagged[flagged.clone()] = self._any_of_batch(~self.support.check(again))
            if not flagged.any():
                break
        return sample

    def _any_of_batch(self, flags: Tensor) -> Tensor:
        return flags.amax([-(k + 1) for k in range(len(self._batch_shape))]) if self._batch_shape else flags

    def log_prob(self, value: Tensor) -> Tensor:
        self._check(value)
        size, half = self._event_shape[-1], self.df / 2
        normaliser = self.df * (size * math.log(2) / 2 + half_log_det(self._lower)) + half.mvlgamma(size)
        trace = cholesky_solve(value, self._lower).diagonal(dim1=-2, dim2=-1).sum(-1)
        return (self.df - size - 1) / 2 * slogdet(value).logabsdet - trace / 2 - normaliser

    def entropy(self) -> Tensor:
        size, half = self._event_shape[-1], self.df / 2
        slopes = (half.unsqueeze(-1) - arange(size, dtype=half.dtype) / 2).digamma().sum(-1)
        volume = (size + 1) * (size * math.log(2) / 2 + half_log_det(self._lower))
        return volume + half.mvlgamma(size) - (self.df - size - 1) / 2 * slopes + half * size


def _factor(name: str, matrix: Tensor) -> Tensor:
    if name == "scale_tril":
        return matrix
    return cholesky(matrix) if name == "covariance_matrix" else _precision_to_scale_tril(matrix)
