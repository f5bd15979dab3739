"""Integers: remainders of one word, or of two for wide ranges.

PyTorch takes the plain remainder, so the smallest values of a range that does not divide 2**32 are drawn a little more often.
"""

from __future__ import annotations

import numpy as np

from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.rounding import narrowed
from funcgrad.torch._random.stream import WordStream
from funcgrad.torch._random.uniform import parts

_WIDE_SPAN = 2**28  # from here on an element takes two words

# dtype: least value, greatest value, name in PyTorch's texts
_LIMITS = {
    "bool": (0, 1, "bool"),
    "uint8": (0, 2**8 - 1, "unsigned char"),
    "int8": (-(2**7), 2**7 - 1, "signed char"),
    "int16": (-(2**15), 2**15 - 1, "short"),
    "int32": (-(2**31), 2**31 - 1, "int"),
    "int64": (-(2**63), 2**63 - 1, "long"),
    "float16": (-65504, 65504, "c10::Half"),
}
# dtype: bits of the mantissa, up to which every integer is exact
_DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def random64(generator: Generator) -> int:
    """One 64-bit number, the first word in its upper half: the base seed of a data loader is this modulo 2**63."""
    high, low = generator.stream.take(2).tolist()
    return high << 32 | low


def random(generator: Generator, shape: tuple[int, ...], dtype: np.dtype | type = np.int64) -> np.ndarray:
    """`random_()` without bounds: from 0 to the greatest value of `dtype`, for floats to the last of the consecutive integers."""
    dtype = np.dtype(dtype)
    digits = _DIGITS.get(dtype.name)
    greatest = 2**digits if digits else _LIMITS[dtype.name][1]
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
    _check_limits(low, high, dtype)
    if dtype.name in _DIGITS:
        low, high = _representable(low, high, dtype)
    return _integers(generator.stream, shape, dtype, low, high - low, wide=high - low >= _WIDE_SPAN)


def _check_limits(low: int, high: int, dtype: np.dtype) -> None:
    least, greatest, name = _LIMITS.get(dtype.name, _LIMITS["int64"])
    if not least <= low <= greatest:
        raise RuntimeError(f"from is out of bounds for {name}")
    if not least <= high - 1 <= greatest:
        raise RuntimeError(f"to - 1 is out of bounds for {name}")


def _representable(low: int, high: int, dtype: np.dtype) -> tuple[int, int]:
    """Bounds beyond the consecutive integers of a float dtype, moved inward to numbers that it has."""
    first, last = _rounded(low + 1, dtype), _rounded(high - 1, dtype)
    if first < low:
        low = first + _spacing(low + 1, dtype)
    if last >= high:
        high = last - _spacing(high - 1, dtype)
    if low >= high:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
            f"but got from={low} >= to={high}"
        )
    return low, high


def _rounded(value: int, dtype: np.dtype) -> int:
    return int(narrowed(np.array(value, np.int64), dtype)) if dtype.itemsize < 8 else int(float(value))


def _spacing(value: int, dtype: np.dtype) -> int:
    """How far apart the dtype's numbers lie at an integer that it does not have."""
    return 2 ** (value.bit_length() - _DIGITS[dtype.name])


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
    """word % span + low; NumPy divides by a scalar several times as fast as it takes remainders."""
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
