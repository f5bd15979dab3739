"""torch.finfo and torch.iinfo: the limits of a dtype."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from funcgrad.torch._types import as_dtype, bool_, dtype, get_default_dtype


class finfo:
    """Limits of a floating-point dtype.

    Args:
        type: The dtype, by default the default one; of a complex dtype its real part counts.

    Raises:
        TypeError: A dtype of integers.
    """

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    tiny: float
    resolution: float
    dtype: str

    def __init__(self, type: Any = None) -> None:
        given = get_default_dtype() if type is None else as_dtype(type)
        if not (given.is_floating_point or given.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        limits = jnp.finfo(given.element)
        self.bits = limits.bits
        self.dtype = str(limits.dtype)
        for name in ("eps", "max", "min", "tiny", "smallest_normal"):
            setattr(self, name, float(getattr(limits, name)))
        self.resolution = 10.0 ** -int(-math.log10(self.eps))

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({_numbers(self, names)}, dtype={self.dtype})"


class iinfo:
    """Limits of an integer dtype.

    Args:
        type: The dtype.

    Raises:
        TypeError: A dtype of floats or booleans.
    """

    bits: int
    max: int
    min: int
    dtype: str

    def __init__(self, type: dtype) -> None:
        if type.is_floating_point or type.is_complex:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        if type is bool_:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        limits = jnp.iinfo(type.element)
        self.bits, self.max, self.min, self.dtype = limits.bits, int(limits.max), int(limits.min), type.name

    def __repr__(self) -> str:
        return f"iinfo({_numbers(self, ('min', 'max'))}, dtype={self.dtype})"


def _numbers(info: Any, names: tuple[str, ...]) -> str:
    return ", ".join(f"{name}={getattr(info, name):g}" for name in names)
