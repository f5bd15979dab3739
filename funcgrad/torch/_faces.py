"""Nodes as scripts that draw graphs see them: saved tensors by PyTorch's names, and the operators inside larger ones.

Here a linear layer is one operator, in PyTorch a transposition and a product. What the engine walks: `_graph.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from funcgrad.torch._graph import LEAF, Edge, OperatorNode, faces, insides, saved_views
from funcgrad.torch._ops.creation import as_tensor
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Value

Target = tuple[Any, int]
"""An entry of `next_functions`: a node or None, and which of its results."""


class Part:
    """An operator of PyTorch's inside an operator of ours: a node to look at.

    Args:
        label: The name that PyTorch prints.
        targets: The nodes that it passes its gradients to.
    """

    def __init__(self, label: str, targets: tuple[Target, ...]) -> None:
        self.label, self.next_functions = label, targets

    def name(self) -> str:
        """The name that PyTorch prints."""
        return self.label

    def __repr__(self) -> str:
        return f"<{self.label} object at {id(self):#x}>"


@functools.cache
def _named(label: str) -> type[Part]:
    return type(label, (Part,), {})


def _part(label: str, *targets: Target) -> Target:
    """An operator before these targets; nothing if no gradient passes through it."""
    if all(target[0] is None for target in targets):
        return None, 0
    return _named(label)(label, targets), 0


def _inside_linear(node: OperatorNode, x: Target, weight: Target, *bias: Target) -> tuple[Target, ...]:
    ndim = len(node.equation.avals[0].shape)  # pyright: ignore[reportOptionalMemberAccess]
    turned = _part("TBackward0", weight)
    if ndim == 2:
        return (*bias, x, turned)
    rows = _part("ViewBackward0" if bias or ndim > 1 else "UnsqueezeBackward0", x)
    return (_part("AddmmBackward0" if bias else "MmBackward0", *bias, rows, turned),)


def _inside_matmul(node: OperatorNode, a: Target, b: Target) -> tuple[Target, ...]:
    left, right = (len(aval.shape) for aval in node.equation.avals)  # pyright: ignore[reportOptionalMemberAccess]
    if left > 2 and right == 2:
        return (_part("MmBackward0", _part("ViewBackward0", a), b),)
    if left > 2 and right > 2:
        return (_part("BmmBackward0", *(_part("ViewBackward0", _part("ExpandBackward0", x)) for x in (a, b))),)
    return a, b


def _inside_cross_entropy(node: OperatorNode, x: Target, *others: Target) -> tuple[Target, ...]:
    return (_part("LogSoftmaxBackward0", x),)


def _operand(node: OperatorNode, position: int) -> Tensor | None:
    """What the node keeps of an operand: a leaf itself, None if it does not need it.

    Raises:
        RuntimeError: The graph was freed, or the operand was changed in place since.
    """
    keeps = node.plan.keeps
    if position not in keeps:
        return None
    edge, value = node.edges[position], node.unpack_one(keeps.index(position))
    if isinstance(edge, Tensor) and edge._storage.value is value:
        return edge
    return wrap(value, LEAF if isinstance(edge, Tensor) else edge) if type(value) is Value else as_tensor(value)


def _result(node: OperatorNode) -> Tensor:
    return wrap(node.unpack_one(len(node.plan.keeps)), Edge(node, node.plan.keeps_results[0]))


def _factor(shift: int, position: int) -> Callable[[OperatorNode], Tensor | None]:
    """A factor of a product: an operand of `addmm` after its summand; a linear layer's weight is transposed."""

    def factor(node: OperatorNode) -> Tensor | None:
        if node.equation.op.name != "linear":
            return _operand(node, position + shift)
        found: Any = _operand(node, position)
        return found.t() if position == 1 and found is not None else found

    return factor


_OF_ONE = {"self": functools.partial(_operand, position=0)}
_OF_TWO = {**_OF_ONE, "other": functools.partial(_operand, position=1)}
_OF_RESULT = {"result": _result}
_OF_PAIR = {**_OF_ONE, "target": functools.partial(_operand, position=1)}
_SAVED: dict[str, dict[str, Callable[[OperatorNode], Any]]] = {
    **dict.fromkeys(("Log", "Log2", "Log1P", "Sin", "Cos", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Erf"), _OF_ONE),
    **dict.fromkeys(("Abs", "Pow", "Var", "Gelu", "Silu", "Mish", "Elu", "Softplus", "LogSigmoid"), _OF_ONE),
    **dict.fromkeys(("LeakyRelu", "Hardtanh", "Logsumexp", "Prod", "Clamp"), _OF_ONE),
    **dict.fromkeys(("Exp", "Expm1", "Tan", "Tanh", "Sigmoid", "Sqrt", "Rsqrt", "Reciprocal", "Relu"), _OF_RESULT),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _OF_RESULT),
    **dict.fromkeys(("Mul", "Div", "Maximum", "Minimum", "Atan2"), _OF_TWO),
    **dict.fromkeys(("MseLoss", "SmoothL1Loss", "HuberLoss", "BinaryCrossEntropyWithLogits"), _OF_PAIR),
    "Addmm": {"mat1": _factor(1, 0), "mat2": _factor(1, 1)},
    "Mm": {"self": _factor(0, 0), "mat2": _factor(0, 1)},
    "Bmm": {**_OF_ONE, "mat2": functools.partial(_operand, position=1)},
    "Mv": {**_OF_ONE, "vec": functools.partial(_operand, position=1)},
    "Dot": {**_OF_ONE, "tensor": functools.partial(_operand, position=1)},
    "Where": {"condition": functools.partial(_operand, position=0)},
    "MaskedFill": {"mask": functools.partial(_operand, position=1)},
    "IndexSelect": {"index": functools.partial(_operand, position=1)},
    "Embedding": {"indices": functools.partial(_operand, position=1)},
    "NativeLayerNorm": {"input": functools.partial(_operand, position=0)},
    "Convolution": {
        "input": functools.partial(_operand, position=0),
        "weight": functools.partial(_operand, position=1),
    },
}


def _attribute(read: Callable[[OperatorNode], Any]) -> property:
    return property(lambda node: read(node))


def _turned(avals: Sequence[Any]) -> list[int]:
    return [*avals[1].shape[::-1]]


def _beside_channels(avals: Sequence[Any]) -> list[int] | None:
    beyond = len(avals[0].shape) - 2
    return None if beyond < 0 else [1, *avals[1].shape, *[1] * beyond]


def install() -> None:
    """Give the nodes their faces."""
    insides.update(linear=_inside_linear, matmul=_inside_matmul, cross_entropy=_inside_cross_entropy)
    saved_views.update(linear={1: _turned}, prelu={1: _beside_channels})
    for label, names in _SAVED.items():
        shown = {f"_saved_{name}": _attribute(read) for name, read in names.items()}
        faces[f"{label}Backward0"] = faces[f"{label}Backward1"] = shown
