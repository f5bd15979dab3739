"""Hooks: functions that users hang on tensors, nodes, modules and optimizers, and the handles that take them off."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from typing import Any

_ids = itertools.count()


class RemovableHandle:
    """Takes a hook off again; also a block at whose end the hook goes."""

    def __init__(self, hooks: OrderedDict[int, Any], hook: Any) -> None:
        self.id = next(_ids)
        self._hooks = hooks
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class NodeHooks:
    """What hangs on a node of the graph.

    Attributes:
        before: For each result of the node, the hooks of the tensors that stand for it.
        retains: For each result, a reference to the tensor that retains its gradient.
        prepare: Hooks on the node itself, called with all incoming gradients.
        after: Hooks on the node itself, called with all outgoing and all incoming gradients.
        packed: Of what the node keeps, by its place there, what users have packed (see `_packing.py`).
    """

    def __init__(self) -> None:
        self.before: dict[int, OrderedDict[int, Any]] = {}
        self.retains: dict[int, Any] = {}
        self.prepare: OrderedDict[int, Any] = OrderedDict()
        self.after: OrderedDict[int, Any] = OrderedDict()
        self.packed: dict[int, Any] = {}

    def hand_over(self, number: int, edge: Any) -> None:
        """A tensor that retains its gradient has a new place in the graph; its other hooks stay here."""
        if number in self.retains:
            hooks_of(edge.node).retains[edge.number] = self.retains.pop(number)


def hooks_of(node: Any) -> NodeHooks:
    """What hangs on a node; made on first use."""
    if node.hooks is None:
        node.hooks = NodeHooks()
    return node.hooks


class LeafHooks:
    """What hangs on a leaf.

    Attributes:
        before: Called with the fresh gradient, before it is added to `.grad`.
        after: Called with the leaf, after the addition.
    """

    def __init__(self) -> None:
        self.before: OrderedDict[int, Any] = OrderedDict()
        self.after: OrderedDict[int, Any] = OrderedDict()
