"""Copies of a tensor's elements in other places: repeated, reversed, rolled, rotated."""

from __future__ import annotations

import operator
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.dims import dim_of, sizes
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


def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Tensor:
    """Each element repeated: all equally often, or each as often as `repeats` says."""
    if dim is None:
        input, dim = reshape(input, (-1,)), 0
    dim = dim_of(dim, input.ndim)
    if isinstance(repeats, int):
        return apply(REPEAT_EACH, (repeats, dim), input)
    times = np.asarray(array_of(value_of(repeats), "repeat_interleave"))
    if times.size == 1:
        return apply(REPEAT_EACH, (int(times.item()), dim), input)
    return apply(TAKE, (dim,), input, wrap(constant(np.repeat(np.arange(len(times)), times))))


def flip(input: Tensor, *places: Any, dims: Any = ()) -> Tensor:
    """Dimensions in reverse order."""
    chosen = sizes(places or (dims,))
    return apply(FLIP, (tuple([dim_of(d, input.ndim) for d in chosen]) if input.ndim else (),), input)


def fliplr(input: Tensor) -> Tensor:
    """Columns in reverse order."""
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """Rows in reverse order."""
    return flip(input, 0)


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Elements shifted along dimensions, those that leave at one end coming in at the other."""
    by = [operator.index(shifts)] if hasattr(shifts, "__index__") else list(shifts)
    along = (
        None if dims is None else tuple([dim_of(d, input.ndim) for d in ([dims] if isinstance(dims, int) else dims)])
    )
    return apply(ROLL, (along,), input, *by)


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A plane rotated by k quarter turns from the first dimension towards the second."""
    return apply(ROT90, (k % 4, tuple([dim_of(d, input.ndim) for d in dims])), input)


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
