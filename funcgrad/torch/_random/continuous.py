"""Further continuous and waiting-time distributions, drawn in double and rounded.

The note on Intel processors in `bernoulli.py` holds for `exponential` too.
"""

from __future__ import annotations

import math

import numpy as np

from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.normal import scalar_normals
from funcgrad.torch._random.rounding import FLOAT32, FLOAT64, by_element, evaluate, fma, narrowed
from funcgrad.torch._random.uniform import parts, units53


def exponential(
    generator: Generator, shape: tuple[int, ...], rate: float = 1.0, dtype: np.dtype | type = np.float32
) -> np.ndarray:
    """The exponential distribution, -log(1 - u) / rate.

    Raises:
        RuntimeError: `rate` is not positive.
    """
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    out = np.empty(shape, dtype)
    for part in parts(out):
        units = units53(generator.stream, part.size)
        part[...] = evaluate(np.log1p, math.log1p, -units, lambda logarithm: logarithm * (-1.0 / rate), out.dtype)
    return out


def cauchy(
    generator: Generator,
    shape: tuple[int, ...],
    median: float = 0.0,
    sigma: float = 1.0,
    dtype: np.dtype | type = np.float32,
) -> np.ndarray:
    """The Cauchy distribution, median + sigma * tan(pi * (u - 1/2)).

    Raises:
        RuntimeError: `sigma` is not positive.
    """
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    out = np.empty(shape, dtype)
    for part in parts(out):
        angles = math.pi * (units53(generator.stream, part.size) - 0.5)
        part[...] = evaluate(np.tan, math.tan, angles, lambda tangent: fma(tangent, sigma, median), out.dtype)
    return out


def log_normal(
    generator: Generator,
    shape: tuple[int, ...],
    mean: float = 1.0,
    std: float = 2.0,
    dtype: np.dtype | type = np.float32,
) -> np.ndarray:
    """The exponential of std * n + mean, for scalar normals n that share the kept value with `normal`.

    Raises:
        RuntimeError: `std` is not positive.
    """
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    normals = np.array(scalar_normals(generator, math.prod(shape)))
    with np.errstate(over="ignore"):
        return narrowed(by_element(_exp, fma(normals, std, mean)), np.dtype(dtype)).reshape(shape)


def geometric(
    generator: Generator, shape: tuple[int, ...], p: float, dtype: np.dtype | type = np.float32
) -> np.ndarray:
    """The trials up to the first success, ceil(log(u) / log(1 - p)), in an integer or float dtype.

    Raises:
        RuntimeError: `p` does not lie strictly between 0 and 1.
    """
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    out = np.empty(shape, dtype)
    for part in parts(out):
        waiting = np.log(units53(generator.stream, part.size))
        waiting /= math.log1p(-p)
        np.ceil(waiting, out=waiting)
        part[...] = waiting if out.dtype.kind in "iu" else narrowed(waiting, out.dtype)
    return out


def rrelu_slopes(
    generator: Generator, count: int, lower: float, upper: float, dtype: np.dtype | type = np.float32
) -> np.ndarray:
    """The slopes of the non-positive elements of `rrelu`, in their order: u * (upper - lower) + lower, not fused.

    Returns:
        `count` slopes, float64 if `dtype` is, else float32: PyTorch multiplies the half types by these, then rounds.

    Raises:
        RuntimeError: `lower` exceeds `upper`.
    """
    if not lower <= upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if np.dtype(dtype) != FLOAT64:
        lower, upper = float(np.float32(lower)), float(np.float32(upper))
    slopes = units53(generator.stream, count) * (upper - lower) + lower
    return slopes if np.dtype(dtype) == FLOAT64 else slopes.astype(FLOAT32)


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf
