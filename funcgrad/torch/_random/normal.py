"""Normal draws by Box and Muller's transform, in the three ways that PyTorch has.

Fewer than 16 elements, or a non-contiguous target: pairs in double, the second one kept for the next such call.
Otherwise blocks of 16, in double for float64 and else in single precision, which neither read nor clear the kept
value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._random.box_muller import COMPILED, both_roles, standard_normals
from funcgrad.torch._random.compiled import LongDraw, padded
from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.pairs import is_paired, joined, part_of
from funcgrad.torch._random.rounding import FLOAT32, FLOAT64, by_element, fma, fma32, narrowed
from funcgrad.torch._random.stream import CHUNK, MEDIUM, SMALL, WIDEST, WordStream
from funcgrad.torch._random.uniform import parts, units53

_BLOCK = 16
_PAIRS_AT_ONCE = SMALL // 4
_LOW_21 = 2**21 - 1
_UNIT = 2.0**-53
_TURN = 2 * math.pi * _UNIT
_ZERO = np.array(0.0, np.float32)


def normal(
    generator: Generator,
    shape: tuple[int, ...],
    mean: float = 0.0,
    std: float = 1.0,
    dtype: np.dtype | type = np.float32,
    contiguous: bool = True,
) -> np.ndarray:
    """Normal draws, `normal_` and `randn`.

    Args:
        generator: Where the words come from.
        shape: Of the result.
        mean: Of the distribution.
        std: Standard deviation, at least 0.
        dtype: float16, bfloat16, float32 or float64; both parts of complex numbers have the mean and half the
            variance.
        contiguous: Whether PyTorch's target is. If not, the values are in the order of its memory.

    Returns:
        A new array of `shape` and `dtype`.

    Raises:
        RuntimeError: `std` is negative.
    """
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    dtype = np.dtype(dtype)
    if is_paired(dtype):
        return joined(normal(generator, (*shape, 2), mean, std / math.sqrt(2), part_of(dtype), contiguous))
    count = math.prod(shape)
    if count < _BLOCK or not contiguous:
        values = np.array(scalar_normals(generator, count), FLOAT64)
        if mean != 0.0 or std != 1.0:
            values = fma(values, std, mean)
    else:
        values = _in_blocks(generator.stream, count, mean, std, dtype)
    return narrowed(values, dtype).reshape(shape)


def scalar_normals(generator: Generator, count: int) -> list[float]:
    """`count` standard normals in double, one by one: the kept value first, an odd one left is kept."""
    values: list[float] = []
    if count and generator.cached_normal is not None:
        values.append(generator.cached_normal)
        generator.cached_normal = None
    while len(values) < count:
        values += _pairs(generator.stream, min((count - len(values) + 1) // 2, _PAIRS_AT_ONCE))
    if len(values) > count:
        generator.cached_normal = values.pop()
    return values


def _pairs(stream: WordStream, pairs: int) -> list[float]:
    span = stream.reserve(4 * pairs)
    words = iter(stream.mapped(_as_integers)[span])
    values = []
    for turn_high, turn_low, high, low in zip(words, words, words, words, strict=True):
        angle = _TURN * ((turn_high & _LOW_21) << 32 | turn_low)
        radius = math.sqrt(-2.0 * math.log1p(-_UNIT * ((high & _LOW_21) << 32 | low)))
        values += (radius * math.cos(angle), radius * math.sin(angle))
    return values


def _as_integers(words: np.ndarray) -> memoryview:
    return words.data


def _in_blocks(stream: WordStream, count: int, mean: float, std: float, dtype: np.dtype) -> np.ndarray:
    """Whole blocks first; an incomplete last block is thrown away and the last 16 elements are drawn afresh."""
    fill, words = (_fill_double, 2) if dtype == FLOAT64 else (_fill_single, 1)
    out = np.empty(count, FLOAT64 if dtype == FLOAT64 else FLOAT32)
    whole = count // _BLOCK * _BLOCK
    fill(stream, out[:whole], mean, std)
    if whole < count:
        if dtype.itemsize > 2:  # the half types never draw what they would throw away
            stream.reserve(words * (count - whole))
        fill(stream, out[-_BLOCK:], mean, std)
    return out


def _fill_single(stream: WordStream, out: np.ndarray, mean: float, std: float) -> None:
    if out.size <= (SMALL if ROLES.program is None else MEDIUM):
        _from_window(stream, out)
        _scale(out, mean, std)
        return
    for part in parts(out):
        words, run = stream.take(part.size), NORMALS.count(part.size)
        (normals,) = _by_numpy(words) if run is None else run(padded(words, CHUNK))
        part[...] = normals[: part.size]
        _scale(part, mean, std)


def _from_window(stream: WordStream, out: np.ndarray) -> None:
    """Reads the words' radii and angles from a transform of the whole window, which serves many small draws."""
    span = stream.reserve(out.size)
    radius, cosine, sine = stream.mapped(_window_roles)
    radius = radius[span].reshape(-1, 2, 8)[:, 0]
    normals = out.reshape(-1, 2, 8)
    np.multiply(radius, cosine[span].reshape(-1, 2, 8)[:, 1], out=normals[:, 0])
    np.multiply(radius, sine[span].reshape(-1, 2, 8)[:, 1], out=normals[:, 1])


def _window_roles(words: np.ndarray) -> Sequence[np.ndarray]:
    """Radius, cosine and sine of every word of a window."""
    run = ROLES.count(words.size)
    return run(padded(words, WIDEST)) if run is not None and WIDEST // 4 < words.size <= WIDEST else both_roles(words)


def _scale(values: np.ndarray, mean: float, std: float) -> None:
    """Replaces float32 values by values * std + mean, fused; adding a mean of zero turns -0 into 0, as that does."""
    if mean == 0.0 and std == 1.0:
        values += _ZERO
        return
    values[...] = fma32(values.astype(FLOAT64), std, mean)


def _in_a_program(words: jax.Array) -> list[jax.Array]:
    return [jnp.stack(standard_normals(words.reshape(-1, 2, 8), COMPILED), 1).reshape(-1)]


def _by_numpy(words: np.ndarray) -> list[np.ndarray]:
    return [np.stack(standard_normals(words.reshape(-1, 2, 8)), 1).reshape(-1)]


def _some_words(count: int) -> np.ndarray:
    return np.random.RandomState(0).randint(0, 2**32, count, np.uint32)


NORMALS = LongDraw(_in_a_program, _by_numpy, lambda: [_some_words(CHUNK)], pays_from=2**23)
ROLES = LongDraw(lambda words: both_roles(words, COMPILED), both_roles, lambda: [_some_words(WIDEST)], pays_from=2**21)


def _fill_double(stream: WordStream, out: np.ndarray, mean: float, std: float) -> None:
    for start in range(0, out.size, CHUNK):
        part = out[start : start + CHUNK].reshape(-1, 2, 8)
        units = units53(stream, part.size).reshape(part.shape)
        radius = np.sqrt(-2.0 * by_element(math.log, 1.0 - units[:, 0]))
        angle = 2 * math.pi * units[:, 1]
        part[:, 0] = fma(radius * by_element(math.cos, angle), std, mean)
        part[:, 1] = fma(radius * by_element(math.sin, angle), std, mean)
