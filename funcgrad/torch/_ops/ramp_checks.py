"""What arange, linspace and logspace refuse, in PyTorch's words, and the numbers they make of what they accept."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from funcgrad.torch._tensor import Tensor


def checked_length(start: Any, end: Any, step: Any, dtype: np.dtype[Any]) -> int:
    """How many numbers of a dtype there are from `start` up to, not including, `end`; int64 counts in integers.

    Raises:
        RuntimeError: There is no way from one to the other.
        ValueError: The step is no integer but 0.
    """
    _check_way(start, end, step)
    if dtype == np.int64:
        start, end, step = int(start), int(end), int(step)
        if not step:
            raise ValueError("step must be nonzero")
    return math.ceil((end - start) / step)


def checked_length_with_end(start: Any, end: Any, step: Any) -> int:
    """How many numbers there are from `start` up to `end`, which is included.

    Raises:
        RuntimeError: There is no way from one to the other.
    """
    _check_way(start, end, step)
    return math.floor((end - start) / step) + 1


def _check_way(start: Any, end: Any, step: Any) -> None:
    if not abs(step) > 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * math.copysign(1, step) < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def checked_steps(name: str, start: Any, end: Any, steps: Any) -> int:
    """How many numbers are asked for.

    Raises:
        TypeError: No integer.
        RuntimeError: A negative number, or ends that are not numbers.
    """
    if not hasattr(steps, "__index__"):
        kinds = ", ".join(type(x).__name__ for x in (start, end, steps))
        raise TypeError(f"{name}() received an invalid combination of arguments - got ({kinds})")
    _check_ends(name, start, end)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    return int(steps)


def _check_ends(name: str, start: Any, end: Any) -> None:
    counts = {key: x.ndim for key, x in (("start", start), ("end", end)) if isinstance(x, Tensor)}
    if any(counts.values()):
        shown = " and ".join(f"{key} with {n} dimension(s)" for key, n in counts.items())
        raise RuntimeError(f"{name} only supports 0-dimensional start and end tensors, but got {shown}.")
