"""The numbers with which the state of a new parameter begins, where each entry is one number everywhere."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from funcgrad.optim import Rule
from funcgrad.trace import on_host

Start = dict[str, float]


def constant_start(rule: Rule, ndim: int, dtype: np.dtype[Any], hyper: dict[str, Any]) -> Start | None:
    """The first value of each entry of the state, by its name.

    Args:
        rule: The optimizer's rule.
        ndim: The parameter's number of dimensions.
        dtype: Its dtype.
        hyper: The options, all Python values.

    Returns:
        None if an entry depends on the parameter, or has another shape or dtype, or is not in PyTorch's state dict.
    """
    shape = tuple(range(2, 2 + ndim))  # sides that differ, to tell an entry that has lost or merged one
    with jax.enable_x64(True):
        trace = jax.make_jaxpr(lambda p: rule.init(p, **hyper), return_shape=True)
        traced, state = trace(jax.ShapeDtypeStruct(shape, dtype))
    first, second = (on_host(traced, np.full(shape, value, dtype)) for value in (1, 2))
    if first is None or second is None or any(getattr(state, name, None) is not None for name in rule.hidden):
        return None
    names = list(rule.to_dict(state))
    for name, own, other in zip(names, first, second, strict=True):
        fits = own.shape == () if name in rule.counters else (own.shape, own.dtype) == (shape, dtype)
        if not fits or own.size == 0 or not (own == own.flat[0]).all() or not (own == other).all():
            return None
    return {name: float(own.flat[0]) for name, own in zip(names, first, strict=True)}
