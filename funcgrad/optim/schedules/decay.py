"""Schedules that scale a base rate; each is the law of PyTorch's class of the same name.

Step 0 is the first update.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from funcgrad.optim.schedules._schedule import Arithmetic, Number, Schedule


def lambda_lr(base_lr: float, lr_lambda: Callable[[Number], Number]) -> Schedule:
    """`base_lr * lr_lambda(step)`.

    Under a transformation `lr_lambda` gets a floating-point array.
    """
    return Schedule(lambda xp, step: base_lr * lr_lambda(step))


def step_lr(base_lr: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """`base_lr * gamma^(step // step_size)`.

    Example:
        >>> [step_lr(1.0, 3, 0.5)(step) for step in range(7)]
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]
    """

    def closed(xp: Arithmetic, step: Number) -> Number:
        return base_lr * xp.power(gamma, step // step_size)

    def chained(step: int, lr: float) -> float:
        return lr if step == 0 or step % step_size else lr * gamma

    return Schedule(closed, chained)


def multi_step_lr(base_lr: float, milestones: Sequence[int], gamma: float = 0.1) -> Schedule:
    """`base_lr * gamma^(milestones reached)`; a repeated milestone counts again."""

    def closed(xp: Arithmetic, step: Number) -> Number:
        return base_lr * xp.power(gamma, sum(xp.where(step >= milestone, 1.0, 0.0) for milestone in milestones))

    def chained(step: int, lr: float) -> float:
        return lr * gamma ** milestones.count(step) if step in milestones else lr

    return Schedule(closed, chained)


def constant_lr(base_lr: float, factor: float = 1 / 3, total_iters: int = 5) -> Schedule:
    """`base_lr * factor` for `total_iters` steps, then `base_lr`.

    Raises:
        ValueError: If the factor is not between 0 and 1.
    """
    if not 0 <= factor <= 1:
        raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")

    def closed(xp: Arithmetic, step: Number) -> Number:
        return base_lr * xp.where(step >= total_iters, factor + (1 - factor), factor)

    def chained(step: int, lr: float) -> float:
        if step == 0:
            return lr * factor
        return lr * (1.0 / factor) if step == total_iters else lr

    return Schedule(closed, chained)


def linear_lr(base_lr: float, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5) -> Schedule:
    """`base_lr` times a factor that goes along a line from `start_factor` to `end_factor` in `total_iters` steps.

    Raises:
        ValueError: If `start_factor` is not in (0, 1] or `end_factor` is not in [0, 1].
    """
    if not 0 < start_factor <= 1:
        raise ValueError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
    if not 0 <= end_factor <= 1:
        raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
    rise = end_factor - start_factor

    def closed(xp: Arithmetic, step: Number) -> Number:
        return base_lr * (start_factor + rise * xp.minimum(total_iters, step) / total_iters)

    def chained(step: int, lr: float) -> float:
        if step == 0:
            return lr * start_factor
        if step > total_iters:
            return lr
        return lr * (1.0 + rise / (total_iters * start_factor + (step - 1) * rise))

    return Schedule(closed, chained)


def exponential_lr(base_lr: float, gamma: float) -> Schedule:
    """`base_lr * gamma^step`."""

    def closed(xp: Arithmetic, step: Number) -> Number:
        return base_lr * xp.power(gamma, step)

    def chained(step: int, lr: float) -> float:
        return lr * gamma if step else lr

    return Schedule(closed, chained)


def polynomial_lr(base_lr: float, total_iters: int = 5, power: float = 1.0) -> Schedule:
    """`base_lr * (1 - step / total_iters)^power`, and 0 after `total_iters` steps."""

    def closed(xp: Arithmetic, step: Number) -> Number:
        return base_lr * (1.0 - xp.minimum(total_iters, step) / total_iters) ** power

    def chained(step: int, lr: float) -> float:
        if step == 0 or step > total_iters:
            return lr
        return lr * ((1.0 - step / total_iters) / (1.0 - (step - 1) / total_iters)) ** power

    return Schedule(closed, chained)
