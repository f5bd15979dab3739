"""Writing at positions of the flattened tensor, of slices and of strides; and positions told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.creation import empty, full
from funcgrad.torch._ops.dims import dim_of, sizes
from funcgrad.torch._ops.index_checks import check_flat, checked_reduce
from funcgrad.torch._ops.inplace import FILL
from funcgrad.torch._ops.labels import by_operand
from funcgrad.torch._ops.positions import added
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.selection import SCATTER_REDUCE
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import INDEX_REDUCE_IN_BETA
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Op


def _put(x: Any, index: Any, source: Any, *, accumulate: bool) -> Any:
    where = x.reshape(-1).at[index.reshape(-1)]
    new = source.reshape(-1)
    return (added(where, new) if accumulate else where.set(new)).reshape(x.shape)


PUT = Op("put", _put, saves={0: (1,), 2: (1,)}, anywhere=(1, 2))


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor with elements of `source` at positions of the flattened tensor; or added there."""
    check_flat(input, index)
    return apply(PUT, (accumulate,), input, index, source)


def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """The tensor with slices of `source` combined into it at the given positions: prod, mean, amax or amin."""
    dim = checked_reduce(input, dim, index, source, reduce)
    warn_once(INDEX_REDUCE_IN_BETA)
    return apply(INDEX_REDUCE, (dim, reduce, include_self), input, index, source)


def _index_reduced(x: Any, index: Any, source: Any, *, dim: int, reduce: str, include_self: bool) -> Any:
    places = index.reshape([-1 if d == dim else 1 for d in range(x.ndim)])
    places = jnp.broadcast_to(places, source.shape)
    return SCATTER_REDUCE.function(x, places, source, dim=dim, reduce=reduce, include_self=include_self)


INDEX_REDUCE = Op("index_reduce", _index_reduced)


def _renormed(x: Any, *, p: float, dim: int, bound: float) -> Any:
    others = tuple(d for d in range(x.ndim) if d != dim)
    norms = jnp.linalg.norm(jnp.moveaxis(x, dim, 0).reshape(x.shape[dim], -1), p, axis=1)
    factor = jnp.where(norms > bound, bound / (norms + 1e-7), 1)
    return x * jnp.expand_dims(factor, others).astype(x.dtype)


RENORM = Op("renorm", _renormed)


def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """The tensor with its slices along a dimension scaled down to a p-norm of at most `maxnorm`."""
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    return apply(RENORM, (float(p), dim_of(dim, input.ndim), float(maxnorm)), input)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Positions in a flattened tensor as positions along each dimension of `shape`."""
    lengths = sizes((shape,))
    steps = [math.prod(lengths[k + 1 :]) for k in range(len(lengths))]
    return tuple((indices // step) % length for step, length in zip(steps, lengths, strict=True))


FILL_OUT = Op("fill_out", FILL.function, saves={0: (), 1: ()}, label=by_operand("Fill", 1, tensor=1, number=0))


def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor of this shape and dtype with one value everywhere."""
    return apply(FILL_OUT, (), input, value)


def scalar_tensor(s: Any, **keywords: Any) -> Tensor:
    """A number as a tensor without dimensions, of the default dtype."""
    return full((), float(s), **keywords)


def empty_permuted(size: Any, physical_layout: Sequence[int], **keywords: Any) -> Tensor:
    """A new tensor; memory has one order here."""
    count = len(sizes((size,)))
    if count != len(physical_layout):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{count} is not equal to len(physical_layout) = {len(physical_layout)}"
        )
    for k, d in enumerate(physical_layout):
        if not 0 <= d < count:
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {count - 1}, but got {d} at index {k}).  NB: "
                "negative dims not currently supported; file an issue if you want it."
            )
        if d in physical_layout[:k]:
            raise RuntimeError("Duplicate dim not allowed")
    return empty(size, **keywords)


def empty_strided(size: Any, stride: Any, **keywords: Any) -> Tensor:
    """A new tensor; memory has one order here."""
    return empty(size, **keywords)


def new_empty_strided(input: Tensor, size: Any, stride: Any, *, dtype: Any = None, **keywords: Any) -> Tensor:
    """A new tensor of the same dtype; memory has one order here."""
    return empty(size, dtype=dtype or input.dtype, **keywords)


def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """The positions of the first `size` nonzero elements, filled up with `fill_value`."""
    return apply(NONZERO_STATIC, (size, fill_value), input)


def _nonzero(x: Any, *, size: int, fill: int) -> Any:
    if not x.ndim:
        return jnp.zeros((size, 0), np.int64)
    places = jnp.stack(jnp.nonzero(x, size=size), -1).astype(np.int64)
    return jnp.where(jnp.arange(size)[:, None] < jnp.count_nonzero(x), places, fill)


NONZERO_STATIC = Op("nonzero_static", _nonzero)


def sum_to_size(input: Tensor, *sides: Any, size: Any = ()) -> Tensor:
    """The sum over the dimensions that broadcasting from `size` would have made.

    Raises:
        RuntimeError: The size does not broadcast to the tensor's.
    """
    wanted, shape = sizes(sides or (size,)), input._aval.shape
    before = len(shape) - len(wanted)
    if before < 0 or any(n not in (1, m) for n, m in zip(wanted, shape[before:], strict=True)):
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(shape)}}}.")
    dims = [d for d, m in enumerate(shape) if d < before or (wanted[d - before] == 1 != m)]
    summed = input.sum(dims, keepdim=True) if dims else input
    return summed.reshape(wanted) if before else summed


ROWS = (
    Row("put", put, inplace=True),
    Row("index_reduce", index_reduce, inplace=True),
    Row("renorm", renorm, inplace=True),
    Row("unravel_index", unravel_index, method=False),
    Row("fill", fill, method=False),
    Row("scalar_tensor", scalar_tensor, method=False),
    Row("empty_permuted", empty_permuted, method=False),
    Row("empty_strided", empty_strided, method=False),
    Row("new_empty_strided", new_empty_strided, function=False),
    Row("nonzero_static", nonzero_static),
    Row("sum_to_size", sum_to_size, function=False),
)
