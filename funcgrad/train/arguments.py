"""What users hand in, looked at before JAX sees it: an error says what was given, what was expected and what to write.

It is looked at when something is made or traced, so no step pays for it.
"""

from __future__ import annotations

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def check_transformation(name: str, value: Any, example: str) -> None:
    """Raise a TypeError unless the value is an optax transformation."""
    if not (hasattr(value, "init") and hasattr(value, "update")):
        raise TypeError(f"{name} is {_shown(value)}, expected an optax transformation, such as {example}.")


def check_kind(name: str, value: Any, kind: type, example: str) -> None:
    """Raise a TypeError unless the value is None or of this class."""
    if not isinstance(value, kind | None):
        raise TypeError(f"{name} is {_shown(value)}, expected {example}.")


def check_arrays(params: Any) -> None:
    """Raise a TypeError that names a part of the parameters which is no array: a name, a function."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        if not isinstance(leaf, (jax.Array, np.ndarray, np.generic, int, float, complex)):
            raise TypeError(
                f"params{jax.tree_util.keystr(path)} is {_shown(leaf)}, expected an array. Keep what is not trained "
                "out of the tree: of an Equinox model take eqx.partition(model, eqx.is_inexact_array)."
            )


def check_params(params: Any) -> None:
    """Raise a TypeError that names a parameter which is not floating."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            raise TypeError(
                f"params{jax.tree_util.keystr(path)} has dtype {leaf.dtype}, expected a floating dtype. Only floating "
                "parameters can be trained: cast it, or hand it to loss_fn in the batch or in the collections."
            )


def check_key(rng: Any) -> None:
    """Raise a TypeError for a seed in place of a key."""
    if rng is not None and jnp.ndim(rng) == 0 and not jnp.issubdtype(jnp.result_type(rng), jax.dtypes.prng_key):
        raise TypeError(f"rng is {_shown(rng)}, expected a random key. Make one: jax.random.key({rng}).")


def accepted(function: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Those of the arguments that a function takes by name."""
    parameters = inspect.signature(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return arguments
    return {name: value for name, value in arguments.items() if name in parameters}


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, (bool, int, float, str, type(None))) else f"a {type(value).__name__}"
