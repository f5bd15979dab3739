"""Reductions: sums, means, extrema and their positions, over all elements or some dimensions.

An extremum over everything shares its gradient among ties; over one dimension the first tie gets it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of, dims_of
from funcgrad.torch._ops.elementwise import MAXIMUM, MINIMUM
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import as_dtype
from funcgrad.trace import Op

NONE: Any = {0: ()}


def _sum(x: Any, *, dims: Any, keepdim: bool, dtype: Any) -> Any:
    if dtype is None:
        dtype = x.dtype if jnp.issubdtype(x.dtype, np.inexact) else np.dtype(np.int64)
    return jnp.sum(x, dims, dtype, keepdims=keepdim)


def _mean(x: Any, *, dims: Any, keepdim: bool, dtype: Any) -> Any:
    dtype = x.dtype if dtype is None else dtype
    if not jnp.issubdtype(dtype, np.inexact):
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {scalar_name(dtype)}"
        )
    return jnp.mean(x, dims, dtype, keepdims=keepdim)


def _variance(x: Any, *, dims: Any, keepdim: bool, correction: float) -> Any:
    axes = range(x.ndim) if dims is None else dims
    count = np.prod([x.shape[d] for d in axes])
    centred = x - jnp.mean(x, dims, keepdims=True)
    return jnp.sum(centred * centred, dims, keepdims=keepdim) / jnp.maximum(count - correction, 0).astype(x.dtype)


def _deviation(x: Any, **static: Any) -> Any:
    return _sqrt_of_zero_flat(_variance(x, **static))


@jax.custom_jvp
def _sqrt_of_zero_flat(x: Any) -> Any:
    return jnp.sqrt(x)


@_sqrt_of_zero_flat.defjvp
def _sqrt_of_zero_flat_jvp(primals: Any, tangents: Any) -> Any:
    root = jnp.sqrt(primals[0])
    return root, jnp.where(root == 0, 0, tangents[0] / (2 * jnp.where(root == 0, 1, root)))


def _label(name: str) -> Any:
    return lambda equation: f"{name}Backward{0 if equation.static[0] is None else 1}"


SUM = Op("sum", _sum, saves=NONE, label=_label("Sum"))
MEAN = Op("mean", _mean, saves=NONE, label=_label("Mean"))
VAR = Op("var", lambda x, *, dims, keepdim, correction: _variance(x, dims=dims, keepdim=keepdim, correction=correction))
STD = Op("std", lambda x, *, dims, keepdim, correction: _deviation(x, dims=dims, keepdim=keepdim, correction=correction))
PROD = Op("prod", lambda x, *, dims, keepdim, dtype: jnp.prod(x, dims, dtype, keepdims=keepdim), label=_label("Prod"))
AMAX = Op("amax", lambda x, *, dims, keepdim: jnp.max(x, dims, keepdims=keepdim))
AMIN = Op("amin", lambda x, *, dims, keepdim: jnp.min(x, dims, keepdims=keepdim))
MAX_ALL = Op("max_all", lambda x: jnp.max(x), label="MaxBackward1")
MIN_ALL = Op("min_all", lambda x: jnp.min(x), label="MinBackward1")


def _extreme_at(arg: Any) -> Any:
    def extreme(x: Any, *, dim: int, keepdim: bool) -> tuple[Any, Any]:
        at = arg(x, dim, keepdims=True)
        values = jnp.take_along_axis(x, at, dim)
        at = at.astype(np.int64)
        return (values, at) if keepdim else (values.squeeze(dim), at.squeeze(dim))

    return extreme


MAX_DIM = Op("max_dim", _extreme_at(jnp.argmax), label="MaxBackward0")
MIN_DIM = Op("min_dim", _extreme_at(jnp.argmin), label="MinBackward0")


def _position(arg: Any) -> Any:
    def position(x: Any, *, dim: int | None, keepdim: bool) -> Any:
        return arg(x, dim, keepdims=keepdim).astype(np.int64)

    return position


ARGMAX = Op("argmax", _position(jnp.argmax))
ARGMIN = Op("argmin", _position(jnp.argmin))
ALL = Op("all", lambda x, *, dims, keepdim: jnp.all(x, dims, keepdims=keepdim))
ANY = Op("any", lambda x, *, dims, keepdim: jnp.any(x, dims, keepdims=keepdim))
LOGSUMEXP = Op("logsumexp", lambda x, *, dims, keepdim: jax.scipy.special.logsumexp(x, dims, keepdims=keepdim))


def _dtype(given: Any) -> Any:
    return None if given is None else as_dtype(given).numpy


def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum; of integers and booleans an int64."""
    return apply(SUM, (dims_of(dim, input.ndim), keepdim, _dtype(dtype)), input)


def mean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Mean, of floating-point tensors only."""
    return apply(MEAN, (dims_of(dim, input.ndim), keepdim, _dtype(dtype)), input)


def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Product; of integers and booleans an int64."""
    wanted = _dtype(dtype) or (input._aval.dtype if input.dtype.is_floating_point else np.dtype(np.int64))
    return apply(PROD, (dims_of(dim, input.ndim), keepdim, wanted), input)


def _spread(op: Op) -> Any:
    def call(
        input: Tensor,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Tensor:
        if isinstance(dim, bool):  # the old form: var(unbiased)
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        return apply(op, (dims_of(dim, input.ndim), keepdim, correction), input)

    return call


var, std = _spread(VAR), _spread(STD)


class Extremum(NamedTuple):
    """What `max(dim)` and `min(dim)` return."""

    values: Tensor
    indices: Tensor


def _extremum(over_all: Op, over_one: Op, of_two: Op) -> Any:
    def call(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        other = dim if isinstance(dim, Tensor) else other
        if other is not None:
            return apply(of_two, (), input, other)
        if dim is None:
            return apply(over_all, (), input)
        return Extremum(*apply(over_one, (dim_of(dim, input.ndim), keepdim), input))

    return call


max, min = _extremum(MAX_ALL, MAX_DIM, MAXIMUM), _extremum(MIN_ALL, MIN_DIM, MINIMUM)


def _over_dims(op: Op) -> Any:
    def call(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
        return apply(op, (dims_of(dim, input.ndim), keepdim), input)

    return call


def _over_dim(op: Op) -> Any:
    def call(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
        return apply(op, (None if dim is None else dim_of(dim, input.ndim), keepdim), input)

    return call


ROWS = (
    Row("sum", sum),
    Row("mean", mean),
    Row("prod", prod),
    Row("var", var),
    Row("std", std),
    Row("max", max),
    Row("min", min),
    Row("amax", _over_dims(AMAX)),
    Row("amin", _over_dims(AMIN)),
    Row("argmax", _over_dim(ARGMAX)),
    Row("argmin", _over_dim(ARGMIN)),
    Row("all", _over_dims(ALL)),
    Row("any", _over_dims(ANY)),
    Row("logsumexp", _over_dims(LOGSUMEXP)),
)
