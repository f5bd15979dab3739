"""Uniform floats: 24 bits of one word, or 53 bits of two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.pairs import is_paired, joined, part_of
from funcgrad.torch._random.rounding import FLOAT32, FLOAT64, fma, fma32, narrowed
from funcgrad.torch._random.stream import CHUNK, SMALL, WordStream

_LOW_24 = np.array(2**24 - 1, np.uint32)
_LOW_21 = np.array(2**21 - 1, np.uint32)  # with the 32 bits of the second word: 53
_SCALE_24 = np.array(2.0**-24, np.float32)
_SCALE_32, _SCALE_53 = np.array(2.0**32), np.array(2.0**-53)
_LARGEST = {2: 3.38e38, 4: 3.4028234663852886e38, 8: 1.7976931348623157e308}


def parts(out: np.ndarray) -> Iterator[np.ndarray]:
    """The elements of a new array in their order, in flat slices that fit the cache."""
    flat = out.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        yield flat[start : start + CHUNK]


def units24(stream: WordStream, count: int) -> np.ndarray:
    """`count` uniforms k / 2**24 in [0, 1), float32, not to be written to."""
    if count <= SMALL:
        span = stream.reserve(count)
        return stream.mapped(_as_units24)[span]
    return _as_units24(stream.take(count))


def units53(stream: WordStream, count: int) -> np.ndarray:
    """`count` uniforms k / 2**53 in [0, 1), float64; the first word of each pair is the high one."""
    words = stream.take(2 * count)
    values = (words[0::2] & _LOW_21).astype(FLOAT64)
    values *= _SCALE_32
    values += words[1::2].astype(FLOAT64)
    values *= _SCALE_53
    return values


def _as_units24(words: np.ndarray) -> np.ndarray:
    values = (words & _LOW_24).astype(FLOAT32)
    values *= _SCALE_24
    return values


def rand(generator: Generator, shape: tuple[int, ...], dtype: np.dtype | type = np.float32) -> np.ndarray:
    """Uniform on [0, 1). See `uniform`."""
    return uniform(generator, shape, 0.0, 1.0, dtype)


def uniform(
    generator: Generator,
    shape: tuple[int, ...],
    low: float = 0.0,
    high: float = 1.0,
    dtype: np.dtype | type = np.float32,
) -> np.ndarray:
    """Uniform on [low, high): u * (high - low) + low, fused; a result that rounds to `high` becomes `low`.

    PyTorch itself fuses on processors with AVX2 only.

    Args:
        generator: Where the words come from: one an element, two for float64.
        shape: Of the result.
        low: Least value.
        high: Bound above.
        dtype: float16, bfloat16, float32 or float64; the first two round a float32. Both parts of complex numbers are
            uniform.

    Returns:
        A new array of `shape` and `dtype`.

    Raises:
        RuntimeError: `low` exceeds `high`, or `high - low` the largest number.
    """
    dtype = np.dtype(dtype)
    if is_paired(dtype):
        return joined(uniform(generator, (*shape, 2), low, high, part_of(dtype)))
    _check_bounds(low, high, dtype)
    draw = _uniform64 if dtype == FLOAT64 else _uniform32
    out = np.empty(shape, dtype)
    for part in parts(out):
        part[...] = draw(generator.stream, part.size, low, high, dtype)
    return out


def _uniform32(stream: WordStream, count: int, low: float, high: float, dtype: np.dtype) -> np.ndarray:
    values = units24(stream, count)
    if low != 0.0 or high != 1.0:
        values = between(values.astype(FLOAT64), low, high)
    elif dtype == FLOAT32:
        return values
    return _below(high, low, narrowed(values, dtype))


def between(units: Any, low: float, high: float) -> Any:
    """`units * (high - low) + low` in float32, rounded once.

    Args:
        units: Uniforms of 24 bits in float64, NumPy's, which are overwritten, or JAX's.
        low: Least value.
        high: Bound above.
    """
    low = float(np.float32(low))
    span = float(np.float32(high) - np.float32(low))
    if not span * 2.0**-29 <= abs(low) <= span * 32:
        return fma32(units, span, low)
    units *= span
    units += low  # exact: 48 and 24 bits, in 53
    return units.astype(FLOAT32)


def _uniform64(stream: WordStream, count: int, low: float, high: float, dtype: np.dtype) -> np.ndarray:
    return _below(high, low, fma(units53(stream, count), high - low, low))


def _below(high: float, low: float, values: np.ndarray) -> np.ndarray:
    hits = values == narrowed(np.array(high), values.dtype)
    if np.count_nonzero(hits):
        values[hits] = narrowed(np.array(low), values.dtype)
    return values


def _check_bounds(low: float, high: float, dtype: np.dtype) -> None:
    if not low <= high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > _LARGEST[dtype.itemsize]:
        raise RuntimeError(
            "uniform_ expects to-from <= std::numeric_limits<Float>::max(), "
            f"but found to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )
