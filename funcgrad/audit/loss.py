"""What stands around a loss: whether it is a mean, whether a factor weighs it, and which scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from funcgrad.torch._graph import Edge, OperatorNode
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation

DEPTH = 8  # operators around a loss that are looked at
TRANSPARENT = frozenset({"neg", "squeeze", "reshape", "view", "sum", "mean", "clone", "cast"})  # of one number
_AROUND = TRANSPARENT | {"mul", "div", "add"}


class Loss(NamedTuple):
    """How a loss was put together."""

    is_mean: bool  # over its batch
    is_weighted: bool  # by a factor or a divisor of the user's
    storages: tuple[Any, ...]  # of tensors that it was multiplied with; a scaler's scale is one


_BARE: dict[int, tuple[Equation, Loss]] = {}
"""By the id of the equation of a loss with nothing around it; a loop gives the same one each time."""

UNKNOWN = Loss(is_mean=False, is_weighted=True, storages=())


def describe(tensors: Sequence[Tensor], grads: Sequence[Tensor | None], scales: Sequence[Any]) -> Loss:
    """Look at the graph of what `backward` starts from.

    Args:
        tensors: The roots.
        grads: What they start with; anything but None is a weight of the user's.
        scales: Storages of the scales of the scalers seen so far; they are no factor of the user's.
    """
    if len(tensors) != 1 or grads[0] is not None or not isinstance(tensors[0]._edge, Edge):
        return UNKNOWN
    return _describe(tensors[0]._edge.node, scales, DEPTH)


def _describe(node: Any, scales: Sequence[Any], depth: int) -> Loss:
    if depth == 0 or not isinstance(node, OperatorNode):
        return UNKNOWN
    name = node.equation.op.name
    if name not in _AROUND:
        return _bare(node.equation)
    below = [edge.node for edge in node.edges if isinstance(edge, Edge)]
    if name in ("mul", "div") and len(below) == 1:
        return _weighted(node, below[0], scales, depth)
    if name == "add" and below:
        return _sum_of([_describe(part, scales, depth - 1) for part in below])
    if name in TRANSPARENT and len(below) == 1 and all(result.size == 1 for result in below[0].results):
        return _describe(below[0], scales, depth - 1)
    return _bare(node.equation)


def _bare(equation: Equation) -> Loss:
    known = _BARE.get(id(equation))
    if known is None:
        static = dict(zip(equation.op.static_names, equation.static, strict=True))
        loss = Loss(equation.op.name == "mean" or static.get("reduction") == "mean", is_weighted=False, storages=())
        known = _BARE[id(equation)] = equation, loss
    return known[1]


def _weighted(node: OperatorNode, below: Any, scales: Sequence[Any], depth: int) -> Loss:
    inner = _describe(below, scales, depth - 1)
    is_scale = any(storage is scale for storage in node.storages for scale in scales)
    return Loss(inner.is_mean, inner.is_weighted or not is_scale, (*inner.storages, *node.storages))


def _sum_of(parts: list[Loss]) -> Loss:
    return Loss(
        any(part.is_mean for part in parts),
        all(part.is_weighted for part in parts),
        tuple(storage for part in parts for storage in part.storages),
    )
