"""The last bit of float64: fused multiply-add, the C library's functions, casts to narrower types.

PyTorch draws many distributions in float64 with the C library's functions, from which NumPy's vectorised ones differ
in the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)

_Float64 = TypeVar("_Float64", np.float64, np.ndarray)

_SPLITTER = 2.0**27 + 1
# A float64 that becomes a float32 drops 29 bits, and is in doubt within 16 units of their middle: NumPy and the C
# library differ by one.
_DROPPED_BITS = np.array(2**29 - 1)
_DOUBT_STARTS, _DOUBT_SPAN = np.array(2**28 - 16), np.array(32)


def fma(a: np.ndarray, b: float, c: float) -> np.ndarray:
    """The float64 a * b + c, rounded once (Boldo and Melquiond: the last sum but one is rounded to odd)."""
    product = a * b
    if b == 1.0 or c == 0.0:
        return product + c
    low, lowest = _two_sum(np.float64(c), _product_error(a, b, product))
    high, rest = _two_sum(product, low)
    return high + _sum_to_odd(lowest, rest)


def fma32(a: Any, b: float, c: float) -> Any:
    """The float32 a * b + c of float32 numbers, rounded once; `a` is float64, NumPy's or JAX's."""
    b, c = float(np.float32(b)), float(np.float32(c))
    product = a * b  # exact
    return (product + c if c == 0.0 else _sum_to_odd(product, np.float64(c))).astype(FLOAT32)


def _two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """The rounded sum, and what it lacks (Knuth)."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


def _sum_to_odd(a: Any, b: Any) -> Any:
    """The sum; where it is not exact, the neighbour whose last bit is 1, which may be rounded again."""
    total, lacks = _two_sum(a, b)
    xp: Any = total.__array_namespace__() if hasattr(total, "__array_namespace__") else np  # JAX's arrays come too
    is_even = total.view(np.int64) & 1 == 0
    return xp.where((lacks != 0) & is_even, xp.nextafter(total, xp.copysign(np.inf, lacks)), total)


def _product_error(a: np.ndarray, b: float, product: np.ndarray) -> np.ndarray:
    """The exact a * b - product (Dekker)."""
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(np.float64(b))
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(x: _Float64) -> tuple[_Float64, _Float64]:
    """Two numbers of at most 26 bits with the sum x, whose products are exact."""
    scaled = x * _SPLITTER
    high = scaled - (scaled - x)
    return high, x - high


def by_element(function: Callable[[float], float], values: np.ndarray) -> np.ndarray:
    """A function of `math`, which is the C library's, applied to a float64 array."""
    return np.fromiter(map(function, values.reshape(-1).tolist()), FLOAT64, values.size).reshape(values.shape)


def evaluate(
    vectorised: Callable[[np.ndarray], np.ndarray],
    exact: Callable[[float], float],
    values: np.ndarray,
    finish: Callable[[np.ndarray], np.ndarray],
    dtype: np.dtype,
) -> np.ndarray:
    """`finish(exact(values))`, rounded to `dtype`.

    Args:
        vectorised: NumPy's function, right to a few units in the last place of float64.
        exact: The function of `math`, which PyTorch calls too, some thirty times slower.
        values: Its arguments, 1-D float64.
        finish: The arithmetic that follows.
        dtype: A float dtype. Narrower than float64, the exact function matters only next to the middle of two float32
            numbers.
    """
    if dtype == FLOAT64:
        return finish(by_element(exact, values))
    results = finish(vectorised(values))
    distance = results.view(np.int64) - _DOUBT_STARTS
    distance &= _DROPPED_BITS
    doubtful = distance < _DOUBT_SPAN
    if np.count_nonzero(doubtful):
        results[doubtful] = finish(by_element(exact, values[doubtful]))
    return narrowed(results, dtype)


def narrowed(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Values in a float dtype; to float16 and bfloat16 by way of float32, and to infinity without a warning."""
    if dtype == FLOAT64:
        return values
    if dtype == FLOAT32:
        return values.astype(FLOAT32, copy=False)
    with np.errstate(over="ignore"):
        return values.astype(FLOAT32, copy=False).astype(dtype, copy=False)
