"""Loss scaling as operators, by the rules of `funcgrad.train.precision`: gradients unscaled, and the next scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcgrad.trace import Number, Op
from funcgrad.train.precision import adjusted, all_finite, unscaled


def _unscaled(scale: Any, *grads: Any) -> tuple[Any, ...]:
    """Whether a gradient is not finite (1.0 or 0.0), and the gradients divided by the scale."""
    return ((~all_finite(grads)).astype(np.float32), *unscaled(grads, scale))


def _adjusted(
    scale: Any, tracker: Any, growth: Number, backoff: Number, interval: Number, *found: Any
) -> tuple[Any, Any]:
    """The scale and the count of good steps after an iteration."""
    return adjusted(scale, tracker, sum(found) == 0, growth.value, backoff.value, interval.value)


UNSCALE = Op("amp_unscale", _unscaled)
ADJUST = Op("amp_adjust", _adjusted)
