"""Reductions to one number: sums, means, products, norms, all and any, over all elements or some dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp as _logsumexp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of, dims_of, is_empty
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.labels import by_dims
from funcgrad.torch._ops.promotion import common, computing, floating, once, scalar_name
from funcgrad.torch._ops.rows import Row, named, require_tensor, with_out
from funcgrad.torch._ops.unary import direction
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import as_dtype
from funcgrad.trace import Op

NONE: Any = {0: ()}


def _summed_dtype(x: Any, dtype: Any) -> Any:
    if dtype is not None:
        return dtype
    return x.dtype if jnp.issubdtype(x.dtype, np.inexact) else np.dtype(np.int64)


def _sum(x: Any, *, dims: Any, keepdim: bool, dtype: Any) -> Any:
    dtype = _summed_dtype(x, dtype)
    return jnp.sum(x, dims, computing(dtype), keepdims=keepdim).astype(dtype)


def _mean(x: Any, *, dims: Any, keepdim: bool, dtype: Any) -> Any:
    whose, dtype = ("Input", x.dtype) if dtype is None else ("Optional", dtype)
    if not jnp.issubdtype(dtype, np.inexact):
        raise RuntimeError(
            f"mean(): could not infer output dtype. {whose} dtype must be either a floating point or complex dtype. "
            f"Got: {scalar_name(dtype)}"
        )
    return jnp.mean(x, dims, computing(dtype), keepdims=keepdim).astype(dtype)


def _product(x: Any, *, dims: Any, keepdim: bool, dtype: Any) -> Any:
    return jnp.prod(x, dims, _summed_dtype(x, dtype), keepdims=keepdim)


SUM = Op("sum", _sum, saves=NONE, label=by_dims("Sum"))
MEAN = Op("mean", _mean, saves=NONE, label=by_dims("Mean"))
PROD = Op("prod", _product, label=by_dims("Prod"))
NANSUM = Op(
    "nansum",
    lambda x, *, dims, keepdim, dtype: _sum(jnp.where(jnp.isnan(x), 0, x), dims=dims, keepdim=keepdim, dtype=dtype),
)


def _nanmean(x: Any, *, dims: Any, keepdim: bool, dtype: Any) -> Any:
    if not jnp.issubdtype(x.dtype, np.inexact):
        wanted = f"expected input to have floating point or complex dtype but got {scalar_name(x.dtype)}"
        raise RuntimeError(f"nanmean(): {wanted}")
    if dtype is not None and not jnp.issubdtype(dtype, np.inexact):
        wanted = "Optional dtype must be either a floating point or complex dtype"
        raise RuntimeError(f"nanmean(): could not infer output dtype. {wanted}. Got: {scalar_name(dtype)}")
    count = jnp.sum(~jnp.isnan(x), dims, keepdims=keepdim)
    total = _sum(jnp.where(jnp.isnan(x), 0, x), dims=dims, keepdim=keepdim, dtype=dtype)
    return total / count.astype(total.dtype)


NANMEAN = Op("nanmean", _nanmean, label="Div")


def _totals(op: Op, name: str, summary: str) -> Row:
    def call(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **other: Any) -> Tensor:
        if other:
            return with_out(call, other, input, **_given(dim=dim, keepdim=keepdim, dtype=dtype))
        require_tensor(input, name)
        return apply(op, (dims_of(dim, input), keepdim, None if dtype is None else as_dtype(dtype).numpy), input)

    call.__doc__ = summary
    return Row(name, named(call, name))


def _given(**keywords: Any) -> dict[str, Any]:
    """The keywords that were given."""
    return {name: value for name, value in keywords.items() if value is not None and value is not False}


def _truth(function: Any) -> Any:
    def reduced(x: Any, *, dims: Any, keepdim: bool) -> Any:
        result = function(x, dims, keepdims=keepdim)
        return result.astype(np.uint8) if x.dtype == np.uint8 else result  # PyTorch keeps bytes

    return reduced


def _log_sum(x: Any, *, dims: Any, keepdim: bool) -> Any:
    return _logsumexp(x.astype(floating(x.dtype)), dims, keepdims=keepdim)


def _extreme(name: str, function: Any) -> Any:
    def reduced(x: Any, *, dims: Any, keepdim: bool) -> Any:
        if dims is None and x.size == 0:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                "with the 'dim' argument."
            )
        empty = [d for d in dims or () if x.shape[d] == 0]
        if empty:
            raise IndexError(f"{name}(): Expected reduction dim {empty[0]} to have non-zero size.")
        return function(x, dims, keepdims=keepdim)

    return reduced


ALL = Op("all", _truth(jnp.all))
ANY = Op("any", _truth(jnp.any))
LOGSUMEXP = Op("logsumexp", _log_sum)
AMAX = Op("amax", _extreme("amax", jnp.max))
AMIN = Op("amin", _extreme("amin", jnp.min))
COUNT = Op("count_nonzero", lambda x, *, dims, keepdim: jnp.sum(x != 0, dims, np.int64))


_Dims = tuple[int, ...] | None


def _all(input: Tensor, keepdim: bool) -> _Dims:
    return None


def _none(input: Tensor, keepdim: bool) -> _Dims:
    return ()


def _all_if_kept(input: Tensor, keepdim: bool) -> _Dims:
    if input.ndim and not keepdim:
        raise RuntimeError(f"output with shape [] doesn't match the broadcast shape {[1] * input.ndim}")
    return None


def _over_dims(op: Op, name: str, summary: str, over_nothing: Callable[[Tensor, bool], _Dims] = _all) -> Row:
    """A row of a reduction.

    Args:
        op: The operator.
        name: Its name.
        summary: Its documentation.
        over_nothing: The dimensions that an empty sequence stands for; None for all of them.
    """

    def call(input: Tensor, dim: Any = None, keepdim: bool = False, **other: Any) -> Tensor:
        if other:
            return with_out(call, other, input, **_given(dim=dim, keepdim=keepdim))
        dims = over_nothing(input, keepdim) if is_empty(dim) else dims_of(dim, input)
        return apply(op, (dims, keepdim), input)

    call.__doc__ = summary
    return Row(name, named(call, name))


# Norms. Where the norm is 0 its gradient is 0; the largest elements share the gradient of the infinite norm.


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _norm(x: Any, p: float, dims: Any) -> Any:
    size = jnp.abs(x)
    if p == math.inf:
        return jnp.max(size, dims, keepdims=True)
    if p == -math.inf:
        return jnp.min(size, dims, keepdims=True)
    if p == 0:
        return jnp.sum(size != 0, dims, keepdims=True).astype(size.dtype)
    if p == 1:
        return jnp.sum(size, dims, keepdims=True)
    if p == 2:
        return jnp.sqrt(jnp.sum(size * size, dims, keepdims=True))
    return jnp.sum(size**p, dims, keepdims=True) ** (1 / p)


@_norm.defjvp
def _norm_jvp(p: float, dims: Any, primals: Any, tangents: Any) -> Any:
    (x,), norm = primals, _norm(*primals, p, dims)
    if p == 0:
        return norm, jnp.zeros_like(norm)
    sign = direction(x) if jnp.iscomplexobj(x) else jnp.sign(x)  # JAX takes a complex sign for a constant
    if math.isinf(p):
        at = jnp.abs(x) == norm
        weight = sign * at / jnp.sum(at, dims, keepdims=True)
    elif p == 1:
        weight = sign
    else:
        safe = jnp.where(norm == 0, 1, norm)
        share = jnp.where(x == 0, 1, jnp.abs(x) / safe)  # the sign takes zeros out, also where p - 1 is negative
        weight = jnp.where(norm == 0, 0, sign * share ** (p - 1) if p != 2 else x / safe)
    along = jnp.conj(weight).astype(x.dtype) * tangents[0]
    return norm, jnp.sum(along.real if jnp.iscomplexobj(x) else along, dims, keepdims=True)


def vector_norm(x: Any, *, p: float, dims: Any, keepdim: bool) -> Any:
    """The p-norm of an array over some dimensions."""
    if not jnp.issubdtype(x.dtype, np.inexact):
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {scalar_name(x.dtype)}"
        )
    dims = tuple(range(x.ndim)) if dims is None else dims
    norm = _norm(x, p, dims)
    return norm if keepdim else norm.squeeze(dims)


def _distance(x: Any, y: Any, *, p: float) -> Any:
    return vector_norm(x - y, p=p, dims=None, keepdim=False)


VECTOR_NORM = Op("vector_norm", once(vector_norm), label="LinalgVectorNorm")
DIST = Op("dist", once(common(_distance)))


def _nuclear(x: Any, *, dims: tuple[int, int], keepdim: bool) -> Any:
    return jnp.linalg.norm(x, "nuc", dims, keepdim)


NUCLEAR_NORM = Op("nuclear_norm", _nuclear, label="Sum")


def _nuclear_norm(input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    rows, columns = (0, 1) if dim is None else dim
    return apply(NUCLEAR_NORM, ((dim_of(rows, input.ndim), dim_of(columns, input.ndim)), keepdim), input)


def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None, **other: Any
) -> Tensor:
    """The p-norm of the elements, `sum(|x| ** p) ** (1 / p)`; p may be infinite, and 2 is called "fro" too."""
    if other:
        return with_out(norm, other, input, p, **_given(dim=dim, keepdim=keepdim, dtype=dtype))
    if p == "nuc":
        return _nuclear_norm(input, dim, keepdim)
    if dtype is not None:
        input = input.to(as_dtype(dtype))  # pyright: ignore[reportAttributeAccessIssue]
    order = 2.0 if p == "fro" or p is None else float(p)
    return apply(VECTOR_NORM, (order, dims_of(dim, input), keepdim), input)


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference."""
    return apply(DIST, (float(p),), input, other)


# Quantiles lie between two elements.


def _share(function: Any) -> Any:
    def quantile(x: Any, q: Any, *, dim: int | None, keepdim: bool, method: str) -> Any:
        axis = dim if x.ndim else None
        return function(x, getattr(q, "value", q).astype(x.dtype), axis, method=method, keepdims=keepdim)

    return quantile


QUANTILE = Op("quantile", _share(jnp.quantile), label="SqueezeBackward4")
NANQUANTILE = Op("nanquantile", _share(jnp.nanquantile), label="SqueezeBackward4")


def _check_shares(q: np.ndarray) -> None:
    if not ((q >= 0) & (q <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")


def _quantile_row(op: Op, summary: str) -> Row:
    def call(
        input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Tensor:
        if isinstance(q, Tensor):
            expect(q, _check_shares)
        elif not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
        return apply(op, (dim, keepdim, interpolation), input, q)

    call.__doc__ = summary
    return Row(op.name, named(call, op.name))


ROWS = (
    _totals(SUM, "sum", "Sum; of integers and booleans an int64."),
    _totals(MEAN, "mean", "Mean, of floating-point tensors only."),
    _totals(PROD, "prod", "Product; of integers and booleans an int64."),
    _totals(NANSUM, "nansum", "Sum without the elements that are nan."),
    _totals(NANMEAN, "nanmean", "Mean without the elements that are nan."),
    _over_dims(ALL, "all", "Whether all elements are nonzero.", _none),
    _over_dims(ANY, "any", "Whether an element is nonzero.", _none),
    _over_dims(AMAX, "amax", "Largest element; ties share the gradient."),
    _over_dims(AMIN, "amin", "Smallest element; ties share the gradient."),
    _over_dims(LOGSUMEXP, "logsumexp", "Logarithm of the sum of exponentials.", _all_if_kept),
    _over_dims(COUNT, "count_nonzero", "Number of nonzero elements."),
    Row("norm", norm),
    Row("dist", dist),
    _quantile_row(QUANTILE, "The value below which a share `q` of the elements lies."),
    _quantile_row(NANQUANTILE, "The value below which a share `q` of the elements that are not nan lies."),
)
