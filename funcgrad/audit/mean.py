"""Mean: over how many elements a loss is a mean, and what it is multiplied by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from funcgrad.audit.loss import DEPTH, TRANSPARENT
from funcgrad.audit.tensors import array_of
from funcgrad.torch._graph import Edge, OperatorNode
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Value

BY_LABEL = frozenset({"cross_entropy", "nll_loss"})


class Mean(NamedTuple):
    """A mean times a factor."""

    size: int  # elements; for a loss of labels, labels
    labels: Value | None  # of which those that are `ignored` do not count
    ignored: int
    factor: float
    target: Any  # what a loss compares with, the face's value or PyTorch's tensor; None: unknown

    def has_target_of(self, other: Mean) -> bool:
        """Whether both compare with one and the same tensor: they are of one batch."""
        if self.target is None or other.target is None or isinstance(self.target, Value):
            return self.target is not None and self.target is other.target
        return self.target.data_ptr() == other.target.data_ptr()

    def elements(self) -> int:
        """Elements that count; looks at the labels."""
        if self.labels is None:
            return self.size
        return int(np.sum(array_of(self.labels) != self.ignored))


def mean_of(tensors: Sequence[Tensor]) -> Mean | None:
    """What `backward` starts from, where it is one mean with factors around it that are numbers."""
    if len(tensors) != 1 or not isinstance(tensors[0]._edge, Edge):
        return None
    node, factor = tensors[0]._edge.node, 1.0
    for _ in range(DEPTH):
        if not isinstance(node, OperatorNode) or node.kept is None:
            return None
        below = [edge.node for edge in node.edges if isinstance(edge, Edge)]
        name = node.equation.op.name
        if name in ("mul", "div") and len(below) == 1:
            number = _number(node.kept)
            if number is None:
                return None
            factor *= number if name == "mul" else 1 / number
        elif name not in TRANSPARENT or len(below) != 1 or any(result.size != 1 for result in below[0].results):
            return _bare(node, factor)
        node = below[0]
    return None


def _bare(node: OperatorNode, factor: float) -> Mean | None:
    equation = node.equation
    static = dict(zip(equation.op.static_names, equation.static, strict=True))
    first = equation.avals[0]
    if first is None or (equation.op.name != "mean" and static.get("reduction") != "mean"):
        return None
    target = node.kept[1] if node.kept is not None and len(node.kept) > 1 else None
    target = target if isinstance(target, Value) else None
    if equation.op.name not in BY_LABEL:
        return Mean(first.size, None, 0, factor, target)
    labels = equation.avals[1]
    if len(equation.avals) != 2 or labels is None or labels.dtype.kind not in "iu" or node.kept is None:
        return None  # weighted by class, or of probabilities
    return Mean(labels.size, target, static["ignore_index"], factor, target)


def _number(kept: list[Any]) -> float | None:
    """The factor, where it is a number; a scaler's scale is one too, and the same for all losses of a window."""
    if len(kept) != 1:
        return None
    found = array_of(kept[0]) if isinstance(kept[0], Value) else kept[0]
    return float(np.asarray(found).item()) if np.size(found) == 1 and np.any(found) else None
