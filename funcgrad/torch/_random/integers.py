"""Integers: remainders of one word, or of two for wide ranges.

It is the plain remainder, so the smaller numbers of a range that does not divide 2**32 come a little more often.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.rounding import narrowed
from funcgrad.torch._random.stream import WordStream
from funcgrad.torch._random.uniform import parts

_WIDE_SPAN = 2**28  # from here on an element takes two words


class _Limits(NamedTuple):
    least: int
    greatest: int
    name: str  # in PyTorch's texts
    digits: int = 0  # of a float: up to 2**digits every integer is exact


_LONG = (-(2**63), 2**63 - 1)  # what a bound can be; only float16 is narrower among the floats
_LIMITS = {
    ("b", 1): _Limits(0, 1, "bool"),
    ("u", 1): _Limits(0, 2**8 - 1, "unsigned char"),
    ("i", 1): _Limits(-(2**7), 2**7 - 1, "signed char"),
    ("i", 2): _Limits(-(2**15), 2**15 - 1, "short"),
    ("i", 4): _Limits(-(2**31), 2**31 - 1, "int"),
    ("i", 8): _Limits(*_LONG, "long"),
    ("f", 2): _Limits(-65504, 65504, "c10::Half", 11),
    ("V", 2): _Limits(*_LONG, "c10::BFloat16", 8),
    ("f", 4): _Limits(*_LONG, "float", 24),
    ("f", 8): _Limits(*_LONG, "double", 53),
}


def random64(generator: Generator) -> int:
    """One 64-bit number, the first word in its upper half: the base seed of a data loader is this modulo 2**63."""
    high, low = generator.stream.take(2).tolist()
    return high << 32 | low


def random(generator: Generator, shape: tuple[int, ...], dtype: np.dtype | type = np.int64) -> np.ndarray:
    """Integers from 0 to the dtype's greatest, for floats up to where they cease to be consecutive. `random_()`."""
    dtype = np.dtype(dtype)
    limits = _LIMITS[dtype.kind, dtype.itemsize]
    greatest = 2**limits.digits if limits.digits else limits.greatest
    return _integers(generator.stream, shape, dtype, 0, greatest + 1, wide=dtype.itemsize == 8)


def randint(
    generator: Generator, low: int, high: int, shape: tuple[int, ...], dtype: np.dtype | type = np.int64
) -> np.ndarray:
    """Integers in [low, high), also `random_(low, high)`.

    Args:
        generator: Where the words come from: one an element, two if `high - low` is 2**28 or more.
        low: Least value.
        high: Bound above.
        shape: Of the result.
        dtype: bool, an integer or a float dtype.

    Returns:
        A new array of `shape` and `dtype`.

    Raises:
        RuntimeError: The range is empty, or leaves the dtype's.
    """
    dtype = np.dtype(dtype)
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    limits = _LIMITS[dtype.kind, dtype.itemsize]
    _check_limits(low, high, limits)
    if limits.digits:
        low, high = _representable(low, high, dtype, limits)
    return _integers(generator.stream, shape, dtype, low, high - low, wide=high - low >= _WIDE_SPAN)


def _check_limits(low: int, high: int, limits: _Limits) -> None:
    if not limits.least <= low <= limits.greatest:
        raise RuntimeError(f"from is out of bounds for {limits.name}")
    if not limits.least <= high - 1 <= limits.greatest:
        raise RuntimeError(f"to - 1 is out of bounds for {limits.name}")


def _representable(low: int, high: int, dtype: np.dtype, limits: _Limits) -> tuple[int, int]:
    """Bounds beyond the consecutive integers of a float dtype, moved inward to numbers that it has, with a warning."""
    first, last = _rounded(low + 1, dtype), _rounded(high - 1, dtype)
    if first < low:
        low = first + 2 ** ((low + 1).bit_length() - limits.digits)
    if last >= high:
        high = last - 2 ** ((high - 1).bit_length() - limits.digits)
    if low >= high:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
            f"but got from={low} >= to={high}"
        )
    for value, name in ((low, "from"), (high - 1, "to - 1")):
        if abs(value) > 2**limits.digits:
            warn(
                f"{name} is out of bounds [-(2^{limits.digits}), 2^{limits.digits}]. Due to precision limitations "
                f"{limits.name} can support discrete uniform distribution only within this range."
            )
    return low, high


def _rounded(value: int, dtype: np.dtype) -> int:
    return int(narrowed(np.array(value, np.int64).astype(np.float64 if dtype.itemsize == 8 else np.float32), dtype))


def _integers(
    stream: WordStream, shape: tuple[int, ...], dtype: np.dtype, low: int, span: int, wide: bool
) -> np.ndarray:
    out = np.empty(shape, dtype)
    draw = _wide_remainders if wide else _remainders
    for part in parts(out):
        values = draw(stream, part.size, span, low)
        part[...] = narrowed(values, dtype) if dtype.kind not in "iub" else values
    return out


def _remainders(stream: WordStream, count: int, span: int, low: int) -> np.ndarray:
    """The words modulo `span`, plus `low`; NumPy divides by a scalar five times as fast as it takes remainders."""
    words, divisor = stream.take(count), np.array(span, np.uint32)
    values = words // divisor
    values *= divisor
    np.subtract(words, values, out=values)
    return values.astype(np.int64) + low if low else values


def _wide_remainders(stream: WordStream, count: int, span: int, low: int) -> np.ndarray:
    words = stream.take(2 * count)
    values = words[0::2].astype(np.uint64)
    values <<= np.uint64(32)
    values |= words[1::2]
    if span < 2**64:
        values %= np.uint64(span)
    values += np.uint64(low % 2**64)
    return values.view(np.int64)
