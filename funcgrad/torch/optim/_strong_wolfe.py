"""Line search for the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms 3.5 and 3.6), with PyTorch's rules.

A step is accepted if the loss has fallen by enough and the slope has become flat enough; a bracket is found first,
then it is narrowed by cubic interpolation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

SUFFICIENT_DECREASE = 1e-4
CURVATURE = 0.9


class Point(NamedTuple):
    """What is known about one step along the direction."""

    step: Any
    loss: float
    grad: np.ndarray  # [parameters]
    slope: Any  # of the loss along the direction


def strong_wolfe(
    evaluate: Callable[[Any], Point], start: Point, step: Any, largest: Any, tolerance: float, limit: int
) -> tuple[Point, int]:
    """Search along a direction.

    Args:
        evaluate: The point at a step.
        start: The point at step 0.
        step: The first step to try.
        largest: The largest magnitude in the direction.
        tolerance: The search ends when the bracket, times `largest`, is smaller.
        limit: Evaluations after the first one.

    Returns:
        The accepted point, and the number of evaluations.
    """
    before, point, rounds = start, evaluate(step), 0
    while rounds < limit:
        if _is_too_high(point, start) or (rounds > 1 and point.loss >= before.loss):
            return _zoom(evaluate, start, [before, point], largest, tolerance, rounds, limit)
        if _is_flat(point, start):
            return point, rounds + 1
        if point.slope >= 0:
            return _zoom(evaluate, start, [before, point], largest, tolerance, rounds, limit)
        bounds = point.step + 0.01 * (point.step - before.step), point.step * 10
        before, point = point, evaluate(_cubic_minimum(before, point, bounds))
        rounds += 1
    return (start if start.loss <= point.loss else point), rounds + 1


def _zoom(
    evaluate: Callable[[Any], Point],
    start: Point,
    ends: list[Point],
    largest: Any,
    tolerance: float,
    rounds: int,
    limit: int,
) -> tuple[Point, int]:
    """Narrow a bracket that holds an acceptable step."""
    low, high = _order(ends)
    is_stalled = False
    while rounds < limit and not abs(ends[1].step - ends[0].step) * largest < tolerance:
        step, is_stalled = _next_step(ends, is_stalled)
        point = evaluate(step)
        rounds += 1
        if _is_too_high(point, start) or point.loss >= ends[low].loss:
            ends[high] = point
            low, high = _order(ends)
            continue
        is_done = _is_flat(point, start)
        if not is_done and point.slope * (ends[high].step - ends[low].step) >= 0:
            ends[high] = ends[low]
        ends[low] = point
        if is_done:
            break
    return ends[low], rounds + 1


def _next_step(ends: list[Point], is_stalled: bool) -> tuple[Any, bool]:
    """The next step to try, and whether it lies so close to an end that the next one must not."""
    step = _cubic_minimum(ends[0], ends[1])
    bottom, top = sorted((ends[0].step, ends[1].step))
    margin = 0.1 * (top - bottom)
    if not min(top - step, step - bottom) < margin:
        return step, False
    if is_stalled or step >= top or step <= bottom:
        return (top - margin if abs(step - top) < abs(step - bottom) else bottom + margin), False
    return step, True


def _cubic_minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through two points with their slopes is least, within bounds."""
    left, right = (a, b) if a.step <= b.step else (b, a)
    least, most = bounds or (left.step, right.step)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2.0
    d2 = np.sqrt(square)
    with np.errstate(all="ignore"):  # a flat cubic: the bounds decide
        share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2)
    return min(max(right.step - (right.step - left.step) * share, least), most)


def _order(ends: list[Point]) -> tuple[int, int]:
    return (0, 1) if ends[0].loss <= ends[1].loss else (1, 0)


def _is_too_high(point: Point, start: Point) -> bool:
    return bool(point.loss > start.loss + SUFFICIENT_DECREASE * point.step * start.slope)


def _is_flat(point: Point, start: Point) -> bool:
    return bool(abs(point.slope) <= -CURVATURE * start.slope)
