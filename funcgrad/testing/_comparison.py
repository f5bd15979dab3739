"""Comparison of pytrees: the first leaf that differs, by name and by how much."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.tolerances import Kind, tolerance


def assert_equal(found: Any, expected: Any, claim: str) -> None:
    """Raise an AssertionError that begins with the claim unless all bits are equal."""
    _compare(found, expected, claim, lambda a, b: np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


def assert_close(found: Any, expected: Any, claim: str, kind: Kind = "gradient") -> None:
    """Raise an AssertionError that begins with the claim unless the trees agree within the table of tolerances."""

    def close(a: np.ndarray, b: np.ndarray) -> bool:
        bound = tolerance(b.dtype, kind)
        # A sum may cancel: its rounding is measured against the largest element of the leaf, not against each.
        largest = float(np.max(np.abs(b), initial=1.0, where=np.isfinite(b)))
        return bool(np.allclose(a, b, rtol=bound["rtol"], atol=bound["atol"] * largest, equal_nan=True))

    _compare(found, expected, claim, close)


def own(tree: Any) -> Any:
    """A copy of a tree, so that what is donated is not the caller's."""
    return jax.tree.map(lambda leaf: leaf.copy() if isinstance(leaf, (jax.Array, np.ndarray)) else leaf, tree)


def _compare(found: Any, expected: Any, claim: str, equal: Any) -> None:
    if jax.tree.structure(found) != jax.tree.structure(expected):
        raise AssertionError(
            f"{claim} The structures differ: {jax.tree.structure(found)} and {jax.tree.structure(expected)}."
        )
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(expected)]
    for path, a, b in zip(paths, _numbers(found), _numbers(expected), strict=True):
        if (a.shape, a.dtype) != (b.shape, b.dtype) or not equal(a, b):
            raise AssertionError(f"{claim} First difference at {path or 'the value'}: {_difference(a, b)}.")


def _numbers(tree: Any) -> list[np.ndarray]:
    return [np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf) for leaf in jax.tree.leaves(tree)]


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _difference(a: np.ndarray, b: np.ndarray) -> str:
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return f"{a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
    unequal = np.flatnonzero((a != b).ravel())
    place = unequal[np.argmax(np.abs(a.ravel()[unequal].astype(float) - b.ravel()[unequal].astype(float)))]
    return f"{a.ravel()[place]} and {b.ravel()[place]}, {unequal.size} of {a.size} elements differ"
