"""Scales: from a figure to its place between the bottom (0) and the top (1) of a plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

ZERO_ROW = 0.12  # share of a logarithmic plot that is kept below its range for exact zeros
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Tick = tuple[float, str]


@dataclass(frozen=True)
class Linear:
    """Places in proportion to the figure."""

    low: float
    high: float
    percent: bool = False

    def place(self, values: np.ndarray) -> np.ndarray:
        """Return the places of figures."""
        return (np.asarray(values, np.float64) - self.low) / (self.high - self.low)

    def ticks(self) -> list[Tick]:
        """Return about five round figures and their labels."""
        step = round_step((self.high - self.low) / 4)
        count = math.floor(self.high / step + 1e-9)
        values = [step * index for index in range(math.ceil(self.low / step), count + 1)]
        return [(value, f"{100 * value:.0f} %" if self.percent else f"{value:g}") for value in values]


@dataclass(frozen=True)
class Log:
    """Places in proportion to the logarithm, with a row of its own at the bottom for zero."""

    low: float
    high: float
    zero: bool

    def place(self, values: np.ndarray) -> np.ndarray:
        """Return the places of figures; one that is below the range goes to its bottom."""
        values = np.asarray(values, np.float64)
        bottom = ZERO_ROW if self.zero else 0.0
        share = np.log(np.maximum(values, self.low) / self.low) / math.log(self.high / self.low)
        return np.where(self.zero & (values == 0), 0.0, bottom + (1 - bottom) * share)

    def ticks(self) -> list[Tick]:
        """Return at most six powers of ten and their labels."""
        low, high = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        step = max(1, math.ceil((high - low) / 5))
        powers = [(10.0**power, power_of_ten(10.0**power)) for power in range(low, high + 1, step)]
        return [(0.0, "0"), *powers] if self.zero else powers


def log_scale(*figures: np.ndarray) -> Log:
    """Return the logarithmic scale of whole powers of ten around figures; what is not finite has no place on it."""
    values = np.concatenate([np.ravel(part) for part in figures])
    positive = values[np.isfinite(values) & (values > 0)]
    low, high = (positive.min(), positive.max()) if len(positive) else (0.1, 1.0)
    low, high = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return Log(10.0**low, 10.0 ** max(high, low + 1), bool(np.any(values == 0)))


def linear_scale(*figures: np.ndarray) -> Linear:
    """Return the linear scale from zero to a round figure above the largest."""
    values = np.concatenate([np.ravel(part) for part in figures])
    top = float(np.max(values[np.isfinite(values)], initial=0.0)) or 1.0
    step = round_step(top / 4)
    return Linear(0.0, step * math.ceil(top / step - 1e-9))


def round_step(width: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, ... that is not below a width."""
    power = 10.0 ** math.floor(math.log10(width))
    return power * next(factor for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9))


def power_of_ten(value: float) -> str:
    """Write a power of ten: in digits while they are few."""
    power = round(math.log10(value))
    return f"{value:g}" if -2 <= power <= 3 else "10" + str(power).translate(SUPERSCRIPTS)
