"""Bits read as another dtype: `x.view(torch.int32)`, the same memory without a place in the graph."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.torch._dispatch import alias, view
from funcgrad.torch._layout import in_other_elements, is_layout, offset_of, own_strides
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import dtype, dtype_of
from funcgrad.torch._views import ViewOp

EXPANDED = "view(dtype) of memory that an expanded tensor looks at"


def _without_bool(x: Any) -> Any:
    return x.astype(np.uint8) if x.dtype.kind == "b" else x


def _parts(x: Any) -> Any:
    """Complex numbers as pairs of real ones."""
    return jnp.stack([x.real, x.imag], -1).reshape(*x.shape[:-1], -1) if x.dtype.kind == "c" else x


def _cast(x: Any, wanted: np.dtype[Any]) -> Any:
    """The bits of numbers that are neither bool nor complex; the last dimension grows or shrinks."""
    ratio = wanted.itemsize // x.dtype.itemsize
    if ratio > 1:
        return lax.bitcast_convert_type(x.reshape(*x.shape[:-1], x.shape[-1] // ratio, ratio), wanted)
    made = lax.bitcast_convert_type(x, wanted)
    return made if made.ndim == x.ndim else made.reshape(*x.shape[:-1], -1)


def _bits_as(x: Any, wanted: np.dtype[Any]) -> Any:
    if x.dtype == wanted:
        return x
    x = _parts(_without_bool(x))
    if wanted.kind == "b":
        return _cast(x, np.dtype(np.uint8)) != 0
    if wanted.kind == "c":
        pairs = _cast(x, np.dtype(f"f{wanted.itemsize // 2}"))
        return lax.complex(pairs[..., ::2], pairs[..., 1::2])
    return _cast(x, wanted)


def _read(x: Any, *, own: np.dtype[Any], wanted: np.dtype[Any]) -> Any:
    if isinstance(x, np.ndarray):
        return _stand_in(x, own.itemsize, wanted.itemsize) if is_layout(x) else x.view(wanted)
    if x.dtype != own:  # positions of elements, which have no bits
        raise UnsupportedError(unsupported(EXPANDED, "Call contiguous() first."))
    return _bits_as(x, wanted)


def _stand_in(x: np.ndarray, own: int, wanted: int) -> np.ndarray:
    """The layout in steps of the new elements."""
    if own == wanted:
        return x
    shape = (*x.shape[:-1], x.shape[-1] * own // wanted)
    strides = (*(step * own // wanted for step in x.strides[:-1]), x.strides[-1])
    return in_other_elements(x, shape, strides, Fraction(own, wanted))


def _written(base: Any, new: Any, *, own: np.dtype[Any], wanted: np.dtype[Any]) -> Any:
    return _bits_as(new, own)


BITS = ViewOp("view_dtype", _read, inverse=_written)


def view_as_dtype(input: Tensor, wanted: dtype) -> Tensor:
    """The same memory read as elements of another dtype, outside the graph.

    Raises:
        RuntimeError: Elements of another size do not fit the shape or the layout.
    """
    own = input._aval.dtype
    if own.itemsize != wanted.itemsize:
        _check_sizes(input, own.itemsize, wanted)
    return view(BITS, (own, wanted.numpy), alias(input))


def _check_sizes(x: Tensor, own: int, wanted: dtype) -> None:
    names = f"to view {dtype_of(x._aval.dtype).scalar} as {wanted.scalar} (different element sizes)"
    if not x.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 {names}")
    ratio, strides = wanted.itemsize // own, own_strides(x)
    if ratio > 1:
        for what, number in (("size(-1)", x.shape[-1]), ("storage_offset()", offset_of(x))):
            if number % ratio:
                raise RuntimeError(f"self.{what} must be divisible by {ratio} {names}, but got {number}")
    if strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {names}, but got {strides[-1]}")
    for dim, step in enumerate(strides[:-1]):
        if ratio > 1 and step % ratio:
            raise RuntimeError(f"self.stride({dim}) must be divisible by {ratio} {names}, but got {step}")
