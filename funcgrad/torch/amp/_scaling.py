"""Loss scaling as operators: gradients divided by the scale, and the next scale."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.trace import Number, Op


def _unscaled(scale: Any, *grads: Any) -> tuple[Any, ...]:
    """Whether a gradient is not finite (1.0 or 0.0), and the gradients divided by the scale."""
    inverse = (1 / scale.astype(np.float64)).astype(np.float32)
    found = jnp.any(jnp.stack([jnp.any(~jnp.isfinite(grad)) for grad in grads]))
    return (found.astype(np.float32), *((grad * inverse).astype(grad.dtype) for grad in grads))


def _adjusted(
    scale: Any, tracker: Any, growth: Number, backoff: Number, interval: Number, *found: Any
) -> tuple[Any, Any]:
    """The scale and the count of good steps after an iteration; a scale that would be infinite stays."""
    wide = scale.astype(np.float64)
    is_bad = sum(found) > 0
    is_due = tracker + 1 == interval.value
    grown = (wide * growth.value).astype(scale.dtype)
    good = jnp.where(is_due & jnp.isfinite(grown), grown, scale)
    new_scale = jnp.where(is_bad, (wide * backoff.value).astype(scale.dtype), good)
    return new_scale, jnp.where(is_bad | is_due, 0, tracker + 1).astype(tracker.dtype)


UNSCALE = Op("amp_unscale", _unscaled)
ADJUST = Op("amp_adjust", _adjusted)
