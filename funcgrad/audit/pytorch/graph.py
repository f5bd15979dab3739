"""PyTorch's graph behind a loss: what stands around it, and the leaves that it reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from funcgrad.audit.loss import DEPTH, UNKNOWN, Loss
from funcgrad.audit.mean import Mean
from funcgrad.audit.tensors import value_of

MEAN = 1  # PyTorch's number of the reduction
_TRANSPARENT = ("Neg", "Squeeze", "View", "Reshape", "Clone", "ToCopy", "Alias")


def describe(tensors: Sequence[Any], grads: Sequence[Any], scales: Sequence[Any]) -> Loss:
    """How a loss was put together, as `funcgrad.audit.loss.describe` says it."""
    if len(tensors) != 1 or grads[0] is not None or tensors[0].grad_fn is None:
        return UNKNOWN
    return _describe(tensors[0].grad_fn, {scale.data_ptr() for scale in scales}, DEPTH)


def mean_of(tensors: Sequence[Any]) -> Mean | None:
    """What `backward` starts from, where it is one mean with factors around it that are numbers."""
    node, factor = tensors[0].grad_fn if len(tensors) == 1 else None, 1.0
    for _ in range(DEPTH):
        below = [] if node is None else [each for each, _ in node.next_functions if each is not None]
        if node is None or not below:
            return None
        name = _name_of(node)
        if name in ("Mul", "Div") and len(below) == 1:
            saved = _saved_factor(node)
            if saved is None or saved.numel() != 1 or not saved.any():
                return None
            factor *= saved.item() if name == "Mul" else 1 / saved.item()
        elif not _is_transparent(node, name, below):
            return _mean(node, name, factor)
        node = below[0]
    return None


def _mean(node: Any, name: str, factor: float) -> Mean | None:
    if name == "Mean":
        return Mean(math.prod(node._saved_self_sym_sizes), None, 0, factor, None)
    if getattr(node, "_saved_reduction", None) != MEAN:
        return None
    if name.startswith("NllLoss"):
        target, ignored = node._saved_target, node._saved_ignore_index
        ignored -= 2**64 if ignored >= 2**63 else 0  # PyTorch shows a negative one as unsigned
        return Mean(target.numel(), value_of(target), ignored, factor, target)
    return Mean(node._saved_self.numel(), None, 0, factor, getattr(node, "_saved_target", None))


def leaves_of(tensors: Sequence[Any]) -> list[Any]:
    """The leaves that a backward pass reaches."""
    found: dict[int, Any] = {id(x): x for x in tensors if x.grad_fn is None}
    for node in _nodes([x.grad_fn for x in tensors if x.grad_fn is not None]):
        if hasattr(node, "variable"):
            found[id(node.variable)] = node.variable
    return list(found.values())


def _nodes(roots: list[Any]) -> Iterator[Any]:
    seen, waiting = set(roots), roots
    while waiting:
        node = waiting.pop()
        yield node
        new = {below for below, _ in node.next_functions if below is not None} - seen
        seen |= new
        waiting += new


def _describe(node: Any, scales: set[int], depth: int) -> Loss:
    below = [each for each, _ in node.next_functions if each is not None]
    name = _name_of(node)
    if depth == 0 or not below:
        return UNKNOWN
    if name in ("Mul", "Div") and len(below) == 1:
        inner, factor = _describe(below[0], scales, depth - 1), _saved_factor(node)
        address = 0 if factor is None else factor.data_ptr()
        is_scale = address in scales
        storages = (*inner.storages, address) if is_scale else inner.storages
        return Loss(inner.is_mean, inner.is_weighted or not is_scale, storages)
    if name == "Add":
        parts = [_describe(part, scales, depth - 1) for part in below]
        storages = tuple(storage for part in parts for storage in part.storages)
        return Loss(any(p.is_mean for p in parts), all(p.is_weighted for p in parts), storages)
    if _is_transparent(node, name, below):
        return _describe(below[0], scales, depth - 1)
    return Loss(name == "Mean" or getattr(node, "_saved_reduction", None) == MEAN, is_weighted=False, storages=())


def _name_of(node: Any) -> str:
    """As in `Mul` for a `MulBackward0`."""
    return node.name().rstrip("0123456789").removesuffix("Backward")


def _is_transparent(node: Any, name: str, below: list[Any]) -> bool:
    is_of_one = name in ("Sum", "Mean") and math.prod(getattr(node, "_saved_self_sym_sizes", (2,))) == 1
    return len(below) == 1 and (is_of_one or name.startswith(_TRANSPARENT))


def _saved_factor(node: Any) -> Any:
    """What a loss is multiplied with, or divided by."""
    saved: Iterator[Any] = (getattr(node, name, None) for name in ("_saved_other", "_saved_self"))
    return next((each for each in saved if hasattr(each, "data_ptr")), None)
