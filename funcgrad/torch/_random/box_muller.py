"""Box and Muller's transform in single precision, with the polynomials and roundings of PyTorch's vectorised kernel.

The formulas stand here once, for two kinds of arithmetic: NumPy's, where a fused multiply-add is done in float64 and
rounded to float32, and a compiled program's. For each of the 2**24 possible uniforms both give PyTorch's bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

_F32, _I32 = np.float32, np.int32
_FRACTION, _TWO_24 = np.uint32(0xFFFFFF), _I32(1 << 24)
_SQRT_HALF_BITS = _F32(math.sqrt(0.5)).view(_I32)
_MANTISSA_BITS, _SIGN = _I32(23), _I32(-(1 << 31))
_LN2_HIGH, _LN2_LOW = _F32(0.693359375), _F32(-2.12194440e-4)
_TURN = _F32(2 * math.pi) * _F32(2.0**-24)
_EIGHTH_TURN, _TO_QUADRANT = _I32(1 << 21), _I32(22)
_HALF_PI = tuple(_F32(-2 * part) for part in (0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8))


def _coefficients(*values: float) -> tuple[np.float32, ...]:
    return tuple(_F32(value) for value in values)


_LOG = _coefficients(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_COSINE = _coefficients(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_SINE = _coefficients(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)


class Arithmetic(NamedTuple):
    """What NumPy and a compiled program write differently."""

    fma: Callable[[Any, Any, Any], Any]  # a * b + c, rounded once
    bits: Callable[[Any], Any]  # a float32's bits as an int32
    floats: Callable[[Any], Any]  # and back
    maximum: Callable[[Any, Any], Any]
    where: Callable[[Any, Any, Any], Any]
    sqrt: Callable[[Any], Any]


def _wide_fma(a: Any, b: Any, c: Any) -> np.ndarray:
    total = np.multiply(a, b, dtype=np.float64)
    total += c
    return total.astype(_F32)


HOST = Arithmetic(_wide_fma, lambda x: x.view(_I32), lambda x: x.view(_F32), np.maximum, np.where, np.sqrt)
COMPILED = Arithmetic(
    lambda a, b, c: a * b + c,
    lambda x: jax.lax.bitcast_convert_type(x, _I32),
    lambda x: jax.lax.bitcast_convert_type(x, _F32),
    jnp.maximum,
    jnp.where,
    jnp.sqrt,
)
"""The compiler fuses where it can; `normal.py` takes such a program only once it has given the host's bits."""


def standard_normals(words: Any, on: Arithmetic = HOST) -> tuple[Any, Any]:
    """Standard normals from 16 words a row: of each row eight give radii and eight give angles.

    Args:
        words: uint32 of shape (rows, 2, 8).
        on: The arithmetic.

    Returns:
        The first and the last eight normals of each row, float32 of shape (rows, 8).
    """
    distance, (cosine, sine) = radius(words[:, 0], on), angle(words[:, 1], on)
    return distance * cosine, distance * sine


def both_roles(words: Any, on: Arithmetic = HOST) -> list[Any]:
    """Radius, cosine and sine of every word, for draws that start anywhere."""
    return [radius(words, on), *angle(words, on)]


def radius(words: Any, on: Arithmetic) -> Any:
    """The square root of -2 log(1 - fraction / 2**24)."""
    x, exponent = _split(words, on)
    y, square = _horner(_LOG, x, on), x * x
    y = on.fma(y * x, square, exponent * _LN2_LOW)
    y = (y - square * _F32(0.5)) + x
    return on.sqrt((y + exponent * _LN2_HIGH) * _F32(-2))


def _split(words: Any, on: Arithmetic) -> tuple[Any, Any]:
    """1 - fraction / 2**24 as (1 + x) * 2**exponent with 1 + x in [sqrt(1/2), sqrt(2))."""
    bits = on.bits((_TWO_24 - (words & _FRACTION).astype(_I32)).astype(_F32))
    shift = (bits - _SQRT_HALF_BITS) >> _MANTISSA_BITS
    return on.floats(bits - (shift << _MANTISSA_BITS)) - _F32(1), shift.astype(_F32) - _F32(24)


def angle(words: Any, on: Arithmetic) -> tuple[Any, Any]:
    """Cosine and sine of 2 pi fraction / 2**24."""
    x, quadrant = _reduce(words, on)
    square = x * x
    cosine = on.fma(_horner(_COSINE, square, on) * square, square, square * _F32(-0.5)) + _F32(1)
    sine = on.fma(_horner(_SINE, square, on) * square, x, x)
    is_odd = (quadrant & _I32(1)) == _I32(1)
    cosine, sine = on.where(is_odd, sine, cosine), on.where(is_odd, cosine, sine)
    return _negated(cosine, quadrant + _I32(1), on), _negated(sine, quadrant, on)


def _reduce(words: Any, on: Arithmetic) -> tuple[Any, Any]:
    """The angle less its nearest multiple of half pi, and that multiple."""
    fraction = (words & _FRACTION).astype(_I32)
    quadrant = (fraction + _EIGHTH_TURN) >> _TO_QUADRANT
    # No result is below -1: the maximum keeps a compiler from fusing this product into the sum, with another rounding.
    x, quadrants = on.maximum(fraction.astype(_F32) * _TURN, _F32(-1)), quadrant.astype(_F32)
    for part in _HALF_PI:
        x = on.fma(quadrants, part, x)
    return x, quadrant


def _negated(values: Any, quadrant: Any, on: Arithmetic) -> Any:
    """The values, negated where the quadrant's second bit is set."""
    return on.floats(on.bits(values) ^ ((quadrant << _I32(30)) & _SIGN))


def _horner(coefficients: tuple[np.float32, ...], x: Any, on: Arithmetic) -> Any:
    y = on.fma(x, coefficients[0], coefficients[1])
    for coefficient in coefficients[2:]:
        y = on.fma(y, x, coefficient)
    return y
