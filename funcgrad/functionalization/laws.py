"""Laws: how the words of the stream become random numbers. The host's twins of the same names are in `torch._random`.

The numbers are the host's to the last bit. Where that computes in double with the C library's functions (few normals
at a time, exponential draws, normals of double precision), they are so up to the last bit of a double, before it is
rounded to the dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.functionalization.stream import Reader
from funcgrad.torch._random.box_muller import COMPILED, standard_normals
from funcgrad.torch._random.rounding import fma, fma32
from funcgrad.torch._random.uniform import between

_LOW_21, _LOW_24 = np.uint32(2**21 - 1), np.uint32(2**24 - 1)
_WIDE_SPAN = 2**28  # from here on a whole number takes two words
_BLOCK = 16  # normals from here on are drawn in blocks of so many
_DOUBLE = np.dtype(np.float64)

EXACT = COMPILED._replace(fma=lambda a, b, c: (a.astype(jnp.float64) * b + c).astype(jnp.float32))
"""A product of two singles is exact in double, so the sum is rounded as the host rounds it."""


class Draw(NamedTuple):
    """Random numbers that a step draws at once."""

    law: str
    options: dict[str, Any]  # of the host's function
    shape: tuple[int, ...]  # in the order of memory, which is the order of drawing
    axes: tuple[int, ...]  # where each dimension of the tensor is in that order

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the numbers."""
        return np.dtype(self.options.get("dtype", np.bool_))

    @property
    def size(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)

    @property
    def words(self) -> int:
        """How many words of the stream it takes at most."""
        return LAWS[self.law].words(self)

    @property
    def keeps(self) -> bool:
        """Whether it draws normals in pairs, and keeps one that is left."""
        return self.law == "normal" and (self.size < _BLOCK or not self.options["contiguous"])

    def read(self, reader: Reader) -> jax.Array:
        """The numbers."""
        drawn = LAWS[self.law].draw(reader, self)
        return drawn.astype(self.dtype).reshape(self.shape).transpose(self.axes)


class Law(NamedTuple):
    """How numbers are made of words."""

    draw: Callable[[Reader, Draw], jax.Array]
    words: Callable[[Draw], int]


def _units53(words: jax.Array) -> jax.Array:
    """Uniforms in [0, 1) of 53 bits, from two words each."""
    high, low = (words[0::2] & _LOW_21).astype(_DOUBLE), words[1::2].astype(_DOUBLE)
    return (high * 2.0**32 + low) * 2.0**-53


def _is_below(words: jax.Array, p: float) -> jax.Array:
    """Whether 53-bit whole numbers, of two words each, are below p * 2**53."""
    high, low = np.array(divmod(math.ceil(p * 2.0**53), 2**32), np.uint32)
    drawn = words[0::2] & _LOW_21
    return (drawn < high) | ((drawn == high) & (words[1::2] < low))


def _mask(reader: Reader, draw: Draw) -> jax.Array:
    return _is_below(reader.take(draw.words), 1.0 - draw.options["p"])


def _bernoulli(reader: Reader, draw: Draw) -> jax.Array:
    return _is_below(reader.take(draw.words), draw.options["p"])


def _uniform(reader: Reader, draw: Draw) -> jax.Array:
    low, high = draw.options.get("low", 0.0), draw.options.get("high", 1.0)
    words = reader.take(draw.words)
    if draw.dtype == _DOUBLE:
        values = fma(_units53(words), high - low, low)  # pyright: ignore[reportArgumentType] - arrays of either kind
    else:
        values = between((words & _LOW_24).astype(_DOUBLE) * 2.0**-24, low, high)
    values = jnp.asarray(values).astype(draw.dtype)
    return jnp.where(values == np.array(high).astype(draw.dtype), np.array(low).astype(draw.dtype), values)


def _normal(reader: Reader, draw: Draw) -> jax.Array:
    mean, std = draw.options["mean"], draw.options["std"]
    if draw.keeps:
        values = _few_normals(reader, draw.size)
        return values if (mean, std) == (0.0, 1.0) else jnp.asarray(fma(values, std, mean))  # pyright: ignore
    block = _block_of_doubles if draw.dtype == _DOUBLE else _block_of_singles
    words = 2 if draw.dtype == _DOUBLE else 1
    whole = draw.size // _BLOCK * _BLOCK
    values = block(reader.take(words * whole), mean, std)
    if whole == draw.size:
        return values
    if draw.dtype.itemsize > 2:  # an incomplete block is thrown away, and the last elements are drawn afresh
        reader.skip(words * (draw.size - whole))
    return jnp.concatenate([values[: draw.size - _BLOCK], block(reader.take(words * _BLOCK), mean, std)])


def _block_of_singles(words: jax.Array, mean: float, std: float) -> jax.Array:
    values = jnp.stack(standard_normals(words.reshape(-1, 2, 8), EXACT), 1).reshape(-1)
    return fma32(values.astype(_DOUBLE), std, mean)


def _block_of_doubles(words: jax.Array, mean: float, std: float) -> jax.Array:
    units = _units53(words).reshape(-1, 2, 8)
    radius, angle = jnp.sqrt(-2.0 * jnp.log(1.0 - units[:, 0])), 2 * math.pi * units[:, 1]
    halves = [fma(radius * wave(angle), std, mean) for wave in (jnp.cos, jnp.sin)]  # pyright: ignore
    return jnp.stack(halves, 1).reshape(-1)  # pyright: ignore[reportArgumentType]


def _few_normals(reader: Reader, count: int) -> jax.Array:
    """The kept normal first, then pairs; if one is left it is kept."""
    assert reader.kept is not None
    units = _units53(reader.peek(4 * math.ceil(count / 2))).reshape(-1, 2)
    radius, angle = jnp.sqrt(-2.0 * jnp.log1p(-units[:, 1])), 2 * math.pi * units[:, 0]
    fresh = jnp.stack([radius * jnp.cos(angle), radius * jnp.sin(angle)], 1).reshape(-1)
    has_one = ~jnp.isnan(reader.kept)
    values = jnp.where(has_one, jnp.concatenate([reader.kept[None], fresh])[:count], fresh[:count])
    left = (fresh[-1], jnp.nan) if count % 2 == 0 else (jnp.nan, fresh[-1])  # with one kept before, without
    reader.skip(4 * jnp.where(has_one, count // 2, math.ceil(count / 2)))
    reader.kept = jnp.where(has_one, *left)
    return values


def _exponential(reader: Reader, draw: Draw) -> jax.Array:
    return jnp.log1p(-_units53(reader.take(draw.words))) * (-1.0 / draw.options["rate"])


def _randint(reader: Reader, draw: Draw) -> jax.Array:
    low, span = draw.options["low"], draw.options["high"] - draw.options["low"]
    words = reader.take(draw.words)
    if draw.words == draw.size:
        return (words % np.uint32(span)).astype(jnp.int64) + low
    wide = (words[0::2].astype(jnp.uint64) << np.uint64(32)) | words[1::2].astype(jnp.uint64)
    return (wide % np.uint64(span)).astype(jnp.int64) + low


def _randperm(reader: Reader, draw: Draw) -> jax.Array:
    """Position i is swapped with i + word % (n - i), in ascending order."""
    n = draw.options["n"]
    steps = jnp.arange(n - 1, dtype=jnp.uint32)
    partners = (reader.take(n - 1) % (np.uint32(n) - steps) + steps).astype(jnp.int64)

    def swap(i: Any, order: jax.Array) -> jax.Array:
        j = partners[i]
        return order.at[i].set(order[j]).at[j].set(order[i])

    return jax.lax.fori_loop(0, n - 1, swap, jnp.arange(n))


def _words_a_float(draw: Draw) -> int:
    return draw.size * (2 if draw.dtype == _DOUBLE else 1)


def _words_of_normals(draw: Draw) -> int:
    if draw.keeps:
        return 4 * math.ceil(draw.size / 2)
    afresh = draw.size % _BLOCK and _BLOCK
    return _words_a_float(draw) + afresh * (2 if draw.dtype == _DOUBLE else 1)


LAWS = {
    "dropout_mask": Law(_mask, lambda draw: 2 * draw.size),
    "bernoulli": Law(_bernoulli, lambda draw: 2 * draw.size),
    "rand": Law(_uniform, _words_a_float),
    "uniform": Law(_uniform, _words_a_float),
    "normal": Law(_normal, _words_of_normals),
    "exponential": Law(_exponential, lambda draw: 2 * draw.size),
    "randint": Law(_randint, lambda draw: draw.size * (1 + (draw.options["high"] - draw.options["low"] >= _WIDE_SPAN))),
    "randperm": Law(_randperm, lambda draw: draw.options["n"] - 1),
}
