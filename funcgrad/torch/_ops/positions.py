"""Reading and writing at positions: what the tensors of an index select.

Positions outside are an error once they are known; until then they read as nan, and are not written.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.rows import Row, require_tensor
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Op, array_of, constant


def as_indices(item: Tensor, shape: tuple[int, ...], dim: int) -> list[Tensor]:
    """An index tensor as positions along each dimension that it takes up.

    Raises:
        IndexError: It is a mask of another shape, holds no whole numbers, or a position outside.
    """
    kind = item._aval.dtype.kind
    if kind == "b":
        for k, size in enumerate(item._aval.shape):
            if size != shape[dim + k]:
                raise IndexError(
                    f"The shape of the mask {list(item.shape)} at index {k} does not match the shape of the indexed "
                    f"tensor {list(shape)} at index {dim + k}"
                )
        return [wrap(constant(p)) for p in np.nonzero(np.asarray(array_of(value_of(item), "mask")))]
    if kind not in "iu":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    expect(item, functools.partial(check_bounds, size=shape[dim], dim=dim))
    return [item]


def check_bounds(positions: np.ndarray, size: int, dim: int) -> None:
    """Refuse positions outside a dimension.

    Raises:
        IndexError: There is one.
    """
    wrong = positions[(positions < -size) | (positions >= size)]
    if wrong.size:
        raise IndexError(f"index {wrong.flat[0]} is out of bounds for dimension {dim} with size {size}")


def _at(positions: tuple[Any, ...], pattern: tuple[bool, ...]) -> tuple[Any, ...]:
    """An index of arrays for `x.at`: a position array where the pattern has one, a whole dimension elsewhere."""
    given = iter(positions)
    return tuple(next(given) if has else slice(None) for has in pattern)


def _gather(x: Any, *positions: Any, pattern: tuple[bool, ...]) -> Any:
    mode = "fill" if jnp.issubdtype(x.dtype, np.inexact) else "clip"
    return x.at[_at(positions, pattern)].get(mode=mode, fill_value=np.nan if mode == "fill" else None)


def added(places: Any, new: Any) -> Any:
    """What `x.at[...]` becomes with others added: of truths whether one is true."""
    return places.max(new) if new.dtype == bool else places.add(new)


def multiplied(places: Any, new: Any) -> Any:
    """What `x.at[...]` becomes with others multiplied: of truths whether all are true."""
    return places.min(new) if new.dtype == bool else places.multiply(new)


def _scatter(x: Any, new: Any, *positions: Any, pattern: tuple[bool, ...], accumulate: bool) -> Any:
    where = _at(positions, pattern)
    result = jax.eval_shape(lambda: x[where]).shape
    if len(new.shape) > len(result) or any(
        n not in (1, r) for n, r in zip(new.shape[::-1], result[::-1], strict=False)
    ):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(new.shape)} cannot be broadcast to indexing result of shape "
            f"{list(result)}"
        )
    new = new.astype(x.dtype)
    return added(x.at[where], new) if accumulate else x.at[where].set(new)


GATHER = Op("index", _gather, saves={0: tuple(range(1, 65))}, anywhere=range(1, 65))
SCATTER = Op("index_put", _scatter, anywhere=range(1, 66))


def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor with `values` at the positions that a tensor for each dimension gives."""
    require_tensor(values, "index_put", "values", 2)
    _check_dtypes(input, values)
    places = _places(input, indices)
    return apply(SCATTER, ((True,) * len(places), accumulate), input, values, *places)


def _check_dtypes(input: Tensor, values: Tensor) -> None:
    ours, theirs = input.dtype.legacy, values.dtype.legacy
    if ours != theirs:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {ours.removesuffix('Tensor')} for the "
            f"destination and {theirs.removesuffix('Tensor')} for the source."
        )


def _places(input: Tensor, indices: Any) -> list[Tensor]:
    shape, places = input._aval.shape, list[Tensor]()
    for k, index in enumerate(indices):
        if not isinstance(index, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type(index).__name__}")
        used = len(places) + (index.ndim if index._aval.dtype == np.bool_ else 1)
        if used > len(shape):
            raise IndexError(f"too many indices for tensor of dimension {len(shape)} (got {used})")
        places += as_indices(index, shape, len(places))
    return places


ROWS = (Row("index_put", index_put, inplace=True),)
