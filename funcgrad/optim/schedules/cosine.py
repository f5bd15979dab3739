"""Cosine annealing, periodic and with warm restarts (Loshchilov and Hutter, 2016, arXiv:1608.03983)."""

from __future__ import annotations

import itertools
import math

from funcgrad.optim.schedules._schedule import Arithmetic, Number, Schedule

LAST_RESTART = 2**31  # steps are counted in int32


def cosine_annealing_lr(base_lr: float, T_max: int, eta_min: float = 0.0) -> Schedule:
    """`eta_min + (base_lr - eta_min) * (1 + cos(pi * step / T_max)) / 2`.

    Beyond `T_max` it climbs back, with a period of `2 * T_max`, as PyTorch's does.

    Args:
        base_lr: The value at step 0.
        T_max: Steps from the highest value to the lowest.
        eta_min: The lowest value.

    Example:
        >>> [round(cosine_annealing_lr(1.0, 2)(step), 6) for step in range(5)]
        [1.0, 0.5, 0.0, 0.5, 1.0]
    """

    def closed(xp: Arithmetic, step: Number) -> Number:
        return eta_min + (base_lr - eta_min) * (1 + xp.cos(math.pi * step / T_max)) / 2

    def chained(step: int, lr: float) -> float:
        if step == 0:
            return lr
        if (step - 1 - T_max) % (2 * T_max) == 0:  # the step before was the lowest point, where the ratio is 0 / 0
            return lr + (base_lr - eta_min) * (1 - math.cos(math.pi / T_max)) / 2
        ratio = (1 + math.cos(math.pi * step / T_max)) / (1 + math.cos(math.pi * (step - 1) / T_max))
        return ratio * (lr - eta_min) + eta_min

    return Schedule(closed, chained)


def cosine_annealing_warm_restarts(base_lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> Schedule:
    """Cosine annealing that starts again after `T_0` steps, then after `T_0 * T_mult`, `T_0 * T_mult^2`, … more.

    Args:
        base_lr: The value at each restart.
        T_0: Steps of the first period.
        T_mult: Factor from one period to the next.
        eta_min: The lowest value.

    Raises:
        ValueError: If `T_0` or `T_mult` is not a positive integer.
    """
    if T_0 <= 0 or not isinstance(T_0, int):
        raise ValueError(f"Expected positive integer T_0, but got {T_0}")
    if T_mult < 1 or not isinstance(T_mult, int):
        raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")

    def closed(xp: Arithmetic, step: Number) -> Number:
        elapsed, period = _position(xp, step, T_0, T_mult)
        return eta_min + (base_lr - eta_min) * (1 + xp.cos(math.pi * elapsed / period)) / 2

    return Schedule(closed)


def _position(xp: Arithmetic, step: Number, T_0: int, T_mult: int) -> tuple[Number, Number]:
    """Steps since the last restart, and the period that it began.

    PyTorch finds the period by a logarithm when it is given an epoch, which at some restarts is one period behind.
    """
    if T_mult == 1:
        return step % T_0, T_0
    periods = list(itertools.takewhile(lambda period: period < LAST_RESTART, _geometric(T_0, T_mult)))
    restarts = [0, *itertools.accumulate(periods)][: len(periods)]
    index = sum(xp.where(step >= restart, 1, 0) for restart in restarts) - 1
    return step - xp.take(restarts, index), xp.take(periods, index)


def _geometric(first: int, ratio: int) -> itertools.accumulate[int]:
    return itertools.accumulate(itertools.repeat(ratio), lambda period, factor: period * factor, initial=first)
