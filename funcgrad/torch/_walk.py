"""The walk over the graph: from the youngest node on, each node's pullback is recorded and its gradients sent on.

What happens with a gradient at a leaf is the caller's business: `_engine.py`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from funcgrad.torch._anomaly import check_gradients
from funcgrad.torch._anomaly import mode as anomaly
from funcgrad.torch._dispatch import apply, edge_of
from funcgrad.torch._grad_mode import state
from funcgrad.torch._graph import NOWHERE, Edge, Node, OperatorNode
from funcgrad.torch._ops.arithmetic import ADD
from funcgrad.torch._ops.copying import CAST
from funcgrad.torch._ops.creation import FILLED
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._texts import HOOK_CHANGED_SIZE, MISMATCHED_GRAD_SHAPE, NO_GRAPH, NON_SCALAR_BACKWARD
from funcgrad.trace import WITHOUT_DATA, Aval, Value, current


class Walk:
    """One walk over a graph. As a block: the grad mode in which its gradients are computed.

    Args:
        tensors: Where to start.
        grads: For each, the gradient to start with; None means 1 for a tensor of one element.
        create_graph: Record the gradients' own graph.
        retain_graph: Keep what the graph saved; None means as `create_graph`.

    Raises:
        RuntimeError: A tensor has no graph, or a gradient does not fit its tensor.
    """

    def __init__(
        self,
        tensors: Sequence[Tensor],
        grads: Sequence[Tensor | None],
        create_graph: bool,
        retain_graph: bool | None,
    ) -> None:
        if len(tensors) != len(grads):
            raise RuntimeError(f"got {len(tensors)} tensors and {len(grads)} gradients")
        self.create_graph = create_graph
        self.keep = create_graph if retain_graph is None else retain_graph
        self.buffers: dict[Any, list[Tensor | None]] = {}  # gradients that have arrived, for each result of a place
        self.ready: list[tuple[int, Node]] = []  # heap, youngest first
        self.found: dict[Edge, Tensor] = {}
        self.targets: set[Edge] | None = None
        self.needed: set[Any] | None = None
        self.roots = [(edge_of(x), _seed(i, x, g)) for i, (x, g) in enumerate(zip(tensors, grads, strict=True))]
        for i, (edge, _) in enumerate(self.roots):
            if edge is None:
                raise RuntimeError(NO_GRAPH.format(i))

    def __enter__(self) -> None:
        self._before = state.grad
        state.grad = self.create_graph

    def __exit__(self, *error: object) -> None:
        state.grad = self._before

    def to_leaves(self, deliver: Callable[[Tensor, Tensor], None]) -> None:
        """Walk the whole graph, and deliver to each leaf its gradient as soon as all of it has come."""
        self.deliver = deliver
        self._run(None)

    def to_targets(self, targets: list[Edge]) -> list[Tensor | None]:
        """Walk only what leads to the targets, and return their gradients; None for one that is not reached."""
        self._run(targets)
        return [self.found.get(target) for target in targets]

    def _run(self, targets: list[Edge] | None) -> None:
        nodes = reachable(place_of(edge) for edge, _ in self.roots)
        if targets is not None:
            self.targets = set(targets)
            self.needed = _leading_to(nodes, self.targets)
            nodes = [node for node in nodes if node in self.needed]
        self.uses = Counter(edge for node in nodes for edge in node.edges if isinstance(edge, Tensor))
        self.uses.update(edge for edge, _ in self.roots if isinstance(edge, Tensor))
        with self:
            for edge, seed in self.roots:
                if edge is not NOWHERE:
                    self._send(edge, seed)
            while self.ready:
                self._visit(heapq.heappop(self.ready)[1])
        if self.create_graph:
            current().split = False
        else:
            current().end_backward()

    def _send(self, edge: Any, gradient: Tensor | None) -> None:
        """Deliver a gradient along an edge; a leaf acts when its last one has come."""
        place, number = (edge.node, edge.number) if isinstance(edge, Edge) else (edge, 0)
        buffer = self.buffers.get(place)
        if buffer is None:
            buffer = self.buffers[place] = [None] * (len(place.results) if isinstance(place, Node) else 1)
            if isinstance(place, Node):
                heapq.heappush(self.ready, (-place.sequence, place))
        if gradient is not None:
            before = buffer[number]
            buffer[number] = gradient if before is None else apply(ADD, (), before, gradient)
        if not isinstance(place, Node):
            self.uses[place] -= 1
            if self.uses[place] == 0:
                self._arrive(place, self.buffers.pop(place)[0])

    def _arrive(self, leaf: Tensor, fresh: Tensor | None) -> None:
        if fresh is None:
            return
        hooks = leaf._hooks
        if hooks is not None:
            fresh = _hooked(hooks.before, fresh)
        if self.targets is not None:
            target = Edge(leaf, 0)  # pyright: ignore[reportArgumentType]
            if target in self.targets:
                self.found[target] = fresh
            return
        self.deliver(leaf, fresh)
        if hooks is not None:
            for hook in list(hooks.after.values()):
                hook(leaf)

    def _visit(self, node: Node) -> None:
        incoming = self.buffers.pop(node)
        if node.hooks is not None:
            self._call_hooks_before(node, incoming)
        if self.targets is not None:
            self._capture(node, incoming)
        if self.needed is not None and node not in self.needed:
            return
        outgoing = pull(node, incoming)
        if anomaly.enabled:
            check_gradients(node, outgoing)
        if node.hooks is not None and node.hooks.after:
            outgoing = _after(node, outgoing, incoming)
        if not self.keep:
            node.release()
        for edge, gradient in zip(node.edges, outgoing, strict=True):
            if edge is not None and edge is not NOWHERE and (self.needed is None or self._is_wanted(edge)):
                self._send(edge, gradient)

    def _is_wanted(self, edge: Any) -> bool:
        assert self.needed is not None
        assert self.targets is not None
        place = place_of(edge)
        return place in self.needed or any(target.node is place for target in self.targets)

    def _capture(self, node: Node, incoming: list[Tensor | None]) -> None:
        assert self.targets is not None
        for number, gradient in enumerate(incoming):
            target = Edge(node, number)
            if gradient is not None and target in self.targets:
                self.found[target] = gradient

    def _call_hooks_before(self, node: Node, incoming: list[Tensor | None]) -> None:
        for number, gradient in enumerate(incoming):
            if gradient is None:
                continue
            if number in node.hooks.before:
                gradient = incoming[number] = _hooked(node.hooks.before[number], gradient)
            if number in node.hooks.retains:
                _retain(node.hooks.retains[number](), gradient)
        for hook in list(node.hooks.prepare.values()):
            replaced = hook(tuple(incoming))
            if replaced is not None:
                incoming[:] = replaced if isinstance(replaced, tuple) else (replaced,)


def pull(node: Node, incoming: list[Tensor | None]) -> list[Tensor | None]:
    """The gradients that a node passes along its edges, given those of its results."""
    if not isinstance(node, OperatorNode):
        return node.pull(incoming)  # pyright: ignore[reportAttributeAccessIssue]
    if all(gradient is None for gradient in incoming):
        return [None] * len(node.edges)
    kept = [wrap(x, node.origin(i)) if type(x) is Value else x for i, x in enumerate(node.unpack())]
    cotangents = [_fitting(incoming[k], node.results[k]) for k in node.plan.cotangents]
    made = apply(node.plan.op, node.plan.static, *kept, *cotangents)
    results = iter(made if isinstance(made, list) else [made])
    return [None if edge is None else next(results) for edge in node.edges]


def _fitting(gradient: Tensor | None, aval: Aval) -> Tensor:
    """The gradient in the dtype of the result it belongs to; zeros where none arrived."""
    if gradient is None:
        return zeros(aval)
    if gradient._aval.shape != aval.shape:
        raise RuntimeError(
            f"a gradient of shape {list(gradient.shape)} arrived where the result has shape {list(aval.shape)}; "
            "a hook or a custom Function returned the wrong shape"
        )
    return gradient if gradient._aval.dtype == aval.dtype else apply(CAST, (aval.dtype,), gradient)


def zeros(aval: Aval) -> Tensor:
    return apply(FILLED, (aval.shape, aval.dtype, 0))


def _seed(i: int, x: Tensor, gradient: Tensor | None) -> Tensor:
    """The gradient to start with at output `x`."""
    aval = x._aval
    if gradient is None:
        if x.requires_grad and aval.size != 1:
            raise RuntimeError(NON_SCALAR_BACKWARD)
        return apply(FILLED, (aval.shape, aval.dtype, 1))
    if gradient.is_meta and not x.is_meta:
        raise NotImplementedError(WITHOUT_DATA.refusal)
    if gradient._aval.shape != aval.shape:
        raise RuntimeError(MISMATCHED_GRAD_SHAPE.format(i=i, grad=gradient.shape, output=x.shape))
    return gradient if gradient._aval.dtype == aval.dtype else apply(CAST, (aval.dtype,), gradient)


def place_of(edge: Any) -> Any:
    """The node or the leaf at the end of an edge."""
    return edge.node if isinstance(edge, Edge) else edge


def reachable(starts: Iterable[Any]) -> list[Node]:
    """All nodes that a gradient sent to `starts` can reach, oldest first."""
    stack = [place for place in starts if isinstance(place, Node)]
    seen = set(stack)
    while stack:
        for edge in stack.pop().edges:
            if isinstance(edge, Edge) and edge.node not in seen:
                seen.add(edge.node)
                stack.append(edge.node)
    return sorted(seen, key=lambda node: node.sequence)


def _leading_to(nodes: list[Node], targets: set[Edge]) -> set[Any]:
    """The nodes from which a target can be reached. Edges lead to older nodes, so one pass is enough."""
    places = {target.node for target in targets}
    leading: set[Any] = set()
    for node in nodes:
        if any(edge is not None and (place_of(edge) in places or place_of(edge) in leading) for edge in node.edges):
            leading.add(node)
    return leading


def _hooked(hooks: dict[int, Any], gradient: Tensor) -> Tensor:
    """The gradient after each hook has had the chance to replace it."""
    for hook in list(hooks.values()):
        replaced = hook(gradient)
        if replaced is None:
            continue
        if not isinstance(replaced, Tensor):
            raise TypeError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
        if replaced.shape != gradient.shape:
            raise RuntimeError(HOOK_CHANGED_SIZE.format(getattr(hook, "__name__", repr(hook))))
        gradient = replaced
    return gradient


def _after(node: Node, outgoing: list[Tensor | None], incoming: list[Tensor | None]) -> list[Tensor | None]:
    for hook in list(node.hooks.after.values()):
        replaced = hook(tuple(outgoing), tuple(incoming))
        if replaced is not None:
            outgoing = list(replaced) if isinstance(replaced, tuple) else [replaced]
    return outgoing


def _retain(x: Tensor | None, gradient: Tensor) -> None:
    if x is not None:
        x._grad = gradient if x._grad is None else apply(ADD, (), x._grad, gradient)
