"""Precision: hyperparameters keep theirs until they meet a parameter; 16-bit arrays are computed in float32."""

from __future__ import annotations

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
    is_narrow = jnp.issubdtype(x.dtype, jnp.floating) and x.dtype.itemsize < 4
    return x.astype(jnp.float32) if is_narrow else x
