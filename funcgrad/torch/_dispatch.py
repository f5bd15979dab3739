"""Dispatch: from tensors to a recorded equation and back to tensors.

Every operator goes through `apply` (`record`, where no graph is kept), every view through `view`. In-place changes:
`_in_place.py`. What an operator means stands in `_ops/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from funcgrad.torch._grad_mode import has_been, state
from funcgrad.torch._graph import LEAF, NOWHERE, Edge, OperatorNode, depends_on_all, savers
from funcgrad.torch._order import TURNING, follow
from funcgrad.torch._tensor import Tensor, root_of, wrap
from funcgrad.torch._texts import INFERENCE_SAVED, NOT_A_TENSOR, VIEW_MADE_WITHOUT_GRAD
from funcgrad.torch._types import plain_number, type_name
from funcgrad.torch._views import Writer
from funcgrad.trace import (
    NUMBERS,
    Equation,
    Op,
    Pullback,
    StaticDataError,
    Value,
    changing,
    current,
    cut,
    pullback,
    reach,
    varying,
)

changing.append(Tensor)
fronts: list[Callable[[Op, tuple[Any, ...]], tuple[Any, ...]]] = []
"""What sees an operator's operands first and may put others in their place; autocasting."""


def apply(op: Op, static: tuple[Any, ...], *operands: Any) -> Any:
    """Record an operator on tensors and Python numbers.

    Args:
        op: The operator.
        static: Its static parameters.
        operands: `Tensor`s, and Python or NumPy numbers.

    Returns:
        The result, or a list of results where the operator has several.

    Raises:
        Exception: What the operator says about these shapes, dtypes and parameters, in PyTorch's words.
    """
    if fronts:
        operands = fronts[-1](op, operands)
    values: list[Any] = []
    edges: list[Any] = []
    wrt: list[int] = []
    is_turned = False
    for x in operands:
        if isinstance(x, Tensor):
            values.append(x._storage.value if x._base is None else view_value(x))
            if x._turned:
                is_turned = True
            edge = x._edge
            if edge is not None:
                wrt.append(len(edges))
                edges.append(x if edge is LEAF else edge)
                continue
        else:
            values.append(x if type(x) in NUMBERS else _number(x, op, len(values)))
        edges.append(None)
    trace = current()
    is_tracked = bool(wrt) and state.grad
    if is_tracked and trace.split:
        cut(trace, "backward")
    elif trace.step.equations >= trace.limit:  # here, since the last operator's caller has put its results in place
        reach(trace)
    if is_tracked:
        trace.has_graph = True
        try:
            equation, results = trace.record(op, static, values)
        except StaticDataError:
            return apply(op, _plain(op, static), *operands)
        tensors = _differentiable(equation, results, operands, values, edges, tuple(wrt))
    else:
        try:
            equation, results = trace.record(op, static, values)
        except StaticDataError:
            return apply(op, _plain(op, static), *operands)
        except AttributeError:
            _check_first(op, operands)
            raise
        tensors = [wrap(value) for value in results]
    if is_turned:
        follow(op.name, operands, tensors)
    if state.inference:
        for tensor in tensors:
            tensor._inference = True
    return tensors[0] if len(tensors) == 1 else tensors


def record(op: Op, static: tuple[Any, ...], operands: list[Any]) -> list[Value]:
    """Record an operator on values and Python numbers, of which no graph is kept: `apply` without its tensors.

    Raises:
        Exception: What the operator says about these shapes, dtypes and parameters, in PyTorch's words.
    """
    trace = current()
    if trace.step.equations >= trace.limit:
        reach(trace)
    return trace.record(op, static, operands)[1]


def _number(x: Any, op: Op, place: int) -> Any:
    if isinstance(x, (np.generic, *NUMBERS)):
        return plain_number(x)
    if not place:
        _check_first(op, (x,))
    raise TypeError(
        f"expected a Tensor or a number, but got {type(x).__name__}. Make it a tensor with torch.tensor(...)"
    )


def _plain(op: Op, static: tuple[Any, ...]) -> tuple[Any, ...]:
    """Static parameters with the numbers that tensors among them stand for."""
    for name, x in zip(op.static_names, static, strict=True):
        if isinstance(x, Tensor) and (x.ndim or x.requires_grad):
            kind = "requires grad" if x.requires_grad else f"has shape {list(x.shape)}"
            raise TypeError(
                f"{op.name}(): argument '{name}' must be a number, but it is a Tensor that {kind}. Give x.item()"
            )
    return tuple([x.item() if isinstance(x, Tensor) else x for x in static])


def _check_first(op: Op, operands: tuple[Any, ...]) -> None:
    if operands and not isinstance(operands[0], Tensor):  # its number has no shape or dtype to ask for
        raise TypeError(NOT_A_TENSOR.format(op.name, "input", 1, type_name(operands[0])))


def _differentiable(
    equation: Equation,
    results: list[Value],
    operands: tuple[Any, ...],
    values: list[Any],
    edges: list[Any],
    wrt: tuple[int, ...],
) -> list[Tensor]:
    if equation.op.of is not None and not depends_on_all(equation):  # several operators in PyTorch, some not followed
        varied = varying(equation, wrt)
        if not varied:
            return [wrap(value) for value in results]
        edges, wrt = [edge if i in varied else None for i, edge in enumerate(edges)], varied
    plan = equation.pullbacks.get(wrt) or _plan(equation, wrt)
    if not plan.cotangents:
        return [wrap(value) for value in results]
    kept = [values[i] for i in plan.keeps]
    storages = [operands[i]._storage for i in plan.saved]
    if has_been.in_inference:
        _check_not_inference([operands[i] for i in plan.saved])
    node = OperatorNode(equation, plan, edges, kept, storages, [storage.version for storage in storages])
    tensors = [wrap(value, Edge(node, k) if k in plan.cotangents else None) for k, value in enumerate(results)]
    for k in plan.keeps_results:
        kept.append(results[k])
        storages.append(tensors[k]._storage)
        node.versions.append(0)
    if savers:
        savers[-1](node)
    return tensors


def _plan(equation: Equation, wrt: tuple[int, ...]) -> Pullback:
    plan = pullback(equation, wrt)
    if isinstance(equation.op, Writer):  # PyTorch drops what was written with the rest of the graph
        plan = equation.pullbacks[wrt] = plan._replace(frees=True)
    return plan


def _check_not_inference(saved: list[Tensor]) -> None:
    if any(x._inference for x in saved):
        raise RuntimeError(INFERENCE_SAVED)


# Views: a view shares its base's storage. It is read by applying its chain of operators to the base's current value
# (once for each value the storage takes), and written by writing back through the chain.


class Link(NamedTuple):
    """One step from a base to a view of it."""

    op: Any  # a ViewOp
    static: tuple[Any, ...]
    places: tuple[int, ...]  # the operator's operands after the tensor: positions, which are data
    number: int  # which of its results


def view(op: Any, static: tuple[Any, ...], x: Tensor, *places: int, origin: str = "") -> Any:
    """Record a view operator: the result shares the storage of `x`.

    Args:
        op: A `ViewOp`.
        static: Its static parameters.
        x: The tensor to look at.
        places: Positions that the operator takes as data.
        origin: Why the result must not be written to in grad mode, if so; as the end of an error's text.

    Returns:
        The view, or a list of views.
    """
    made = apply(op, static, x, *places)
    for number, tensor in enumerate(made if isinstance(made, list) else [made]):
        _share(tensor, x, Link(op, static, places, number))
        tensor._inference = x._inference
        if state.grad:
            tensor._origin = origin or x._origin
        else:
            tensor._origin = VIEW_MADE_WITHOUT_GRAD
            tensor._edge = None if x._edge is None else NOWHERE
    return made


def alias(x: Tensor) -> Tensor:
    """A tensor without gradient state on the same storage, as `detach()` gives."""
    made = wrap(x._storage.value)
    made._storage = x._storage
    if x._turned:
        made._turned = True
    if x._base is not None:
        made._value = view_value(x)
        made._base, made._chain, made._seen = alias(x._base), x._chain, x._storage.value
    return made


def _share(tensor: Tensor, x: Tensor, link: Link) -> None:
    tensor._value = tensor._storage.value
    tensor._storage = x._storage
    tensor._seen = x._storage.value
    tensor._base = x if x._base is None else x._base
    tensor._chain = (*x._chain, link)
    tensor._writes = x._writes
    if x._turned or link.op.name in TURNING:
        tensor._turned = True


def view_value(x: Tensor) -> Value:
    """The value of a view, read anew from its base if the storage was written to since."""
    if x._seen is not x._storage.value:
        before, state.grad = state.grad, True  # the view belongs to its base's graph, whoever asks
        try:
            again = read_through(root_of(x), x._chain)
        finally:
            state.grad = before
        x._value = again._storage.value
        x._seen = x._storage.value
        if x._edge is not LEAF and x._origin != VIEW_MADE_WITHOUT_GRAD:
            if not any(link.op.name in OTHER_ELEMENTS for link in x._chain):
                _show_as_strided(again._edge)
            move(x, again._edge)
    assert x._value is not None
    return x._value


OTHER_ELEMENTS = frozenset(("real", "imag", "view_as_real", "view_as_complex"))
"""Views of another dtype than their base, which strides alone cannot tell."""


def _show_as_strided(edge: Any) -> None:
    """PyTorch knows a view by its strides alone once its memory has been written to."""
    if type(edge) is Edge and isinstance(edge.node, OperatorNode):
        edge.node.shown = "AsStridedBackward0"


def read_through(base: Any, chain: tuple[Link, ...]) -> Tensor:
    for link in chain:
        made = apply(link.op, link.static, base, *link.places)
        base = made[link.number] if isinstance(made, list) else made
    return base


def value_of(x: Tensor) -> Value:
    """The tensor's current value."""
    return x._storage.value if x._base is None else view_value(x)


def edge_of(x: Tensor) -> Any:
    """The tensor's current place in the graph: an `Edge`, the leaf itself, or None."""
    if x._base is not None:
        view_value(x)
    return x if x._edge is LEAF else x._edge


def move(x: Tensor, edge: Any) -> None:
    """Give a non-leaf a new place in the graph; a gradient that it retains is the one of the new place."""
    if x._retains and edge is not None and x._edge.node.hooks is not None:
        x._edge.node.hooks.hand_over(x._edge.number, edge)
    x._edge = edge
