"""Copies of a tensor's elements in other places: repeated, reversed, rolled, rotated."""

from __future__ import annotations

import operator
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.dims import dim_of, sizes
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.shape import reshape
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Op, array_of, constant

NONE: Any = {0: ()}


def _roll(x: Any, *shifts: Any, dims: tuple[int, ...] | None) -> Any:
    by = [shift.value for shift in shifts]
    return jnp.roll(x.reshape(-1), by[0]).reshape(x.shape) if dims is None else jnp.roll(x, by, dims)


TILE = Op("repeat", lambda x, *, repeats: jnp.tile(x, repeats), saves=NONE)
REPEAT_EACH = Op("repeat_interleave", lambda x, *, repeats, dim: jnp.repeat(x, repeats, dim), saves=NONE, label="View")
TAKE = Op("repeat_take", lambda x, places, *, dim: jnp.take(x, places, dim), saves={0: (1,)}, label="IndexSelect")
FLIP = Op("flip", lambda x, *, dims: jnp.flip(x, dims), saves=NONE)
ROLL = Op("roll", _roll, saves=NONE)
ROT90 = Op("rot90", lambda x, *, k, dims: jnp.rot90(x, k, dims), saves=NONE)


def repeat(input: Tensor, *counts: Any, repeats: Any = ()) -> Tensor:
    """The tensor repeated along each dimension, as a copy."""
    times = sizes(counts or (repeats,), "repeat")
    if len(times) < input.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return apply(TILE, (times,), input)


def tile(input: Tensor, *counts: Any, dims: Any = ()) -> Tensor:
    """The tensor repeated along its last dimensions."""
    times = sizes(counts or (dims,), "tile")
    return apply(TILE, ((1,) * (input.ndim - len(times)) + times,), input)


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element repeated: all equally often, or each as often as `repeats` says.

    With one argument, the places that it repeats so often.

    Raises:
        RuntimeError: Counts that are negative or do not fit.
        NotImplementedError: Counts that are no integers.
    """
    if repeats is None:
        return wrap(constant(_repeated_places(input, None, output_size).astype(input._aval.dtype)))
    if dim is None:
        input, dim = reshape(input, (-1,)), 0
    dim = dim_of(dim, input.ndim)
    length = input._aval.shape[dim] if input.ndim else 1
    if not isinstance(repeats, Tensor):
        return apply(REPEAT_EACH, (_checked_count(operator.index(repeats), length, output_size), dim), input)
    if repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if repeats._aval.size not in (1, length):
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{repeats._aval.size} and input.size({dim}) = {length}"
        )
    return apply(TAKE, (dim,), input, wrap(constant(_repeated_places(repeats, length, output_size))))


def _checked_count(count: int, length: int, output_size: int | None) -> int:
    if count < 0:
        raise RuntimeError("Repeats must be non-negative")
    if output_size not in (None, count * length):
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {count * length} but got {output_size}")
    return count


def _repeated_places(repeats: Tensor, length: int | None, output_size: int | None) -> np.ndarray:
    """Each place as often as it is repeated; one count stands for all places of a length."""
    if repeats.ndim > 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if repeats._aval.dtype not in (np.int32, np.int64):
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{scalar_name(repeats._aval.dtype)}'")
    times = np.asarray(array_of(value_of(repeats), "repeat_interleave"))
    if (times < 0).any():
        raise RuntimeError("repeats can not be negative")
    times = times if length is None else np.broadcast_to(times.reshape(-1), length)
    if output_size not in (None, times.sum()):
        raise RuntimeError("allocated size does not match required size")
    return np.repeat(np.arange(times.size), times.reshape(-1))


def flip(input: Tensor, *places: Any, dims: Any = ()) -> Tensor:
    """Dimensions in reverse order."""
    chosen = sizes(places or (dims,))
    return apply(FLIP, (tuple([dim_of(d, input.ndim) for d in chosen]) if input.ndim else (),), input)


def fliplr(input: Tensor) -> Tensor:
    """Columns in reverse order."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """Rows in reverse order."""
    if not input.ndim:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Elements shifted along dimensions, those that leave at one end coming in at the other."""
    by = _indices(shifts)
    given = [] if dims is None else _indices(dims)
    if not by:
        raise RuntimeError("`shifts` required")
    if len(by) != len(given) and (given or len(by) > 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(given)}")
    if given and not input.ndim:
        raise IndexError(f"Dimension specified as {given[0]} but tensor has no dimensions")
    along = tuple([dim_of(d, input.ndim) for d in given]) or None
    return apply(ROLL, (along,), input, *by)


def _indices(x: Any) -> list[int]:
    return [operator.index(k) for k in (x if isinstance(x, (tuple, list)) else [x])]


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A plane rotated by k quarter turns from the first dimension towards the second."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    plane = tuple([dim_of(d, input.ndim) for d in dims])
    if plane[0] == plane[1]:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return apply(ROT90, (k % 4, plane), input)


ROWS = (
    Row("repeat", repeat, function=False),
    Row("tile", tile),
    Row("repeat_interleave", repeat_interleave),
    Row("flip", flip),
    Row("fliplr", fliplr),
    Row("flipud", flipud),
    Row("roll", roll),
    Row("rot90", rot90),
)
