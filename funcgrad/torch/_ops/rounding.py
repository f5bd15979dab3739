"""Products that are rounded on their own, as PyTorch's operators, each a pass over memory, round them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp


def rounded(x: Any, y: Any) -> Any:
    """`x * y`, which the compiler does not fuse with a sum that follows: for all that it knows, `x` may be nan."""
    return jnp.where(x == x, x * y, x)
