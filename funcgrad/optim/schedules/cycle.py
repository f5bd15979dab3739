"""Schedules that go up and down: in cycles (Smith, 2015, arXiv:1506.01186) and once (Smith, 2018, arXiv:1803.09820)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

from funcgrad.optim.schedules._schedule import Arithmetic, Number, Schedule

Anneal = Literal["cos", "linear"]
Mode = Literal["triangular", "triangular2", "exp_range"]


def cyclic_lr(
    base_lr: float,
    max_lr: float,
    step_size_up: int = 2000,
    step_size_down: int | None = None,
    mode: Mode = "triangular",
    gamma: float = 1.0,
    scale_fn: Callable[[Number], Number] | None = None,
    scale_mode: Literal["cycle", "iterations"] = "cycle",
) -> Schedule:
    """A line from `base_lr` up to `max_lr` and back, again and again.

    Args:
        base_lr: The value at the start of each cycle.
        max_lr: The value at the top of the first cycle.
        step_size_up: Steps up.
        step_size_down: Steps down; as many as up by default.
        mode: The height of the top: constant, halved in each cycle, or times `gamma^step`.
        gamma: The factor of `exp_range`.
        scale_fn: The height as a function, instead of `mode`.
        scale_mode: What `scale_fn` gets: the number of the cycle, from 1, or the step.

    Raises:
        ValueError: If the mode is unknown and there is no `scale_fn`.
    """
    up, down = float(step_size_up), float(step_size_up if step_size_down is None else step_size_down)
    total, ratio = up + down, up / (up + down)
    if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
        raise ValueError("mode is invalid and scale_fn is None")

    def closed(xp: Arithmetic, step: Number) -> Number:
        cycle = xp.floor(1 + step / total)
        x = 1.0 + step / total - cycle
        height = xp.where(x <= ratio, x / ratio, (x - 1) / (ratio - 1))
        if scale_fn is not None:
            scale = scale_fn(cycle if scale_mode == "cycle" else step)
        else:
            scale = _scale(xp, mode, gamma, cycle, step)
        return base_lr + (max_lr - base_lr) * height * scale

    return Schedule(closed)


def one_cycle_lr(
    max_lr: float,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: Anneal = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> Schedule:
    """From `max_lr / div_factor` up to `max_lr`, then down to `max_lr / div_factor / final_div_factor`.

    A traced step beyond `total_steps` keeps the last value, a Python one is an error.

    Args:
        max_lr: The highest value.
        total_steps: Steps of the whole cycle.
        pct_start: The share of the steps that goes up.
        anneal_strategy: Along a cosine or along a line.
        div_factor: How far below the highest value the first one lies.
        final_div_factor: How far below the first value the last one lies.
        three_phase: Come down in as many steps as up, to the first value, and from there to the last.

    Raises:
        ValueError: If an option is out of range, and for too high a Python step; PyTorch's texts.

    Example:
        >>> [round(one_cycle_lr(1.0, 10)(step), 6) for step in (0, 1, 2, 9)]
        [0.04, 0.52, 1.0, 4e-06]
    """
    first = max_lr / div_factor
    last = first / final_div_factor
    values = (first, max_lr, first, last) if three_phase else (first, max_lr, last)
    return _one_cycle(values, total_steps, pct_start, anneal_strategy)


def one_cycle_momentum(
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    *,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: Anneal = "cos",
    three_phase: bool = False,
) -> Schedule:
    """The momentum beside `one_cycle_lr`: from `max_momentum` down to `base_momentum` and back.

    Arguments and errors are those of `one_cycle_lr`.
    """
    values = (max_momentum, base_momentum, max_momentum, *([max_momentum] if three_phase else []))
    return _one_cycle(values, total_steps, pct_start, anneal_strategy)


def _scale(xp: Arithmetic, mode: Mode, gamma: float, cycle: Number, step: Number) -> Number:
    if mode == "triangular":
        return 1.0
    return 1 / xp.power(2.0, cycle - 1) if mode == "triangular2" else xp.power(gamma, step)


def _one_cycle(values: Sequence[float], total_steps: int, pct_start: float, anneal_strategy: Anneal) -> Schedule:
    """From each value to the next: two phases, or three of which the first two are equally long."""
    _check_one_cycle(total_steps, pct_start, anneal_strategy)
    inner = range(1, len(values) - 1)
    ends = [*(float(i * pct_start * total_steps) - i for i in inner), float(total_steps - 1)]
    begins = [0.0, *ends[:-1]]

    def closed(xp: Arithmetic, step: Number) -> Number:
        if isinstance(step, (int, float)) and step > total_steps:
            raise ValueError(f"Tried to step {step} times. The specified number of total steps is {total_steps}")
        step = xp.minimum(step, total_steps)
        phase = sum(xp.where(step > end, 1, 0) for end in ends[:-1])
        begin, end = xp.take(begins, phase), xp.take(ends, phase)
        share = (step - begin) / (end - begin)
        return _anneal(xp, anneal_strategy, xp.take(values[:-1], phase), xp.take(values[1:], phase), share)

    return Schedule(closed)


def _anneal(xp: Arithmetic, strategy: Anneal, start: Number, end: Number, share: Number) -> Number:
    if strategy == "linear":
        return (end - start) * share + start
    return end + (start - end) / 2.0 * (xp.cos(math.pi * share) + 1)


def _check_one_cycle(total_steps: int, pct_start: float, anneal_strategy: str) -> None:
    if total_steps <= 0 or not isinstance(total_steps, int):
        raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
    if not 0 <= pct_start <= 1 or not isinstance(pct_start, float):
        raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
    if anneal_strategy not in ("cos", "linear"):
        raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
