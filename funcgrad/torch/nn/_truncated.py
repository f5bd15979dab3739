"""Draws from a normal distribution within bounds, by rejection, in the two ways that PyTorch has.

Where the bounds keep much of the distribution, normals are drawn; otherwise uniform numbers between the bounds, each
kept with the probability of its density. Every round draws for all elements, and only those still open take it.
"""

from __future__ import annotations

import math

import numpy as np

from funcgrad.torch import _random
from funcgrad.torch._random.generator import Generator

_ENOUGH_KEPT = 0.3  # the share of the distribution from which normals are drawn


def truncated_normal(
    generator: Generator,
    shape: tuple[int, ...],
    mean: float,
    std: float,
    low: float,
    high: float,
    dtype: np.dtype,
    contiguous: bool,
) -> np.ndarray:
    """Draws of `N(mean, std²)` in `[low, high]`.

    Args:
        generator: Where the words come from.
        shape: Of the result.
        mean: Of the distribution before it is cut.
        std: Its standard deviation.
        low: The smallest value.
        high: The largest value.
        dtype: Of the result, floating-point.
        contiguous: Whether PyTorch's target is.
    """
    kept = _share_below((high - mean) / std) - _share_below((low - mean) / std)
    if kept > _ENOUGH_KEPT:
        return _normals_inside(generator, shape, mean, std, low, high, dtype, contiguous)
    return _uniforms_by_density(generator, shape, mean, std, low, high, dtype)


def _share_below(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _normals_inside(
    generator: Generator,
    shape: tuple[int, ...],
    mean: float,
    std: float,
    low: float,
    high: float,
    dtype: np.dtype,
    contiguous: bool,
) -> np.ndarray:
    bounds = np.array([low, high], dtype)
    values = _random.normal(generator, shape, mean, std, dtype, contiguous)
    while (outside := (values < bounds[0]) | (values > bounds[1])).any():
        values = np.where(outside, _random.normal(generator, shape, mean, std, dtype, contiguous), values)
    return values


def _uniforms_by_density(
    generator: Generator, shape: tuple[int, ...], mean: float, std: float, low: float, high: float, dtype: np.dtype
) -> np.ndarray:
    peak = -0.5 * ((max(low, min(mean, high)) - mean) / std) ** 2
    values, is_open = np.zeros(shape, dtype), np.ones(shape, bool)
    while is_open.any():
        drawn = _random.uniform(generator, shape, low, high, dtype)
        values = np.where(is_open, drawn, values)
        log_density = ((drawn - dtype.type(mean)) / dtype.type(std)) ** 2 * dtype.type(-0.5) - dtype.type(peak)
        with np.errstate(divide="ignore"):
            is_open &= np.log(_random.uniform(generator, shape, 0.0, 1.0, dtype)) > log_density
    return values
