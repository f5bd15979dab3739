"""torch.utils._pytree: nested containers as flat lists, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

TreeSpec = jax.tree_util.PyTreeDef


def tree_flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a tree of tuples, lists and dicts, and its structure. None is a leaf."""
    return jax.tree.flatten(tree, is_leaf=_is_none)


def tree_unflatten(leaves: Any, treespec: Any) -> Any:
    """The tree of this structure with these leaves."""
    if isinstance(leaves, TreeSpec):  # the order of the arguments before PyTorch 2.1
        leaves, treespec = treespec, leaves
    return jax.tree.unflatten(treespec, leaves)


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    """The tree with a function of each leaf in its place."""
    return jax.tree.map(func, tree, *rests, is_leaf=_is_none)


def tree_leaves(tree: Any) -> list[Any]:
    """The leaves of a tree."""
    return jax.tree.leaves(tree, is_leaf=_is_none)


def _is_none(x: Any) -> bool:
    return x is None
