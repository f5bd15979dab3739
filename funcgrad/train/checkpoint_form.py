"""The form of a saved state: the path, dtype and shape of each array, by which a checkpoint is known to fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.errors import FuncgradError

Form = dict[str, Any]  # of one array, as JSON


class CheckpointError(FuncgradError):
    """A checkpoint that cannot be written, or that is damaged or of another form than expected.

    Attributes:
        state: what could not be written, so that it can be saved elsewhere; None for an error of reading.
    """

    def __init__(self, text: str, state: Any = None) -> None:
        super().__init__(text)
        self.state = state


def forms_of(state: Any) -> list[Form]:
    """The form of each array of a tree, in order."""
    return [_form(jax.tree_util.keystr(where), leaf) for where, leaf in jax.tree_util.tree_leaves_with_path(state)]


def check_forms(path: Path, found: list[Form], like: Any) -> None:
    """Raise a CheckpointError that names the first array of a checkpoint which does not fit into `like`."""
    expected = forms_of(like)
    if found != expected:
        differing = [(a, b) for a, b in zip(found, expected, strict=False) if a != b]
        what = "has {} where {} is expected".format(*differing[0]) if differing else "has another number of arrays"
        raise CheckpointError(
            f"The checkpoint {path} {what} ({len(found)} arrays, expected {len(expected)}). "
            "Restore into a state of the same model, optimizer and options."
        )


def damaged(path: Path, reason: object) -> CheckpointError:
    """The error for a checkpoint that cannot be read."""
    return CheckpointError(
        f"The checkpoint {path} is damaged: {reason}. Remove this folder to go on from the one before it."
    )


def is_key(leaf: Any) -> bool:
    """Whether a leaf is a random key, which is saved as the numbers in it."""
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def key_like(numbers: Any, like: Any) -> jax.Array:
    """The random key with these numbers, of the kind of another one."""
    return jax.random.wrap_key_data(jnp.asarray(numbers), impl=str(jax.random.key_impl(like)))


def _form(where: str, leaf: Any) -> Form:
    leaf = jnp.asarray(leaf)
    return {"path": where, "dtype": str(leaf.dtype), "shape": list(leaf.shape)}
