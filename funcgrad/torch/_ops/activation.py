"""Activations that are not functions of one number: softmax and its logarithm, and dropout."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.elementwise import to_dtype
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _softmax_gradient(y: Any, g: Any, *, dim: int) -> Any:
    return (g - jnp.sum(g * y, dim, keepdims=True)) * y


def _log_softmax_gradient(y: Any, g: Any, *, dim: int) -> Any:
    return g - jnp.exp(y) * jnp.sum(g, dim, keepdims=True)


SOFTMAX = Op("softmax", lambda x, *, dim: jax.nn.softmax(x, dim), from_result=_softmax_gradient)
LOG_SOFTMAX = Op("log_softmax", lambda x, *, dim: jax.nn.log_softmax(x, dim), from_result=_log_softmax_gradient)


def _over_classes(op: Op, name: str) -> Any:
    def call(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
        if dim is None:
            dim = 0 if input.ndim in (0, 1, 3) else 1
            warn(
                f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an "
                "argument.",
            )
        x = input if dtype is None else to_dtype(input, dtype)
        return apply(op, (dim_of(dim, input.ndim),), x)

    return call


softmax, log_softmax = _over_classes(SOFTMAX, "softmax"), _over_classes(LOG_SOFTMAX, "log_softmax")

ROWS = (Row("softmax", softmax), Row("log_softmax", log_softmax))
