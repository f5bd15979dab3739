"""Order and counting: sorting, the largest k, distinct values, places.

Results whose shape depends on values (`unique`, `nonzero`, `bincount`) are computed on the host: they look at the
tensor, which runs the trace.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.results import VALUES_AND_INDICES
from funcgrad.torch._ops.rows import Row, require_tensor, with_out
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Op, array_of, constant


def _order(x: Any, dim: int, descending: bool) -> Any:
    """Positions in sorted order, equal elements in their old order; nan counts as the largest."""
    x = jax.lax.stop_gradient(x)
    if not descending:
        return jnp.argsort(x, dim, stable=True)
    return x.shape[dim] - 1 - jnp.flip(jnp.argsort(jnp.flip(x, dim), dim, stable=True), dim)


def _sort(x: Any, *, dim: int, descending: bool) -> tuple[Any, Any]:
    if x.ndim == 0:
        return x, jnp.zeros((), np.int64)
    at = _order(x, dim, descending)
    return jnp.take_along_axis(x, at, dim), at.astype(np.int64)


def _top(x: Any, *, k: int, dim: int, largest: bool) -> tuple[Any, Any]:
    if x.ndim == 0:
        return x, jnp.zeros((), np.int64)
    at = jax.lax.slice_in_dim(_order(x, dim, largest), 0, k, axis=dim)
    return jnp.take_along_axis(x, at, dim), at.astype(np.int64)


SORT = Op("sort", _sort)
TOPK = Op("topk", _top)


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False, **other: Any) -> Any:
    """The elements along a dimension in order, and where they were."""
    if other:
        return with_out(sort, other, input, **({} if dim == -1 else {"dim": dim}), descending=descending, stable=stable)
    require_tensor(input, "sort")
    return VALUES_AND_INDICES["sort"](apply(SORT, (dim_of(dim, input.ndim), descending), input))


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Where the elements are that come first, second, ... in order."""
    return apply(SORT, (dim_of(dim, input.ndim), descending), input)[1]


def msort(input: Tensor) -> Tensor:
    """The elements along the first dimension in order."""
    return sort(input, 0)[0]


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) elements along a dimension, in order, and where they are."""
    require_tensor(input, "topk")
    dim = dim_of(dim, input.ndim)
    if not 0 <= k <= (input._aval.shape[dim] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    return VALUES_AND_INDICES["topk"](apply(TOPK, (int(k), dim, bool(largest)), input))


# On the host.


def _host(x: Tensor) -> np.ndarray:
    return np.asarray(array_of(value_of(x), "count"))


def _new(array: np.ndarray) -> Tensor:
    return wrap(constant(np.ascontiguousarray(array).reshape(array.shape)))


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct values in order (slices along `dim`, if given); where each element went; how often each occurs."""
    array = _host(input)
    values, inverse, counts = np.unique(array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    inverse = inverse.reshape(array.shape if dim is None else -1)
    return _chosen(values, inverse if return_inverse else None, counts if return_counts else None)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The values without repetitions of their predecessor (slices along `dim`, if given)."""
    array = _host(input)
    slices = array.reshape(-1) if dim is None else np.moveaxis(array, dim, 0)
    rows = slices.reshape(len(slices), max(slices[:1].size, 1) if slices.size else 0)
    new = np.concatenate((np.ones(min(len(rows), 1), np.bool_), (rows[1:] != rows[:-1]).any(1)))
    values = slices[new] if dim is None else np.moveaxis(slices[new], 0, dim)
    inverse = np.cumsum(new) - 1
    counts = np.diff(np.append(np.flatnonzero(new), len(rows)))
    inverse = inverse.reshape(array.shape if dim is None else -1)
    return _chosen(values, inverse if return_inverse else None, counts if return_counts else None)


def _chosen(values: np.ndarray, *more: np.ndarray | None) -> Any:
    wanted = [_new(x) for x in (values, *more) if x is not None]
    return wanted[0] if len(wanted) == 1 else tuple(wanted)


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The places of nonzero elements: a row of positions for each, or with `as_tuple` a tensor for each dimension."""
    array = _host(input)
    if as_tuple:
        return tuple(_new(p) for p in np.nonzero(np.atleast_1d(array)))
    return _new(np.argwhere(array))


def argwhere(input: Tensor) -> Tensor:
    """The places of nonzero elements, a row of positions for each."""
    return nonzero(input)


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 occurs, or the sum of the weights of its occurrences."""
    array = _host(input)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array < 0).any():
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return _new(np.bincount(array, minlength=minlength))
    totals = np.bincount(array, _host(weights), minlength)
    return _new(totals.astype(weights._aval.dtype if weights.dtype.is_floating_point else np.float64))


ROWS = (
    Row("sort", sort),
    Row("argsort", argsort),
    Row("msort", msort),
    Row("topk", topk),
    Row("unique", unique),
    Row("unique_consecutive", unique_consecutive),
    Row("nonzero", nonzero),
    Row("argwhere", argwhere),
    Row("bincount", bincount),
)
