"""Dispatch: from tensors to a recorded equation and back to tensors.

Every operator goes through `apply`, every view through `view`, every in-place change through `assign`. What an
operator means stands in `_ops/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._grad_mode import has_been, state
from funcgrad.torch._graph import LEAF, NOWHERE, Edge, OperatorNode, brief, unhooked
from funcgrad.torch._layout import overlaps_itself, overlaps_partly
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor, root_of, wrap
from funcgrad.torch._texts import (
    INFERENCE_IN_PLACE,
    INFERENCE_SAVED,
    LEAF_IN_PLACE,
    LEAF_VIEW_IN_PLACE,
    OVERLAPPING_INPUT,
    OVERLAPPING_WRITE,
    VIEW_MADE_WITHOUT_GRAD,
)
from funcgrad.torch._types import dtype_of
from funcgrad.torch._views import PLACES, WRITE_AT, Writer
from funcgrad.trace import NUMBERS, Equation, Op, Pullback, Value, current, cut, pullback, reach

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
    for x in operands:
        if isinstance(x, Tensor):
            values.append(x._storage.value if x._base is None else view_value(x))
            edge = x._edge
            if edge is not None:
                wrt.append(len(edges))
                edges.append(x if edge is LEAF else edge)
                continue
        else:
            values.append(x if type(x) in NUMBERS else _number(x))
        edges.append(None)
    trace = current()
    is_tracked = bool(wrt) and state.grad
    if is_tracked and trace.split:
        cut(trace, "backward")
    elif trace.step.equations >= trace.limit:  # here, since the last operator's caller has put its results in place
        reach(trace)
    if is_tracked:
        trace.has_graph = True
        equation, results = trace.record(op, static, values)
        tensors = _differentiable(equation, results, operands, values, edges, tuple(wrt))
    else:
        equation, results = trace.record(op, static, values)
        tensors = [wrap(value) for value in results]
    if state.inference:
        for tensor in tensors:
            tensor._inference = True
    return tensors[0] if len(tensors) == 1 else tensors


def _number(x: Any) -> Any:
    if isinstance(x, (np.generic, *NUMBERS)):
        return x.item() if isinstance(x, np.generic) else NUMBERS[0](x)
    raise TypeError(
        f"expected a Tensor or a number, but got {type(x).__name__}. Make it a tensor with torch.tensor(...)"
    )


def _differentiable(
    equation: Equation,
    results: list[Value],
    operands: tuple[Any, ...],
    values: list[Any],
    edges: list[Any],
    wrt: tuple[int, ...],
) -> list[Tensor]:
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


def view_value(x: Tensor) -> Value:
    """The value of a view, read anew from its base if the storage was written to since."""
    if x._seen is not x._storage.value:
        before, state.grad = state.grad, True  # the view belongs to its base's graph, whoever asks
        try:
            again = _read(root_of(x), x._chain)
        finally:
            state.grad = before
        x._value = again._storage.value
        x._seen = x._storage.value
        if x._edge is not LEAF and x._origin != VIEW_MADE_WITHOUT_GRAD:
            _show_as_strided(again._edge)
            _move(x, again._edge)
    assert x._value is not None
    return x._value


def _show_as_strided(edge: Any) -> None:
    """PyTorch knows a view by its strides alone once its memory has been written to."""
    if type(edge) is Edge and isinstance(edge.node, OperatorNode):
        edge.node.shown = "AsStridedBackward0"


def _read(base: Any, chain: tuple[Link, ...]) -> Tensor:
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


# In-place changes: compute out of place, then put the result where the tensor looks.


def check_writable(x: Tensor, *operands: Any, fills: bool = False) -> None:
    """Refuse an in-place change that autograd could not follow, or whose result depends on the order of memory.

    Args:
        x: The tensor to be changed.
        operands: What the change reads besides.
        fills: Every element gets the same value, so it does not matter if some lie on one another.

    Raises:
        RuntimeError: PyTorch's text for the case.
    """
    if state.grad or x._inference:
        _check_tracked(x, operands)
    if x._chain and not fills and not _is_written_by_links(x) and overlaps_itself(x):
        raise RuntimeError(OVERLAPPING_WRITE)
    for y in operands:
        if isinstance(y, Tensor) and y._storage is x._storage and y is not x and overlaps_partly(x, y):
            raise RuntimeError(OVERLAPPING_INPUT)


def _check_tracked(x: Tensor, operands: tuple[Any, ...] = ()) -> None:
    if x._inference and not state.inference:
        raise RuntimeError(INFERENCE_IN_PLACE)
    if not state.grad:
        return
    if x._origin and (x.requires_grad or any(isinstance(y, Tensor) and y.requires_grad for y in operands)):
        raise RuntimeError(_view_text(x))
    if x.requires_grad:
        if x._base is None and x._edge is LEAF:
            raise RuntimeError(LEAF_IN_PLACE)
        if x._base is not None and x._base.is_leaf:
            raise RuntimeError(LEAF_VIEW_IN_PLACE)


def _view_text(x: Tensor) -> str:
    edge, without = edge_of(x), x._origin == VIEW_MADE_WITHOUT_GRAD
    view, mode = "A view was created in no_grad mode", " with grad mode enabled"
    if isinstance(edge, Edge):
        view = f"Output {edge.number} of {brief(edge.node.label())} is a view"
        view, mode = (f"{view} of a view which was created in no_grad mode", mode) if without else (view, "")
    return f"{view} and is being modified inplace{mode}. {x._origin}"


def _is_written_by_links(x: Tensor) -> bool:
    return all([link.op.writable for link in x._chain])  # noqa: C419 - faster


def assign(x: Tensor, result: Tensor) -> Tensor:
    """Make `result` the new value of `x`, in place: for every tensor that shares its storage, graph included.

    Args:
        x: A tensor for which `check_writable` holds.
        result: A new tensor that nobody else has; it is broadcast and cast to `x`.

    Returns:
        `x`.

    Raises:
        RuntimeError: The result does not fit the shape of `x`, or its category of dtype is higher.
    """
    if x._base is None:
        result = _fit(result, x)
        _put(x, value_of(result), result._edge, x._writes)
    else:
        _leave_hooks(x, result._edge)
        result = _fit(result, x)
        base = root_of(x)
        written = _written(base, x, result)
        _put(base, written._storage.value, written._edge, x._writes)
        if x._retains:
            view_value(x)  # its gradient is the one of its new place, even if nobody looks at it again
    if result._edge is not None and isinstance(result._edge.node, OperatorNode):
        _watch(result._edge.node, result._storage, x._storage)
    return x


def _leave_hooks(x: Tensor, edge: Any) -> None:
    """Lead what is written to a view past the hooks of the view's old place: in PyTorch the write takes in the view."""
    if type(edge) is Edge and type(x._edge) is Edge and isinstance(edge.node, OperatorNode):
        edges = edge.node.edges
        if edges[0] == x._edge:
            edges[0] = unhooked(x._edge, len(x._chain))


def _put(x: Tensor, value: Value, edge: Any, writes: list[int] | None) -> None:
    x._storage.write(value, counts=writes is None)
    if writes is not None:
        writes[0] += 1
    if state.grad and x._edge is not LEAF:
        _move(x, edge)
        if type(edge) is Edge and isinstance(edge.node, OperatorNode):
            x._storage.writer = edge.node.equation


def reshape_in_place(x: Tensor, shaped: Callable[[Tensor], Tensor]) -> Tensor:
    """Make `x` the view `shaped(x)` of itself, which counts as a change; its older views stay as they were.

    Raises:
        RuntimeError: `x` must not be changed in place.
    """
    _check_tracked(x)
    before = wrap(x._storage.value)
    before.__dict__.update(x.__dict__)
    mode, state.grad = state.grad, x._edge is not LEAF
    try:
        made = shaped(before)
    finally:
        state.grad = mode
    x._base, x._chain, x._value, x._seen = made._base, made._chain, made._value, made._seen
    if x._edge is not LEAF:
        x._edge = made._edge
    x._storage.write(x._storage.value, counts=x._writes is None)
    return x


def _move(x: Tensor, edge: Any) -> None:
    """Give a non-leaf a new place in the graph; a gradient that it retains is the one of the new place."""
    if x._retains and edge is not None and x._edge.node.hooks is not None:
        x._edge.node.hooks.hand_over(x._edge.number, edge)
    x._edge = edge


def _watch(node: OperatorNode, made_in: Storage, now_in: Storage) -> None:
    """A saved result lives in the written storage from now on; the value before the change is nobody else's."""
    if node.plan.saved[:1] == (0,) and node.storages[0] is now_in:
        node.storages[0], node.versions[0] = Storage(now_in.value), 0
    for k, storage in enumerate(node.storages):
        if storage is made_in:
            node.storages[k], node.versions[k] = now_in, now_in.version


def _fit(result: Tensor, x: Tensor) -> Tensor:
    have, want = result._aval, x._aval
    if have is want:
        return result
    if have.dtype != want.dtype and _category(have.dtype) > _category(want.dtype):
        raise RuntimeError(
            f"result type {dtype_of(have.dtype).scalar} can't be cast to the desired output type "
            f"{dtype_of(want.dtype).scalar}"
        )
    if have.shape != want.shape and _broadcast(have.shape, want.shape) != want.shape:
        raise RuntimeError(f"output with shape {list(want.shape)} doesn't match the broadcast shape {list(have.shape)}")
    return apply(FIT, (want.shape, want.dtype), result)


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        return None


def _category(dtype: np.dtype[Any]) -> int:
    kind = "f" if dtype.kind == "V" else dtype.kind
    return "biufc".index("i" if kind == "u" else kind)


def _written(base: Tensor, x: Tensor, new: Tensor) -> Tensor:
    """The base with `new` in the place of its view `x`."""
    if _is_written_by_links(x):
        return _write_through(base, x._chain, new)
    places = _read(apply(PLACES, (base._aval.shape,)), x._chain)
    return apply(WRITE_AT, (), base, new, places)


def _write_through(base: Tensor, chain: tuple[Link, ...], new: Tensor) -> Tensor:
    """The base with `new` in the place that the chain of views looks at."""
    link = chain[0]
    if len(chain) > 1:
        new = _write_through(_read(base, chain[:1]), chain[1:], new)
    return apply(link.op.writer, (link.static, link.number), base, new, *link.places)


def _fit_function(x: Any, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return jnp.broadcast_to(x, shape).astype(dtype)


FIT = Op("copy", _fit_function, saves={0: ()})
"""Broadcast and cast to the tensor that is written to."""
