"""In-place changes: compute out of place, then put the result where the tensor looks.

A view is written by writing back through its chain into the base.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._attributes import whole
from funcgrad.torch._dispatch import Link, apply, edge_of, move, read_through, value_of, view_value
from funcgrad.torch._grad_mode import state
from funcgrad.torch._graph import LEAF, Edge, OperatorNode, brief, unhooked
from funcgrad.torch._layout import overlaps_itself, overlaps_partly
from funcgrad.torch._processes import settle
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor, root_of, wrap
from funcgrad.torch._texts import (
    INFERENCE_IN_PLACE,
    LEAF_IN_PLACE,
    LEAF_VIEW_IN_PLACE,
    OVERLAPPING_INPUT,
    OVERLAPPING_WRITE,
    VIEW_MADE_WITHOUT_GRAD,
)
from funcgrad.torch._types import dtype_of
from funcgrad.torch._views import PLACES, WRITE_AT
from funcgrad.trace import Op, Value


def check_writable(x: Tensor, *operands: Any, fills: bool = False) -> None:
    """Refuse an in-place change that autograd could not follow, or whose result depends on the order of memory.

    Args:
        x: The tensor to be changed.
        operands: What the change reads besides.
        fills: Every element gets the same value, so it does not matter if some lie on one another.

    Raises:
        RuntimeError: PyTorch's text for the case.
    """
    settle(x)
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


def assign(x: Tensor, result: Tensor | Value) -> Tensor:
    """Make `result` the new value of `x`, in place: for every tensor that shares its storage, graph included.

    Args:
        x: A tensor for which `check_writable` holds.
        result: A new tensor that nobody else has, or in no-grad mode its value; it is broadcast and cast to `x`.

    Returns:
        `x`.

    Raises:
        RuntimeError: The result does not fit the shape of `x`, or its category of dtype is higher.
    """
    if isinstance(result, Value):
        if x._base is None and x._writes is None and result.aval is x._storage.aval:
            x._storage.write(result)
            return x
        return assign(x, wrap(result))
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
        move(x, edge)
        if type(edge) is Edge and isinstance(edge.node, OperatorNode):
            x._storage.writer = edge.node.equation


def reshape_in_place(x: Tensor, shaped: Callable[[Tensor], Tensor]) -> Tensor:
    """Make `x` the view `shaped(x)` of itself, which counts as a change; its older views stay as they were.

    Raises:
        RuntimeError: `x` must not be changed in place.
    """
    _check_tracked(x)
    before = wrap(x._storage.value)
    whole(before).update(whole(x))
    mode, state.grad = state.grad, x._edge is not LEAF
    try:
        made = shaped(before)
    finally:
        state.grad = mode
    x._base, x._chain, x._value, x._seen = made._base, made._chain, made._value, made._seen
    x._turned = made._turned
    if x._edge is not LEAF:
        x._edge = made._edge
    x._storage.write(x._storage.value, counts=x._writes is None)
    return x


def _watch(node: OperatorNode, made_in: Storage, now_in: Storage) -> None:
    """A saved result lives in the written storage from now on; the value before the change is nobody else's."""
    if node.plan.saved[:1] == (0,) and node.storages[0] is now_in:
        node.storages[0], node.versions[0] = Storage(now_in.value), 0
    for k, storage in enumerate(node.storages):
        if storage is made_in:
            node.storages[k], node.versions[k] = now_in, now_in.version


def check_cast(have: np.dtype[Any], want: np.dtype[Any]) -> None:
    """Refuse a result of a higher kind than its tensor's.

    Raises:
        RuntimeError: PyTorch's text.
    """
    if have != want and category(have) > category(want):
        raise RuntimeError(
            f"result type {dtype_of(have).scalar} can't be cast to the desired output type {dtype_of(want).scalar}"
        )


def _fit(result: Tensor, x: Tensor) -> Tensor:
    have, want = result._aval, x._aval
    if have is want:
        return result
    check_cast(have.dtype, want.dtype)
    if have.shape != want.shape and _broadcast(have.shape, want.shape) != want.shape:
        raise RuntimeError(f"output with shape {list(want.shape)} doesn't match the broadcast shape {list(have.shape)}")
    return apply(FIT, (want.shape, want.dtype), result)


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        return None


def category(dtype: np.dtype[Any]) -> int:
    """The place of a dtype among bools, integers, floats and complex numbers."""
    kind = "f" if dtype.kind == "V" else dtype.kind
    return "biufc".index("i" if kind == "u" else kind)


def _written(base: Tensor, x: Tensor, new: Tensor) -> Tensor:
    """The base with `new` in the place of its view `x`."""
    if _is_written_by_links(x):
        return _write_through(base, x._chain, new)
    places = read_through(apply(PLACES, (base._aval.shape,)), x._chain)
    return apply(WRITE_AT, (), base, new, places)


def _write_through(base: Tensor, chain: tuple[Link, ...], new: Tensor) -> Tensor:
    """The base with `new` in the place that the chain of views looks at."""
    link = chain[0]
    if len(chain) > 1:
        new = _write_through(read_through(base, chain[:1]), chain[1:], new)
    return apply(link.op.writer, (link.static, link.number), base, new, *link.places)


def _fit_function(x: Any, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return jnp.broadcast_to(x, shape).astype(dtype)


FIT = Op("copy", _fit_function, saves={0: ()})
"""Broadcast and cast to the tensor that is written to."""
