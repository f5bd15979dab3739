"""Poisson and binomial draws: by inversion for small means, by Hörmann's transformed rejection (1993) for others."""

from __future__ import annotations

import math

import numpy as np

from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.uniform import units53

_REJECTION_FROM = 10  # the mean from which rejection is used


def poisson(generator: Generator, rate: np.ndarray) -> np.ndarray:
    """Poisson draws, `torch.poisson`.

    Args:
        generator: Where the uniforms come from, two words each.
        rate: At least 0; any float dtype, which is that of the result.
    """
    drawn = [_poisson(generator, mean) for mean in rate.reshape(-1).tolist()]
    return np.array(drawn, np.float64).reshape(rate.shape).astype(rate.dtype)


def binomial(generator: Generator, count: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Binomial draws, `torch.binomial`.

    Args:
        generator: Where the uniforms come from, two words each.
        count: Trials of each draw.
        probability: Of a success, of the same shape and float dtype.
    """
    pairs = zip(count.reshape(-1).tolist(), probability.reshape(-1).tolist(), strict=True)
    drawn = [_binomial(generator, n, p) for n, p in pairs]
    return np.array(drawn, np.float64).reshape(count.shape).astype(count.dtype)


def _unit(generator: Generator) -> float:
    return float(units53(generator.stream, 1)[0])


def _poisson(generator: Generator, mean: float) -> int:
    if mean == 0:
        return 0
    if mean >= _REJECTION_FROM:
        return _poisson_rejected(generator, mean)
    bound, product, k = math.exp(-mean), 1.0, 0
    while True:
        product *= _unit(generator)
        if product <= bound:
            return k
        k += 1


def _poisson_rejected(generator: Generator, mean: float) -> int:
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    surely = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = _unit(generator) - 0.5, _unit(generator)
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= surely:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        hat = math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b)
        if hat <= -mean + k * math.log(mean) - math.lgamma(k + 1):
            return k


def _binomial(generator: Generator, n: float, p: float) -> float:
    if math.isnan(p) or math.isnan(n):
        return math.nan
    if n <= 0 or p <= 0:
        return 0
    if p >= 1:
        return n
    if p > 0.5:
        return n - _binomial_of_half(generator, n, 1 - p)
    return _binomial_of_half(generator, n, p)


def _binomial_of_half(generator: Generator, n: float, p: float) -> float:
    if n * p >= _REJECTION_FROM:
        return _binomial_rejected(generator, n, p)
    trials, successes, log_failure = 0.0, 0, math.log1p(-p)
    while True:
        trials += math.ceil(math.log(_unit(generator)) / log_failure)
        if trials > n:
            return successes
        successes += 1


def _binomial_rejected(generator: Generator, n: float, p: float) -> float:
    deviation = math.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    alpha = (2.83 + 5.1 / b) * deviation
    while True:
        u, v = _unit(generator) - 0.5, _unit(generator)
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + n * p + 0.5)
        if us >= 0.07 and v <= 0.92 - 4.2 / b:
            return k
        if 0 <= k <= n and math.log(v * alpha / (a / (us * us) + b)) <= _log_ratio(n, p, k):
            return k


def _log_ratio(n: float, p: float, k: float) -> float:
    """The logarithm of the probability of k over that of the mode."""
    m, r = math.floor((n + 1) * p), p / (1 - p)
    return (
        (m + 0.5) * math.log((m + 1) / (r * (n - m + 1)))
        + (n + 1) * math.log((n - m + 1) / (n - k + 1))
        + (k + 0.5) * math.log(r * (n - k + 1) / (k + 1))
        + (_tail(m) + _tail(n - m) - _tail(k) - _tail(n - k))
    )


def _tail(k: float) -> float:
    """What Stirling's formula for log k! leaves out."""
    return math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi))
