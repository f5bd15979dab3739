"""Trees of tensors as PyTorch has them: tuples, lists and dicts, whose keys keep the order in which they were added.

JAX sorts keys, which would show in what a transform returns.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

Rebuild = Callable[[Iterator[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of a tree, and the function that makes a tree of this form from other leaves."""
    leaves: list[Any] = []
    rebuild = _taken_apart(tree, leaves)
    return leaves, lambda others: rebuild(iter(others))


def map_leaves(change: Callable[..., Any], *trees: Any) -> Any:
    """The tree of what `change` makes of the leaves at one place of all trees, which have one form."""
    columns = [flatten(tree)[0] for tree in trees]
    return flatten(trees[0])[1]([change(*row) for row in zip(*columns, strict=True)])


def _taken_apart(tree: Any, leaves: list[Any]) -> Rebuild:
    if tree is None:
        return lambda rest: None
    if type(tree) in (dict, OrderedDict):
        kind, keys = type(tree), list(tree)
        parts = [_taken_apart(tree[key], leaves) for key in keys]
        return lambda rest: kind((key, part(rest)) for key, part in zip(keys, parts, strict=True))
    if isinstance(tree, (tuple, list)):
        parts = [_taken_apart(part, leaves) for part in tree]
        make = type(tree)._make if hasattr(tree, "_make") else type(tree)  # pyright: ignore[reportAttributeAccessIssue]
        return lambda rest: make([part(rest) for part in parts])
    leaves.append(tree)
    return next
