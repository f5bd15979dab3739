"""Precision: hyperparameters keep theirs until they meet a parameter; 16-bit arrays are computed in float32.

PyTorch rounds to 16 bits after each of its operations: where one ends, a formula says `rounded`.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

Scalar: TypeAlias = float | jax.Array


def is_zero(value: Scalar) -> bool:
    """Whether a hyperparameter is the Python number 0, which leaves its term out of the program.

    An array keeps its term whatever its value is, so that a value that changes never compiles again.
    """
    return isinstance(value, (int, float)) and value == 0


def precise(value: Any) -> Any:
    """An array in the widest floating-point dtype; anything else as it is."""
    return jnp.asarray(value, float) if isinstance(value, (jax.Array, np.ndarray)) else value


def like(value: Scalar, array: jax.Array) -> Scalar:
    """The value as a factor that does not change the dtype of `array`."""
    return float(value) if isinstance(value, (int, float)) else value.astype(array.dtype)


def widen(x: jax.Array) -> jax.Array:
    """A 16-bit floating-point array as float32; any other array as it is."""
    is_short = jnp.issubdtype(x.dtype, jnp.floating) and x.dtype.itemsize < 4
    return x.astype(jnp.float32) if is_short else x


class _Narrow(threading.local):
    dtype: Any = None  # of the parameter that a formula is computed for, if that is a 16-bit one


_narrow = _Narrow()


@contextmanager
def computing(param: jax.Array) -> Generator[None]:
    """A block that computes the formula of this parameter."""
    before = _narrow.dtype
    _narrow.dtype = None if widen(param) is param else param.dtype
    try:
        yield
    finally:
        _narrow.dtype = before


def is_narrow() -> bool:
    """Whether the formula is one of a 16-bit parameter."""
    return _narrow.dtype is not None


def rounded(x: jax.Array) -> jax.Array:
    """What an operation of PyTorch's leaves: a number of the parameter's dtype."""
    return x if _narrow.dtype is None else x.astype(_narrow.dtype).astype(x.dtype)


BLOCK = 32
"""16-bit numbers to which PyTorch adds products of float32 at once. It adds those that are left over one by one, each
product rounded first.
"""


def is_left_over(shape: tuple[int, ...]) -> np.ndarray:
    """Which elements of an array are beyond its last whole block."""
    size = math.prod(shape)
    return np.arange(size).reshape(shape) >= size - size % BLOCK
