"""Several processes that train together: what each of them holds in part, and what all have to decide alike.

Every function here is called by all processes at the same place; with a single process none of them communicates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils


def whole(array: Any) -> np.ndarray:
    """An array on the host in full, wherever its parts lie."""
    if isinstance(array, jax.Array) and not (array.is_fully_addressable or array.is_fully_replicated):
        array = multihost_utils.process_allgather(array, tiled=True)
    return np.asarray(array)


def put(array: Any, sharding: Any) -> jax.Array:
    """An array that each process has in full, or a random key, laid out over the devices of all."""
    if sharding.is_fully_addressable or not jnp.issubdtype(jnp.result_type(array), jax.dtypes.prng_key):
        return jax.device_put(array, sharding)
    bits = jax.device_put(jax.random.key_data(array), sharding)  # JAX sends no keys to other processes, only numbers
    return jax.random.wrap_key_data(bits, impl=jax.random.key_impl(array))


def first_does(act: Callable[[], None]) -> None:
    """Let the first process act while the others wait.

    Raises:
        RuntimeError: in the others, if the first one raised an error.
    """
    if jax.process_count() == 1:
        act()
        return
    error = _error_of(act) if jax.process_index() == 0 else None
    failed = of_first(error is not None)
    if error is not None:
        raise error
    if failed:
        raise RuntimeError("The first process failed where this one waited for it; its error says why.")


def _error_of(act: Callable[[], None]) -> Exception | None:
    try:
        act()
    except Exception as error:
        return error
    return None


def of_first(number: int) -> int:
    """The number that the first process has; the others wait for it."""
    return number if jax.process_count() == 1 else int(multihost_utils.broadcast_one_to_all(np.int32(number)))


def in_any(flag: bool) -> bool:
    """Whether the flag is set in one of the processes."""
    return flag if jax.process_count() == 1 else bool(np.any(multihost_utils.process_allgather(np.bool_(flag))))
