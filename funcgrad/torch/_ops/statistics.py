"""Covariance, distances between rows, and slopes of sampled functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.contraction import cdist
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.promotion import cast, floating
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.statistics_checks import check_cov, check_gradient
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Number, Op


def _covariance(x: Any, frequencies: Any, weights: Any, *, correction: int) -> Any:
    x = x.astype(floating(x.dtype))
    rows = x.reshape(1, -1) if x.ndim < 2 else x
    together = frequencies * weights
    total = jnp.sum(together)
    lost = correction * (1 if weights.ndim == 0 else jnp.sum(together * weights) / total)
    if together.ndim == 0:
        together, total = jnp.ones(rows.shape[1], total.dtype), rows.shape[1]
    centred = rows - jnp.sum(rows * together, 1, keepdims=True) / total
    found = (centred * together) @ centred.conj().T / jnp.maximum(total - lost, 0)
    return found.squeeze().astype(x.dtype)


def _correlation(x: Any) -> Any:
    found = _covariance(x, jnp.ones(()), jnp.ones(()), correction=1)
    if found.ndim == 0:
        return found / found
    deviations = jnp.sqrt(jnp.diagonal(found).real)
    found = found / deviations[:, None] / deviations
    return found if jnp.iscomplexobj(found) else jnp.clip(found, -1, 1)


COV = Op("cov", _covariance, label="Squeeze")


def _correlation_label(equation: Equation) -> str:
    assert equation.avals[0] is not None
    return "ClampBackward1" if len(equation.avals[0].shape) > 1 else "Div"


CORRCOEF = Op("corrcoef", _correlation, label=_correlation_label)


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances of variables.

    Args:
        input: `[variables, observations]`, or one variable.
        correction: Subtracted from the number of observations.
        fweights: How often each observation was made, `[observations]`.
        aweights: How much each observation counts, `[observations]`.
    """
    check_cov(input, fweights, aweights)
    real = input.real if input.is_complex() else input
    one = real.new_ones((), dtype=real.dtype if real.is_floating_point() else None)
    frequencies, weights = (one if given is None else given for given in (fweights, aweights))
    return apply(COV, (correction,), input, frequencies, weights)


def corrcoef(input: Tensor) -> Tensor:
    """The correlation coefficients of variables, `[variables, observations]`."""
    return apply(CORRCOEF, (), input)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norm of the difference of every two rows, `[rows * (rows - 1) / 2]`."""
    first, second = np.triu_indices(input.shape[0], 1)
    return apply(PDIST, (), cdist(input, input, p)[first.tolist(), second.tolist()])


PDIST = Op("pdist", lambda x: x, saves={0: ()})


# Slopes: in the middle by the parabola through three neighbours, at the ends by two or three values.


def _slope(x: Any, places: Any, *, dim: int, edge: int) -> Any:
    x = jnp.moveaxis(x, dim, 0)
    parts = _even(x, cast(places, x.dtype), edge) if isinstance(places, Number) else _uneven(x, places, edge)
    return jnp.moveaxis(jnp.concatenate(parts), 0, dim)


def _even(x: Any, step: Any, edge: int) -> tuple[Any, Any, Any]:
    inner = (x[2:] - x[:-2]) / (2 * step)
    if edge == 1:
        return (x[1:2] - x[:1]) / step, inner, (x[-1:] - x[-2:-1]) / step
    first = (-1.5 * x[:1] + 2 * x[1:2] - 0.5 * x[2:3]) / step
    return first, inner, (1.5 * x[-1:] - 2 * x[-2:-1] + 0.5 * x[-3:-2]) / step


def _uneven(x: Any, places: Any, edge: int) -> tuple[Any, Any, Any]:
    steps = jnp.diff(places).reshape(-1, *(1,) * (x.ndim - 1))
    left, right = steps[:-1], steps[1:]
    rises = (x[1:] - x[:-1]) / steps
    inner = (rises[:-1] * right + rises[1:] * left) / (left + right)
    ends = (rises[:1], rises[-1:])
    if edge == 2:
        bends = (
            (rises[1:2] - rises[:1]) / (left[:1] + right[:1]),
            (rises[-1:] - rises[-2:-1]) / (left[-1:] + right[-1:]),
        )
        ends = ends[0] - bends[0] * left[:1], ends[1] + bends[1] * right[-1:]
    return ends[0], inner, ends[1]


SLOPE = Op("gradient", _slope, label="Cat")


def gradient(input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The slopes of a sampled function along dimensions.

    Args:
        input: The samples.
        spacing: The distance between samples, or their places along each dimension.
        dim: The dimensions; all by default.
        edge_order: How exact the slopes at the ends are, 1 or 2.
    """
    dims = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    check_gradient(input, spacing, dim, edge_order)
    chosen = [dim_of(d, input.ndim) for d in dims]
    spacings = spacing if isinstance(spacing, Sequence) else [1 if spacing is None else spacing] * len(chosen)
    return tuple(
        apply(SLOPE, (d, edge_order), input, given if isinstance(given, Tensor) else float(given))
        for d, given in zip(chosen, spacings, strict=True)
    )


ROWS = (
    Row("cov", cov),
    Row("corrcoef", corrcoef),
    Row("pdist", pdist, method=False, functional=True),
    Row("gradient", gradient, method=False),
)
