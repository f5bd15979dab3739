"""Box and Muller's transform in single precision, with the polynomials and roundings of PyTorch's vectorised kernel.

A fused multiply-add is done in float64 and rounded to float32. For each of the 2**24 possible uniforms this gives
PyTorch's bits.
"""

from __future__ import annotations

import math

import numpy as np

# As 0-d arrays of the operand's dtype: NumPy applies these in a third of the time of a Python number.
_FRACTION = np.array(0xFFFFFF, np.uint32)
_TWO_24 = np.array(1 << 24, np.int32)
_SQRT_HALF_BITS = np.array(np.float32(math.sqrt(0.5)).view(np.int32))
_MANTISSA_BITS = np.array(23, np.int32)
_EXPONENT_OF_TWO_24 = np.array(24, np.float32)
_ONE, _HALF, _MINUS_TWO = (np.array(value, np.float32) for value in (1.0, 0.5, -2.0))
_LN2_HIGH, _LN2_LOW = (np.array(value, np.float32) for value in (0.693359375, -2.12194440e-4))
_TURN = np.array(np.float32(2 * math.pi) * np.float32(2.0**-24))
_EIGHTH_TURN, _TO_QUADRANT, _NEXT = (np.array(value, np.int32) for value in (1 << 21, 22, 1))
_SIGN_SHIFT, _SWAP_SHIFT, _SIGN_BIT = (np.array(value, np.int32) for value in (30, 31, -(1 << 31)))
# Half pi in the three parts of the single-precision range reduction; in float64 their sum needs one rounding for three.
_HALF_PI = np.array(2 * (0.78515625 + 2.4187564849853515625e-4 + float(np.float32(3.77489497744594108e-8))))
_WIDE_ONE, _WIDE_MINUS_HALF = np.array(1.0), np.array(-0.5)


def _coefficients(*values: float) -> tuple[np.ndarray, ...]:
    return tuple(np.array(np.float32(value), np.float64) for value in values)


_LOG = _coefficients(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_COSINE = _coefficients(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_SINE = _coefficients(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)


class BoxMuller:
    """The transform of `pairs` pairs of words, with its scratch space."""

    def __init__(self, pairs: int) -> None:
        self._x, self._z, self._scratch, self._radius, self._cosine, self._sine = np.empty((6, pairs), np.float32)
        self._wide_x, self._wide_y = np.empty((2, pairs), np.float64)
        self._fraction = np.empty(pairs, np.uint32)

    def __call__(self, words: np.ndarray, out: np.ndarray) -> None:
        """Standard normals, float32, from as many words: of each 16, eight give radii and eight give angles."""
        words, normals = words.reshape(-1, 2, 8), out.reshape(-1, 2, 8)
        fraction = self._fraction.reshape(-1, 8)
        np.bitwise_and(words[:, 0], _FRACTION, out=fraction)
        radius = self._draw_radius().reshape(-1, 8)
        np.bitwise_and(words[:, 1], _FRACTION, out=fraction)
        cosine, sine = self._draw_angle()
        np.multiply(radius, cosine.reshape(-1, 8), out=normals[:, 0])
        np.multiply(radius, sine.reshape(-1, 8), out=normals[:, 1])

    def both_roles(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Radius, cosine and sine of every word, for draws that start anywhere."""
        np.bitwise_and(words, _FRACTION, out=self._fraction)
        self._draw_radius()
        np.bitwise_and(words, _FRACTION, out=self._fraction)
        self._draw_angle()
        return self._radius, self._cosine, self._sine

    def _draw_radius(self) -> np.ndarray:
        """The square root of -2 log(1 - fraction / 2**24)."""
        y, x, z, exponent = self._radius, self._x, self._z, self._fraction.view(np.float32)
        self._split()
        self._wide_x[...] = x
        _polynomial(_LOG, self._wide_x, self._wide_y, y)
        y *= x
        np.multiply(x, x, out=z)
        self._add_product(y, z, np.multiply(exponent, _LN2_LOW, out=self._scratch))
        z *= _HALF
        y -= z
        y += x
        exponent *= _LN2_HIGH
        y += exponent
        y *= _MINUS_TWO
        return np.sqrt(y, out=y)

    def _split(self) -> None:
        """Finds 1 + x in [sqrt(1/2), sqrt(2)) and the exponent of 1 - fraction / 2**24; this replaces the fraction."""
        fraction, x, shift = self._fraction.view(np.int32), self._x, self._scratch.view(np.int32)
        np.subtract(_TWO_24, fraction, out=fraction)
        x[...] = fraction
        bits = x.view(np.int32)
        np.subtract(bits, _SQRT_HALF_BITS, out=shift)
        shift >>= _MANTISSA_BITS
        exponent = fraction.view(np.float32)
        exponent[...] = shift
        exponent -= _EXPONENT_OF_TWO_24
        shift <<= _MANTISSA_BITS
        bits -= shift
        x -= _ONE

    def _add_product(self, y: np.ndarray, z: np.ndarray, term: np.ndarray) -> None:
        """Replaces y by y * z + term, fused."""
        wide, other = self._wide_y, self._wide_x
        wide[...] = y
        other[...] = z
        wide *= other
        other[...] = term
        wide += other
        y[...] = wide

    def _draw_angle(self) -> tuple[np.ndarray, np.ndarray]:
        """Cosine and sine of 2 pi fraction / 2**24."""
        cosine, sine, x, z, wide, wide_y = self._cosine, self._sine, self._x, self._z, self._wide_x, self._wide_y
        self._reduce()
        np.multiply(x, x, out=z)
        wide[...] = z
        _polynomial(_COSINE, wide, wide_y, cosine)
        cosine *= z
        _scaled_sum(cosine, _WIDE_MINUS_HALF, wide, wide_y)
        cosine += _ONE
        _polynomial(_SINE, wide, wide_y, sine)
        sine *= z
        wide[...] = x
        _scaled_sum(sine, _WIDE_ONE, wide, wide_y)
        self._turn_by_quadrant()
        return cosine, sine

    def _reduce(self) -> None:
        """The angle less its nearest multiple of half pi, to x; the quadrant replaces the fraction."""
        quadrant, x, wide, turned = self._fraction.view(np.int32), self._x, self._wide_x, self._wide_y
        x[...] = quadrant
        x *= _TURN
        quadrant += _EIGHTH_TURN
        quadrant >>= _TO_QUADRANT
        wide[...] = x
        turned[...] = quadrant
        turned *= _HALF_PI
        wide -= turned
        x[...] = wide

    def _turn_by_quadrant(self) -> None:
        quadrant, scratch, swapped = (row.view(np.int32) for row in (self._fraction, self._scratch, self._z))
        cosine, sine = self._cosine.view(np.int32), self._sine.view(np.int32)
        np.left_shift(quadrant, _SWAP_SHIFT, out=scratch)
        scratch >>= _SWAP_SHIFT  # all ones in the odd quadrants
        np.bitwise_xor(cosine, sine, out=swapped)
        swapped &= scratch
        cosine ^= swapped
        sine ^= swapped
        np.left_shift(quadrant, _SIGN_SHIFT, out=scratch)
        scratch &= _SIGN_BIT
        sine ^= scratch
        quadrant += _NEXT
        quadrant <<= _SIGN_SHIFT
        quadrant &= _SIGN_BIT
        cosine ^= quadrant


def window_roles(words: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Radius, cosine and sine of every word of a window."""
    return BoxMuller(words.size).both_roles(words)


def _polynomial(coefficients: tuple[np.ndarray, ...], x: np.ndarray, wide: np.ndarray, out: np.ndarray) -> None:
    """Horner's rule with one rounding to float32 a step; `x` holds float32 values as float64, `wide` is scratch."""
    np.multiply(x, coefficients[0], out=wide)
    for coefficient in coefficients[1:-1]:
        wide += coefficient
        out[...] = wide
        wide[...] = out
        wide *= x
    wide += coefficients[-1]
    out[...] = wide


def _scaled_sum(y: np.ndarray, term: np.ndarray, factor: np.ndarray, wide: np.ndarray) -> None:
    """Replaces y by y * factor + term * factor, fused, which is (y + term) * factor rounded once."""
    wide[...] = y
    wide += term
    wide *= factor
    y[...] = wide
