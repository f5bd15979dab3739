"""In-place methods that are no operator's in-place form: filling, copying, exchanging."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._ops.copying import converted
from funcgrad.torch._ops.labels import by_operand
from funcgrad.torch._ops.promotion import cast, check_broadcast
from funcgrad.torch._ops.rows import Row, require_tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import NUMBERS, WITHOUT_DATA, Op

NEITHER: Any = {0: (), 1: ()}


def _filled(x: Any, value: Any) -> Any:
    return jnp.broadcast_to(cast(value, x.dtype), x.shape)


def _filled_diagonal(x: Any, value: Any) -> Any:
    return jnp.fill_diagonal(x, cast(value, x.dtype), inplace=False)


def _copied(x: Any, source: Any) -> Any:
    check_broadcast((x, source))
    together = jnp.broadcast_shapes(x.shape, source.shape)
    if together != x.shape:
        raise RuntimeError(f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(together)}")
    return jnp.broadcast_to(converted(source, x.dtype), x.shape)


ZERO = Op("zero", lambda x: jnp.zeros_like(x), saves={0: ()})
FILL = Op("fill", _filled, saves=NEITHER, label=by_operand("Fill", 1, tensor=3, number=2))
FILL_DIAGONAL = Op("fill_diagonal", _filled_diagonal, saves=NEITHER, label="CopySlices")
COPY_INTO = Op("copy_into", _copied, saves=NEITHER, label="CopyBackwards", anywhere=(1,))


def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    check_writable(self, fills=True)
    return assign(self, apply(ZERO, (), self))


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to `value`, a number or a 0-dimensional tensor."""
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
    check_writable(self, fills=not isinstance(value, Tensor))
    return assign(self, apply(FILL, (), self, value))


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Copy the elements of `src`, a tensor or a number, broadcast and cast.

    Raises:
        NotImplementedError: `src` has no data, and this tensor has.
        RuntimeError: The shapes do not broadcast to this tensor's.
        TypeError: `src` is neither.
    """
    if isinstance(src, (np.generic, *NUMBERS)):
        return fill_(self, src)
    require_tensor(src, "copy_", "other")
    check_writable(self, src)
    if src.is_meta and not self.is_meta:
        raise NotImplementedError(WITHOUT_DATA.refusal)
    return assign(self, apply(COPY_INTO, (), self, src))


def fill_diagonal_(self: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Set the main diagonal to one value."""
    check_writable(self)
    return assign(self, apply(FILL_DIAGONAL, (), self, fill_value))


ROWS = (
    Row("fill_diagonal_", fill_diagonal_, function=False),
    Row("zero_", zero_, function=False),
    Row("fill_", fill_, function=False),
    Row("copy_", copy_, function=False),
)
