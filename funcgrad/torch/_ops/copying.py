"""Copies and casts: the same values in another storage or another dtype."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._order import formatted
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import as_dtype, on_meta
from funcgrad.trace import WITHOUT_DATA, Op, without_data

NONE: Any = {0: ()}


def converted(x: Any, dtype: np.dtype[Any]) -> Any:
    """An array in another dtype; what does not fit into a whole number becomes what processors make of it.

    Signed numbers of 8 and 16 bits are the last bits of one of 32, unsigned ones of one of 64.
    """
    if dtype.kind in "iu" and jnp.issubdtype(x.dtype, np.floating):
        wide = np.dtype(np.int64 if dtype.kind == "u" else np.int32 if dtype.itemsize < 4 else dtype)
        lowest = np.iinfo(wide).min
        x = x if x.dtype.itemsize > 2 else x.astype(np.float32)  # a bound is infinite in float16
        fits = (x >= lowest) & (x < -float(lowest))
        x = jnp.where(fits, jax.lax.convert_element_type(x, wide), lowest)
    return jax.lax.convert_element_type(x, dtype)


def _cast(x: Any, *, dtype: np.dtype[Any]) -> Any:
    return converted(x, dtype)


CAST = Op("cast", _cast, saves=NONE, label="ToCopy")
CLONE = Op("clone", lambda x: x, saves=NONE)
COPY = Op("copy", lambda x: x, saves=NONE, label="CopyBackwards")


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy with its own storage; gradients flow back to the original."""
    return formatted(apply(CLONE, (), input), memory_format)


def to_device(x: Tensor, chosen: Any) -> Tensor:
    """The tensor on a device; without its data on `meta`.

    Raises:
        NotImplementedError: It has no data to be brought elsewhere.
    """
    if x.is_meta == on_meta(chosen):
        return x
    if x.is_meta:
        raise NotImplementedError(WITHOUT_DATA.refusal)
    return wrap(without_data(x._aval))


def to_dtype(x: Tensor, dtype: Any) -> Tensor:
    """The tensor in another dtype; the same object if it has it already."""
    wanted = as_dtype(dtype).numpy
    return x if x._aval.dtype == wanted else apply(CAST, (wanted,), x)


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor in the dtype and on the device of another."""
    return to_dtype(to_device(input, other.device), other.dtype)


ROWS = (Row("clone", clone), Row("type_as", type_as, function=False))
