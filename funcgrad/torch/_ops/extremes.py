"""Extremes and their positions: max, min, median, k-th value, mode.

Over all elements, ties share the gradient; over one dimension one position gets it, the first for max and min.
"""

from __future__ import annotations

import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.choice import MAXIMUM, MINIMUM
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.results import AMINMAX, VALUES_AND_INDICES
from funcgrad.torch._ops.rows import Row, named, require_tensor, tensor_first, with_out
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _taken(x: Any, at: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    """Values and int64 positions; `at` has length 1 along `dim`."""
    values = jnp.take_along_axis(x, at, dim)
    at = at.astype(np.int64)
    return (values, at) if keepdim else (values.squeeze(dim), at.squeeze(dim))


def at_position(find: Any) -> Any:
    """The function of an operator that takes one element along a dimension, from how to find its position."""

    def function(x: Any, *, dim: int, keepdim: bool, **static: Any) -> tuple[Any, Any]:
        if x.ndim == 0:
            return x, jnp.zeros((), np.int64)
        return _taken(x, find(jax.lax.stop_gradient(x), dim, **static), dim, keepdim)

    return function


def _shared(find: Any) -> Any:
    """The function that finds one of all elements: equal elements share the gradient."""
    value = jax.custom_jvp(find)

    @value.defjvp
    def value_jvp(primals: Any, tangents: Any) -> Any:
        (x,), found = primals, value(*primals)
        ties = (x == found) | (jnp.isnan(x) & jnp.isnan(found))
        return found, jnp.sum(jnp.where(ties, tangents[0], 0)) / jnp.maximum(jnp.sum(ties), 1).astype(x.dtype)

    return value


def _not_empty(name: str, function: Any) -> Any:
    def checked(x: Any) -> Any:
        if x.size == 0:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                "with the 'dim' argument."
            )
        return function(x)

    return checked


_argmax = at_position(lambda x, dim: jnp.argmax(x, dim, keepdims=True))
_argmin = at_position(lambda x, dim: jnp.argmin(x, dim, keepdims=True))

MAX_ALL = Op("max_all", _not_empty("max", _shared(lambda x: jnp.max(x))), label="MaxBackward1")
MIN_ALL = Op("min_all", _not_empty("min", _shared(lambda x: jnp.min(x))), label="MinBackward1")
MAX_DIM = Op("max_dim", lambda x, *, dim, keepdim: _argmax(x, dim=dim, keepdim=keepdim), label="MaxBackward0")
MIN_DIM = Op("min_dim", lambda x, *, dim, keepdim: _argmin(x, dim=dim, keepdim=keepdim), label="MinBackward0")


def _some_of(x: Tensor, dim: int, name: str) -> int:
    """A dimension as a number from 0, along which there is something to choose.

    Raises:
        IndexError: There is nothing, or no such dimension.
    """
    shape = x._aval.shape
    dim = dim_of(dim, len(shape))
    if shape and shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")
    return dim


def _extremum(name: str, over_all: Op, over_one: Op, of_two: Op) -> Row:
    result = VALUES_AND_INDICES[name]

    def call(input: Tensor, dim: Any = None, keepdim: bool = False, **more: Any) -> Any:
        if dim is None and not more:
            require_tensor(input, name)
        else:
            tensor_first(name, input, dim)
        if more:
            if "other" in more:
                return apply(of_two, (), input, more["other"])
            given = {} if dim is None else {"dim": dim}
            return with_out(call, more, input, **given, **({"keepdim": True} if keepdim else {}))
        if dim is None:
            return apply(over_all, (), input)
        if isinstance(dim, Tensor):
            return apply(of_two, (), input, dim)
        return result(apply(over_one, (_some_of(input, dim, name), keepdim), input))

    call.__doc__ = f"The {name}imum of all elements, of each slice along `dim` with its position, or of two tensors."
    return Row(name, named(call, name))


def _position(name: str, arg: Any) -> Any:
    def position(x: Any, *, dim: int | None, keepdim: bool) -> Any:
        if x.dtype == np.bool_:
            raise RuntimeError(f"{name}(): does not support bool input")
        if dim is None and x.size == 0:
            raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
        if x.ndim == 0:
            return jnp.zeros((), np.int64)
        return arg(x, dim, keepdims=keepdim).astype(np.int64)

    return position


ARGMAX = Op("argmax", _position("argmax", jnp.argmax))
ARGMIN = Op("argmin", _position("argmin", jnp.argmin))


def _position_row(op: Op) -> Row:
    def call(input: Tensor, dim: int | None = None, keepdim: bool = False, **other: Any) -> Tensor:
        if other:
            given = {} if dim is None else {"dim": dim}
            return with_out(call, other, input, **given, **({"keepdim": True} if keepdim else {}))
        require_tensor(input, op.name)
        return apply(op, (None if dim is None else _some_of(input, dim, op.name), keepdim), input)

    call.__doc__ = f"Position of the {op.name[3:]}imum, the first of several; in the flattened tensor without `dim`."
    return Row(op.name, named(call, op.name))


def _aminmax(x: Any, *, dim: int | None, keepdim: bool) -> tuple[Any, Any]:
    axis = dim if x.ndim else None
    if axis is None and not x.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    if axis is not None and not x.shape[axis]:
        raise IndexError(f"aminmax: Expected reduction dim {axis} to have non-zero size.")
    return jnp.min(x, axis, keepdims=keepdim), jnp.max(x, axis, keepdims=keepdim)


AMINMAX_OP = Op("aminmax", _aminmax)


def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """Smallest and largest element."""
    return AMINMAX(apply(AMINMAX_OP, (None if dim is None else dim_of(dim, input.ndim), keepdim), input))


# Positions in sorted order. nan sorts last; a median is nan if an element is.


def _middle(x: Any, dim: int) -> Any:
    order = jnp.argsort(x, dim)
    middle = jax.lax.slice_in_dim(order, (x.shape[dim] - 1) // 2, (x.shape[dim] - 1) // 2 + 1, axis=dim)
    bad = jnp.isnan(x)
    return jnp.where(jnp.any(bad, dim, keepdims=True), jnp.argmax(bad, dim, keepdims=True), middle)


def _middle_without_nan(x: Any, dim: int) -> Any:
    count = jnp.sum(~jnp.isnan(x), dim, keepdims=True)
    return jnp.take_along_axis(jnp.argsort(x, dim), jnp.maximum(count - 1, 0) // 2, dim)


def _kth(x: Any, dim: int, k: int) -> Any:
    return jax.lax.slice_in_dim(jnp.argsort(x, dim), k - 1, k, axis=dim)


def _most_frequent(x: Any, dim: int) -> Any:
    """Position of the last occurrence of the smallest of the most frequent values."""
    order = jnp.argsort(x, dim)
    ordered = jnp.take_along_axis(x, order, dim)
    place = jax.lax.broadcasted_iota(np.int64, x.shape, dim)
    is_first = ordered != jnp.roll(ordered, 1, dim)
    start = jax.lax.cummax(jnp.where(is_first, place, 0), dim)
    return jnp.take_along_axis(order, jnp.argmax(place - start, dim, keepdims=True), dim)


def _of_all(find: Any) -> Any:
    """The value that a search for a position along a dimension finds among all elements."""

    def value(x: Any) -> Any:
        flat = x.reshape(-1)
        return flat[find(flat, 0)[0]] if x.size else jnp.full((), jnp.nan, x.dtype)

    return _shared(value)


_at_middle, _at_middle_without_nan = at_position(_middle), at_position(_middle_without_nan)
_at_kth, _at_mode = at_position(_kth), at_position(_most_frequent)
MEDIAN_ALL = Op("median_all", _of_all(_middle), label="Median")
NANMEDIAN_ALL = Op("nanmedian_all", _of_all(_middle_without_nan), label="Nanmedian")
MEDIAN = Op("median", lambda x, *, dim, keepdim: _at_middle(x, dim=dim, keepdim=keepdim), label="MedianBackward1")
NANMEDIAN = Op(
    "nanmedian",
    lambda x, *, dim, keepdim: _at_middle_without_nan(x, dim=dim, keepdim=keepdim),
    label="NanmedianBackward1",
)
KTHVALUE = Op("kthvalue", lambda x, *, dim, keepdim, k: _at_kth(x, dim=dim, keepdim=keepdim, k=k))
MODE = Op("mode", lambda x, *, dim, keepdim: _at_mode(x, dim=dim, keepdim=keepdim))


def _median(name: str, over_all: Op, over_one: Op) -> Row:
    def call(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
        if dim is None:
            return apply(over_all, (), input)
        return VALUES_AND_INDICES[name](apply(over_one, (_some_of(input, dim, "median"), keepdim), input))

    call.__doc__ = "The middle element, the lower of two; of all elements, or along `dim` with its position."
    return Row(name, named(call, name))


def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest element along a dimension, and its position."""
    dim, k = _some_of(input, dim, "kthvalue"), operator.index(k)
    if not 1 <= k <= (input._aval.shape[dim] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    return VALUES_AND_INDICES["kthvalue"](apply(KTHVALUE, (dim, keepdim, k), input))


def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent element along a dimension, the smallest of several, and its last position."""
    return VALUES_AND_INDICES["mode"](apply(MODE, (_some_of(input, dim, "mode"), keepdim), input))


ROWS = (
    _extremum("max", MAX_ALL, MAX_DIM, MAXIMUM),
    _extremum("min", MIN_ALL, MIN_DIM, MINIMUM),
    _position_row(ARGMAX),
    _position_row(ARGMIN),
    Row("aminmax", aminmax),
    _median("median", MEDIAN_ALL, MEDIAN),
    _median("nanmedian", NANMEDIAN_ALL, NANMEDIAN),
    Row("kthvalue", kthvalue),
    Row("mode", mode),
)
