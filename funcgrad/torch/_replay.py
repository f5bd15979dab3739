"""Replay: a backward pass that has been walked before from the same point of a trace.

A training loop walks the same graph in every iteration. Walking it anew costs a dozen microseconds a node; checking
that it is the same graph, and appending what the first walk recorded, costs half of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from funcgrad.torch._graph import Edge, Node, OperatorNode
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Step, Trace, Value

_NEW = None
"""Stands for the index of a kept value that was not part of the trace yet."""


class _Stop(NamedTuple):
    """A node as it was met on the first walk."""

    plan: Any  # its pullback, which also names its equation
    targets: tuple[tuple[int, int], ...]  # for each edge its position, and the stop (k) or the leaf (~k) it leads to
    indices: tuple[tuple[int, int | None], ...]  # for each kept value its position, and its index in the trace
    numbers: tuple[int, ...]  # positions of the kept numbers


class Walked(NamedTuple):
    """What a walk recorded, and the graph for which it holds."""

    stops: tuple[_Stop, ...]  # in the order of the walk
    leaves: int
    admitted: tuple[tuple[int, int], ...]  # for each new input the stop and the position among its kept values
    end: Step
    results: int  # recorded
    gradients: tuple[tuple[int, int], ...]  # for each leaf reached: which one, and the result that is its gradient


class Recorder:
    """Watches a walk from its start; at its end says what `replay` needs, if the graph is one that can be replayed.

    Args:
        trace: The trace that the walk adds to.
        root: Where it starts.
        nodes: All nodes of the graph.
    """

    def __init__(self, trace: Trace, root: Edge, nodes: Iterable[Any]) -> None:
        self.trace = trace
        self.root = root
        self.start = trace.step
        self.inputs = trace.inputs
        self.before = len(trace.inputs), len(trace.results)
        self.order = sorted(nodes, key=lambda node: -node.sequence)
        self.indices = [_indices(trace, node) for node in self.order]
        self.kept = [list(node.kept or ()) for node in self.order]

    def finish(self, gradients: list[tuple[Tensor, Value]]) -> None:
        """Remember the walk at the step where it started."""
        leaves: list[Tensor] = []
        numbers = {node: k for k, node in enumerate(self.order)}
        stops = [self._stop(k, numbers, leaves) for k in range(len(self.order))]
        places = {id(v): (k, i) for k, kept in enumerate(self.kept) for i, v in enumerate(kept) if type(v) is Value}
        inputs = self.trace.inputs[self.before[0] :]
        was_cut = self.trace.inputs is not self.inputs
        if was_cut or not all(id(v) in places for v in inputs):
            return
        self.start.notes[_key(self.root)] = Walked(
            tuple(stops),
            len(leaves),
            tuple(places[id(v)] for v in inputs),
            self.trace.step,
            len(self.trace.results) - self.before[1],
            tuple((_position(leaves, leaf), value.index - self.before[1]) for leaf, value in gradients),
        )

    def _stop(self, k: int, numbers: dict[Node, int], leaves: list[Tensor]) -> _Stop:
        node = self.order[k]
        targets = []
        for position, edge in enumerate(node.edges):
            if isinstance(edge, Edge):
                targets.append((position, numbers[edge.node]))
            elif edge is not None:
                targets.append((position, ~_position(leaves, edge)))
        kept = self.kept[k]
        return _Stop(
            node.plan,
            tuple(targets),
            self.indices[k],
            tuple(i for i, x in enumerate(kept) if type(x) is not Value),
        )


def _indices(trace: Trace, node: OperatorNode) -> tuple[tuple[int, int | None], ...]:
    kept = node.kept or ()
    return tuple((i, v.index if v.trace is trace else _NEW) for i, v in enumerate(kept) if type(v) is Value)


def _position(leaves: list[Tensor], leaf: Tensor) -> int:
    for k, known in enumerate(leaves):
        if known is leaf:
            return k
    leaves.append(leaf)
    return len(leaves) - 1


def _key(root: Edge) -> Any:
    return root.node.plan, root.number  # pyright: ignore[reportAttributeAccessIssue]


def is_replayable(nodes: Iterable[Node]) -> bool:
    """Whether a graph consists of recorded operators on which nobody has hung anything."""
    return all(
        isinstance(node, OperatorNode)
        and node.hooks is None
        and all(edge._hooks is None for edge in node.edges if isinstance(edge, Tensor))
        for node in nodes
    )


def replay(trace: Trace, root: Edge, keep: bool) -> list[tuple[Tensor, Value]] | None:
    """Record a backward pass from `root` again.

    Args:
        trace: The trace to add to.
        root: Where the pass starts, with the gradient 1.
        keep: Whether the graph keeps what it saved.

    Returns:
        The leaves and their gradients, or None if this graph has not been walked from here before; then nothing was
        done.
    """
    if not isinstance(root.node, OperatorNode):
        return None
    walked = trace.step.notes.get(_key(root))
    if walked is None:
        return None
    graph = _matched(trace, root.node, walked)
    if graph is None:
        return None
    nodes, leaves = graph
    try:
        for k, i in walked.admitted:
            value = nodes[k].kept[i]
            if value.trace is not trace:
                value.index = ~len(trace.inputs)
                trace.inputs.append(value)
                value.trace = trace
        for node, stop in zip(nodes, walked.stops, strict=True):
            if stop.numbers:
                trace.take_numbers([node.kept[i] for i in stop.numbers])
            if not keep:
                node.release()
        gradients = _gradients(trace, walked, leaves)
        trace.step = walked.end
    except BaseException:  # Ctrl-C may come anywhere
        trace.undo()
        raise
    return gradients


def _gradients(trace: Trace, walked: Walked, leaves: list[Tensor]) -> list[tuple[Tensor, Value]]:
    results = trace.results
    first = len(results)
    results += [None] * walked.results
    found = []
    for k, offset in walked.gradients:
        leaf = leaves[k]
        value = results[first + offset] = Value(leaf._aval, None, trace, first + offset)
        found.append((leaf, value))
    return found


def _matched(trace: Trace, root: OperatorNode, walked: Walked) -> tuple[list[Any], list[Any]] | None:
    """The nodes and leaves of this graph in the order of the walked one, or None if it is another graph."""
    nodes: list[Any] = [None] * len(walked.stops)
    leaves: list[Any] = [None] * walked.leaves
    nodes[0] = root
    sequence = root.sequence + 1
    for k, (plan, targets, indices, _) in enumerate(walked.stops):
        node = nodes[k]
        if node.plan is not plan or node.hooks is not None or node.kept is None or node.sequence >= sequence:
            return None
        sequence = node.sequence
        for position, place in targets:
            edge = node.edges[position]
            if place >= 0:
                known, target = nodes, edge.node if type(edge) is Edge else None
            else:
                known, target, place = leaves, None if type(edge) is Edge or edge._hooks else edge, ~place
            if known[place] is None:
                known[place] = target
            if target is None or known[place] is not target:
                return None
        if not _are_kept(node, indices, trace):
            return None
    return nodes, leaves


def _are_kept(node: OperatorNode, indices: tuple[tuple[int, int | None], ...], trace: Trace) -> bool:
    """Whether the node's saved values stand where they stood on the walk, and nothing has changed them since."""
    kept: Any = node.kept
    for i, index in indices:
        value = kept[i]
        if (value.index if value.trace is trace else _NEW) != index:
            return False
    pairs = zip(node.storages, node.versions, strict=True)
    return all([s.version == v and not (s.is_secret and node.rewritten()) for s, v in pairs])  # noqa: C419 - faster
