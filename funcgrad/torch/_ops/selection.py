"""Gather and scatter: reading and writing along one dimension at positions that a tensor gives.

Positions outside are an error as soon as they are known; until then they read as nan, and are not written.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.choice import extreme
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.embedding import check_indices
from funcgrad.torch._ops.index_checks import check_flat, checked_add, checked_copy, checked_fill
from funcgrad.torch._ops.labels import NOT_DIFFERENTIABLE, by_operand
from funcgrad.torch._ops.positions import GATHER, added, multiplied
from funcgrad.torch._ops.promotion import cast, no_derivative
from funcgrad.torch._ops.rows import Row, require_tensor
from funcgrad.torch._ops.selection_checks import check_reduction, checked_gather, checked_scatter
from funcgrad.torch._ops.shape import reshape
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import SCATTER_OF_REDUCE
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Number, Op, array_of


def _of_vectors(function: Any) -> Any:
    """The function, which takes tensors without dimensions as those of one element."""

    def call(x: Any, *others: Any, **static: Any) -> Any:
        whole = (other if isinstance(other, Number) else jnp.atleast_1d(other) for other in others)
        return function(jnp.atleast_1d(x), *whole, **static).reshape(x.shape)

    return functools.wraps(function)(call)


def _grid(index: Any, dim: int) -> tuple[Any, ...]:
    """The index as positions along every dimension."""
    places = list(jnp.indices(index.shape, sparse=True))
    places[dim] = index
    return tuple(places)


def _gather(x: Any, index: Any, *, dim: int) -> Any:
    if x.ndim == 0 or index.size == 0:
        return jnp.broadcast_to(x if x.ndim == 0 else jnp.zeros((), x.dtype), index.shape)
    mode, fill = ("fill", np.nan) if jnp.issubdtype(x.dtype, np.inexact) else ("clip", None)
    return x.at[_grid(jnp.atleast_1d(index), dim)].get(mode=mode, fill_value=fill).reshape(index.shape)


def _source(x: Any, index: Any, source: Any) -> Any:
    """What goes to the positions: a number, or as much of a tensor as the index covers."""
    if isinstance(source, Number):
        return jnp.broadcast_to(cast(source, x.dtype), index.shape)
    if source.dtype != x.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    return source[tuple(slice(0, n) for n in index.shape)]


@_of_vectors
def _scatter(x: Any, index: Any, source: Any, *, dim: int) -> Any:
    return x.at[_grid(index, dim)].set(_source(x, index, source), mode="drop")


@_of_vectors
def _scatter_add(x: Any, index: Any, source: Any, *, dim: int) -> Any:
    return added(x.at[_grid(index, dim)], _source(x, index, source))


@_of_vectors
def _scatter_multiply(x: Any, index: Any, source: Any, *, dim: int) -> Any:
    return multiplied(x.at[_grid(index, dim)], _source(x, index, source))


@_of_vectors
def _scatter_reduce(x: Any, index: Any, source: Any, *, dim: int, reduce: str, include_self: bool) -> Any:
    where, new = _grid(index, dim), _source(x, index, source)
    start = int(reduce == "prod")
    if reduce in ("amax", "amin"):
        start = extreme(x.dtype, highest=reduce == "amin")
    kept = x if include_self else x.at[where].set(jnp.asarray(start, x.dtype))
    if reduce == "mean":
        count = jnp.full(x.shape, int(include_self), x.dtype).at[where].add(1)
        divide = jnp.true_divide if jnp.issubdtype(x.dtype, np.inexact) else jnp.floor_divide
        return divide(kept.at[where].add(new), jnp.maximum(count, 1))
    if reduce == "prod":
        return _multiplied(kept, where, new)
    if reduce == "sum":
        return added(kept.at[where], new)
    return kept.at[where].max(new) if reduce == "amax" else kept.at[where].min(new)


@jax.custom_jvp
def _multiplied(x: Any, where: tuple[Any, ...], new: Any) -> Any:
    return multiplied(x.at[where], new)


@_multiplied.defjvp
def _multiplied_jvp(primals: Any, tangents: Any) -> Any:
    """Each factor's share is the product of the others: of those that are not 0, if no other one is 0.

    The products are this function's again: JAX has no derivative of its own for factors that share a position.
    """
    x, where, new = primals
    product, first, factor = _multiplied(*primals), jnp.where(x == 0, 1, x), jnp.where(new == 0, 1, new)
    zeros = jnp.zeros(x.shape, np.int64).at[where].add(new == 0)[where]
    other_zero = jnp.zeros_like(x).at[where].add(jnp.where(new == 0, new, 0))[where] - new  # of two
    others = _multiplied(x, where, factor)[where]
    of_zero = others * jnp.where(zeros == 1, 1, jnp.where(zeros == 2, other_zero, 0))
    of_new = jnp.where(new == 0, of_zero, product[where] / factor)
    of_x = _multiplied(first, where, new) / first
    return product, of_x * tangents[0] + jnp.zeros_like(x).at[where].add(of_new * tangents[2])


def _reduced(function: Any) -> Any:
    def scattered(x: Any, index: Any, source: Any, *, dim: int) -> Any:
        source = cast(source, x.dtype)
        return no_derivative("scatter", lambda x, index, source: function(x, index, source, dim=dim))(x, index, source)

    return scattered


FROM_START = Op("from_start", lambda index, *, length: jnp.where(index < 0, index + length, index))
TAKE_ALONG = Op("gather", _gather, saves={0: (1,)}, anywhere=(1,))
SCATTER = Op("scatter", _scatter, saves={0: (1,), 2: (1,)}, anywhere=(1, 2))
SCATTER_NUMBER = Op("scatter_number", _scatter, saves={0: (1,)}, label="ScatterBackward1", anywhere=(1,))
SCATTER_ADD = Op("scatter_add", _scatter_add, saves={0: (1,), 2: (1,)}, anywhere=(1, 2))
SCATTER_REDUCED = {
    "add": Op("scatter_of_add", _reduced(_scatter_add), label=NOT_DIFFERENTIABLE),
    "multiply": Op("scatter_of_multiply", _reduced(_scatter_multiply), label=NOT_DIFFERENTIABLE),
}
SCATTER_REDUCE = Op("scatter_reduce", _scatter_reduce)
TAKE = Op("take", lambda x, index: x.reshape(-1)[index], saves={0: (1,)}, anywhere=(1,))


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The element at `index` along one dimension, for each place of the index."""
    require_tensor(index, "gather", "index", 2)
    return apply(TAKE_ALONG, (checked_gather(input, dim, index),), input, index)


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As `gather`, with broadcasting and negative positions; without `dim` from the flattened tensor."""
    if dim is None:
        return take_along_dim(reshape(input, (-1,)), reshape(indices, (-1,)), 0)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    dim = dim_of(dim, input.ndim)
    indices = apply(FROM_START, (input._aval.shape[dim],), indices)
    shape = [max(m, n) for m, n in zip(input._aval.shape, indices._aval.shape, strict=True)]
    size, count = shape.copy(), shape.copy()
    size[dim], count[dim] = input._aval.shape[dim], indices._aval.shape[dim]
    return gather(input.expand(size), dim, indices.expand(count))  # pyright: ignore[reportAttributeAccessIssue]


def take(input: Tensor, index: Tensor) -> Tensor:
    """Elements of the flattened tensor."""
    check_flat(input, index)
    return apply(TAKE, (), input, index)


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """The tensor with elements of `src`, or a number, at `index` along one dimension; `reduce` adds or multiplies."""
    source = src if value is None else value
    if isinstance(value, Tensor):
        source = value.expand(index.shape)  # pyright: ignore[reportAttributeAccessIssue]
    dim = checked_scatter(input, dim, index, source, "scatter")
    if reduce is None:
        op = SCATTER if isinstance(source, Tensor) else SCATTER_NUMBER
    elif reduce in ("add", "multiply"):
        op = SCATTER_REDUCED[reduce]
        if isinstance(src, Tensor):
            warn_once(SCATTER_OF_REDUCE)
    else:
        raise RuntimeError("reduce argument must be either add or multiply.")
    return apply(op, (dim,), input, index, source)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The tensor with `src` added at `index` along one dimension."""
    return apply(SCATTER_ADD, (checked_scatter(input, dim, index, src, "scatter_add"),), input, index, src)


def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """The tensor with `src` combined into it at `index`: sum, prod, mean, amax or amin."""
    check_reduction(input, reduce)
    dim = checked_scatter(input, dim, index, src, "scatter_reduce")
    return apply(SCATTER_REDUCE, (dim, reduce, include_self), input, index, src)


# Whole slices along a dimension.


def _along(x: Any, dim: int, index: Any) -> Any:
    return x.at[(slice(None),) * dim + (index,)]


@_of_vectors
def _index_add(x: Any, index: Any, source: Any, alpha: Any, *, dim: int) -> Any:
    return added(_along(x, dim, index), source * cast(alpha, x.dtype))


def _index_select(x: Any, index: Any, *, dim: int) -> Any:
    return GATHER.function(x, jnp.atleast_1d(index), pattern=tuple(d == dim for d in range(x.ndim)))


@_of_vectors
def _index_copy(x: Any, index: Any, source: Any, *, dim: int) -> Any:
    return _along(x, dim, index).set(source)


@_of_vectors
def _index_fill(x: Any, index: Any, value: Any, *, dim: int) -> Any:
    return _along(x, dim, index).set(cast(value, x.dtype))


INDEX_SELECT = Op("index_select", _index_select, saves={0: (1,)}, anywhere=(1,))
INDEX_ADD = Op("index_add", _index_add, saves={0: (), 2: (1,)})
INDEX_COPY = Op("index_copy", _index_copy, saves={0: (1,), 2: (1,)})
INDEX_FILL = Op(
    "index_fill",
    _index_fill,
    saves={0: (1,), 2: (1,)},
    label=by_operand("IndexFill", 2, tensor=1, number=0),
)


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices at the given positions along one dimension."""
    dim = dim_of(dim, input.ndim)
    if index._aval.dtype not in (np.int64, np.int32):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    check_indices(index, input._aval.shape[dim] if input.ndim else 1)
    return apply(INDEX_SELECT, (dim,), input, index) if input.ndim else input.clone()


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """The tensor with slices added at the given positions."""
    return apply(INDEX_ADD, (checked_add(input, dim, index, source),), input, index, source, alpha)


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """The tensor with other slices at the given positions."""
    return apply(INDEX_COPY, (checked_copy(input, dim, index, source),), input, index, source)


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """The tensor with slices at the given positions set to one value."""
    return apply(INDEX_FILL, (checked_fill(input, dim, index, value),), input, index, value)


def _one_hot(x: Any, *, classes: int) -> Any:
    return (x[..., None] == jnp.arange(classes)).astype(np.int64)


ONE_HOT = Op("one_hot", _one_hot)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Class indices as rows with a single 1; the number of classes is the largest index + 1 unless given."""
    require_tensor(tensor, "one_hot")
    if tensor._aval.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    value, num_classes = value_of(tensor), operator.index(num_classes)
    if num_classes == -1 or value.array is not None:
        num_classes = _check_classes(np.asarray(array_of(value, "one_hot")), num_classes)
    return apply(ONE_HOT, (num_classes,), tensor)


def _check_classes(found: np.ndarray, classes: int) -> int:
    if found.size and found.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if classes == -1:
        return int(found.max()) + 1
    if found.size and found.max() >= classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return classes


ROWS = (
    Row("gather", gather),
    Row("take_along_dim", take_along_dim),
    Row("take", take),
    Row("scatter", scatter, inplace=True),
    Row("scatter_add", scatter_add, inplace=True),
    Row("scatter_reduce", scatter_reduce, inplace=True),
    Row("index_select", index_select),
    Row("index_add", index_add, inplace=True),
    Row("index_copy", index_copy, inplace=True),
    Row("index_fill", index_fill, inplace=True),
    Row("one_hot", one_hot, function=False, method=False, functional=True),
)
