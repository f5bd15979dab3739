"""The last bit of float64 arithmetic: fused multiply-add, the C library's functions, casts to narrower types.

PyTorch draws many distributions in float64 with the C library's functions; NumPy's vectorised ones differ from these in the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)

_Number = TypeVar("_Number", float, np.ndarray)

_SPLITTER = 2.0**27 + 1
_DROPPED_BITS = 2**29 - 1  # of a float64 that becomes a float32
_MIDDLE = 2**28
_DOUBT = 16  # units in the last place of float64; NumPy and the C library differ by one or two


def fma(a: _Number, b: float, c: float) -> _Number:
    """a * b + c in float64, rounded once."""
    product = a * b
    if b == 1.0 or c == 0.0:
        return product + c
    total = product + c
    other = total - product
    rest = (product - (total - other)) + (c - other)
    return total + (rest + _product_error(a, b, product))


def _product_error(a: _Number, b: float, product: _Number) -> _Number:
    """a * b - product, exactly (Dekker)."""
    a_high, b_high = _upper_half(a), _upper_half(b)
    a_low, b_low = a - a_high, b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _upper_half(x: _Number) -> _Number:
    scaled = x * _SPLITTER
    return scaled - (scaled - x)


def by_element(function: Callable[[float], float], values: np.ndarray) -> np.ndarray:
    """A function of `math`, which is the C library's, applied to a float64 array."""
    return np.fromiter(map(function, values.reshape(-1).tolist()), FLOAT64, values.size).reshape(values.shape)


def evaluate(
    vectorised: Callable[[np.ndarray], np.ndarray],
    exact: Callable[[float], float],
    values: np.ndarray,
    finish: Callable[[_Number], _Number],
    dtype: np.dtype,
) -> np.ndarray:
    """`finish(exact(values))` as PyTorch rounds it to `dtype`.

    Args:
        vectorised: NumPy's function, right to a few units in the last place of float64.
        exact: The function of `math` that PyTorch calls, some thirty times slower.
        values: Arguments, 1-D float64.
        finish: Arithmetic that follows, for arrays and for floats.
        dtype: A float dtype. Narrower than float64, the exact function is needed only next to the middle of two float32 numbers.
    """
    if dtype == FLOAT64:
        return finish(by_element(exact, values))
    results = finish(vectorised(values))
    distance = results.view(np.int64) - (_MIDDLE - _DOUBT)
    distance &= _DROPPED_BITS
    for index in np.flatnonzero(distance < 2 * _DOUBT):
        results[index] = finish(exact(float(values[index])))
    return narrowed(results, dtype)


def narrowed(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Floats in `dtype`: by way of float32 to float16 and bfloat16, and to infinity without a warning."""
    if dtype == FLOAT64:
        return values
    with np.errstate(over="ignore"):
        return values.astype(FLOAT32, copy=False).astype(dtype, copy=False)
