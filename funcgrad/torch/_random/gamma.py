"""Gamma draws, by the rejection of Marsaglia and Tsang (2000), one element after another."""

from __future__ import annotations

import math

import numpy as np

from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.normal import scalar_normals
from funcgrad.torch._random.uniform import units53

_THIRD = float(np.float32(1) / np.float32(3))  # PyTorch writes these two numbers in single precision
_SQUEEZE = float(np.float32(0.0331))


def standard_gamma(generator: Generator, concentration: np.ndarray) -> np.ndarray:
    """Gamma draws of rate 1, `torch._standard_gamma`.

    Args:
        generator: Where the normals and the uniforms come from.
        concentration: Of each draw; any float dtype.

    Returns:
        Draws of the shape and dtype of `concentration`, at least its smallest normal number.
    """
    wide = concentration.astype(np.float64 if concentration.dtype == np.float64 else np.float32)
    drawn = [_draw(generator, alpha) for alpha in wide.reshape(-1)]
    out = np.array(drawn, np.float64).reshape(concentration.shape).astype(concentration.dtype)
    return np.maximum(out, np.finfo(np.float32 if out.dtype.itemsize == 2 else out.dtype).tiny.astype(out.dtype))


def _draw(generator: Generator, alpha: np.floating) -> float:
    """One draw; as in PyTorch, what is made of `alpha` alone is rounded to its type."""
    if alpha == 0:
        return 0.0
    scale = 1.0
    if alpha < 1:  # a draw for alpha + 1, scaled down
        scale = (1 - _unit(generator)) ** float(1 / alpha)
        alpha = alpha + type(alpha)(1)
    d = float(alpha - type(alpha)(_THIRD))
    return scale * d * _accepted(generator, d, 1 / math.sqrt(9 * d))


def _accepted(generator: Generator, d: float, c: float) -> float:
    while True:
        x = float(scalar_normals(generator, 1)[0])
        y = 1 + c * x
        if y <= 0:
            continue
        v = y * y * y
        u = 1 - _unit(generator)
        xx = x * x
        if u < 1 - _SQUEEZE * xx * xx or math.log(u) < 0.5 * xx + d * (1 - v + math.log(v)):
            return v


def _unit(generator: Generator) -> float:
    return float(units53(generator.stream, 1)[0])
