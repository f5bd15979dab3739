"""The backward engine: what `backward()` and `autograd.grad` do with the gradients of a walk.

`accumulate` is the only place in the project where a fresh gradient is added to a `.grad`.
"""

from __future__ import annotations

from collections.abc import Sequence

from funcgrad.torch._anomaly import mode as anomaly
from funcgrad.torch._dispatch import apply, edge_of, record, value_of
from funcgrad.torch._grad_mode import no_grad, state
from funcgrad.torch._graph import Edge
from funcgrad.torch._in_place import assign
from funcgrad.torch._listening import listeners
from funcgrad.torch._ops.arithmetic import ADD
from funcgrad.torch._ops.copying import COPY
from funcgrad.torch._ops.foreach import ADD_EACH
from funcgrad.torch._replay import Recorder, is_replayable, replay
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._texts import (
    CREATE_GRAPH_LEAK,
    EMPTY_INPUTS,
    INPUT_NEEDS_NO_GRAD,
    UNUSED_AND_MATERIALIZED,
    UNUSED_INPUT,
)
from funcgrad.torch._walk import Walk, place_of, reachable, zeros
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Value, current


def accumulate(found: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Add a fresh gradient to the `.grad` of each leaf: the `+=` that this project is about.

    The first gradient is stored as a new tensor. Later ones are added in place, so that every alias of `.grad` sees
    the sum; with `create_graph` they are added out of place, because the sum is part of a graph.
    """
    later = []
    for leaf, fresh in found:
        if leaf._grad is None:
            leaf._grad = apply(COPY, (), fresh) if fresh.requires_grad else wrap(value_of(fresh))
        elif state.grad:
            leaf._grad = apply(ADD, (), leaf._grad, fresh)
        else:
            later.append((leaf._grad, fresh))
    if later:
        _add_in_place(later)
    for listener in listeners:
        for leaf, fresh in found:
            listener.accumulated(leaf, fresh)


def _add_in_place(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Add to each first tensor the second one: all in one equation, where nothing has to be cast."""
    sums, fresh = [value_of(x) for x, _ in pairs], [value_of(y) for _, y in pairs]
    is_same = all([x.aval is y.aval for x, y in zip(sums, fresh, strict=True)])  # noqa: C419 - faster
    if is_same and len({x._storage for x, _ in pairs}) == len(pairs):
        for (x, _), value in zip(pairs, record(ADD_EACH, (), [*sums, *fresh]), strict=True):
            assign(x, value)
        return
    for x, y in pairs:
        assign(x, apply(ADD, (), x, y))


def backward(
    tensors: Sequence[Tensor],
    grads: Sequence[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of the leaves (or of `inputs` only).

    Args:
        tensors: Where to start.
        grads: For each, the gradient to start with; None means 1 for a tensor of one element.
        retain_graph: Keep what the graph saved. None means: as `create_graph`.
        create_graph: Record the gradients' own graph.
        inputs: The only tensors whose `.grad` is to change; None means every leaf.

    Raises:
        RuntimeError: PyTorch's text for a missing graph, a graph already freed, a shape that does not fit.
    """
    if inputs is not None and len(inputs) == 0:
        raise RuntimeError(EMPTY_INPUTS)
    for x in inputs or ():
        x.retain_grad()  # from now on: that is how a non-leaf gets its gradient here
    if listeners:
        for listener in listeners:
            listener.backward(tensors, grads)
    if create_graph:
        warn_once(CREATE_GRAPH_LEAK)
    elif inputs is None and len(tensors) == 1 and grads[0] is None and tensors[0]._aval.size == 1:
        _backward_of_loss(tensors[0], bool(retain_graph))
        return
    walk = Walk(tensors, grads, create_graph, retain_graph)
    if inputs is None:
        walk.to_leaves(_accumulate_one)
        return
    for x, gradient in zip(inputs, walk.to_targets([_target(x) for x in inputs]), strict=True):
        if gradient is not None and x.is_leaf:
            with walk:
                accumulate([(x, gradient)])


def _backward_of_loss(loss: Tensor, retain_graph: bool) -> None:
    """The common case, one number without `create_graph`: replayed where the same graph was walked before."""
    root, trace = edge_of(loss), current()
    found = replay(trace, root, retain_graph) if isinstance(root, Edge) and not anomaly.enabled else None
    if found is None:
        nodes = reachable([place_of(root)])
        if anomaly.enabled or not isinstance(root, Edge) or not is_replayable(nodes):
            Walk([loss], [None], create_graph=False, retain_graph=retain_graph).to_leaves(_accumulate_one)
            return
        recorder = Recorder(trace, root, nodes)
        found = []
        walk = Walk([loss], [None], create_graph=False, retain_graph=retain_graph)
        try:
            walk.to_leaves(lambda leaf, fresh: found.append((leaf, value_of(fresh))))
        except RuntimeError:
            _accumulate_all(found)  # a leaf keeps what had reached it before the walk failed
            raise
        recorder.finish(found)
    trace.end_backward()
    _accumulate_all(found)


def _accumulate_all(found: Sequence[tuple[Tensor, Value]]) -> None:
    with no_grad():
        accumulate([(leaf, wrap(value)) for leaf, value in found])


def _accumulate_one(leaf: Tensor, fresh: Tensor) -> None:
    accumulate([(leaf, fresh)])


def gradients(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    grad_outputs: Sequence[Tensor | None],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Gradients of the sum of `outputs` with respect to `inputs`; no `.grad` changes.

    Raises:
        RuntimeError: As for `backward`, or an input was not used and `allow_unused` is not set.
        ValueError: `materialize_grads` together with `allow_unused=False`.
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(UNUSED_AND_MATERIALIZED)
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    walk = Walk(outputs, grad_outputs, create_graph, retain_graph)
    for x in inputs:
        if not x.requires_grad:
            raise RuntimeError(INPUT_NEEDS_NO_GRAD)
    found = walk.to_targets([_target(x) for x in inputs])
    if materialize_grads:
        return tuple(zeros(x._aval) if g is None else g for x, g in zip(inputs, found, strict=True))
    for i, gradient in enumerate(found):
        if gradient is None and not allow_unused:
            raise RuntimeError(UNUSED_INPUT.format(i))
    return tuple(found)


def _target(x: Tensor) -> Edge:
    edge = edge_of(x)
    if edge is None:
        raise RuntimeError(INPUT_NEEDS_NO_GRAD)
    return edge if isinstance(edge, Edge) else Edge(edge, 0)
