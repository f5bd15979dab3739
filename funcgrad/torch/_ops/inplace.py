"""In-place methods that are no operator's in-place form: filling, copying, exchanging."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply, assign, check_writable
from funcgrad.torch._ops.promotion import cast
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

NEITHER: Any = {0: (), 1: ()}


def _filled(x: Any, value: Any) -> Any:
    return jnp.broadcast_to(cast(value, x.dtype), x.shape)


def _copied(x: Any, source: Any) -> Any:
    return jnp.broadcast_to(source.astype(x.dtype), x.shape)


def _check_copy(x: Any, source: Any) -> Any:
    if jnp.broadcast_shapes(x.shape, source.shape) != x.shape:
        raise ValueError
    return _copied(x, source)


ZERO = Op("zero", lambda x: jnp.zeros_like(x), saves={0: ()})
FILL = Op("fill", _filled, saves=NEITHER)
COPY_INTO = Op("copy_into", _check_copy, saves=NEITHER, label="CopyBackwards")


def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    check_writable(self)
    return assign(self, apply(ZERO, (), self))


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to `value`, a number or a 0-dimensional tensor."""
    check_writable(self)
    return assign(self, apply(FILL, (), self, value))


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Copy the elements of `src`, broadcast and cast.

    Raises:
        RuntimeError: The shapes do not broadcast to this tensor's.
    """
    check_writable(self)
    try:
        return assign(self, apply(COPY_INTO, (), self, src))
    except ValueError:
        raise RuntimeError(_mismatch(self, src)) from None


def _mismatch(x: Tensor, source: Tensor) -> str:
    want, have = x.shape, source.shape
    for back in range(1, min(len(want), len(have)) + 1):
        if have[-back] not in (1, want[-back]):
            return (
                f"The expanded size of the tensor ({want[-back]}) must match the existing size ({have[-back]}) at "
                f"non-singleton dimension {len(want) - back}.  Target sizes: {list(want)}.  Tensor sizes: {list(have)}"
            )
    return f"output with shape {list(want)} doesn't match the broadcast shape {list(have)}"


ROWS = (
    Row("zero_", zero_, function=False),
    Row("fill_", fill_, function=False),
    Row("copy_", copy_, function=False),
)
