"""What the audit asks of tensors and optimizers, whether they are the stateful face's or PyTorch's own.

PyTorch's tensors are known by not being the face's; they change in place, so that a value of one is a copy.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._dispatch import value_of as _face_value_of
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._graph import Edge, OperatorNode
from funcgrad.torch._ops.arithmetic import ADD, MUL
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Value
from funcgrad.trace import array_of as _face_array_of

_births: dict[int, tuple[Any, int]] = {}  # of PyTorch's parameters, which it keeps alive, by their ids
_count = itertools.count()


def grad_of(leaf: Any) -> Any:
    """`.grad`, without a warning and without anybody hearing of it."""
    return leaf._grad if isinstance(leaf, Tensor) else leaf.grad


def put_grad(leaf: Any, gradient: Any) -> None:
    """Set `.grad`, without anybody hearing of it."""
    if isinstance(leaf, Tensor):
        leaf._grad = gradient
    else:
        leaf.grad = gradient


def value_of(x: Any) -> Any:
    """What a tensor holds now, and will go on holding."""
    return _face_value_of(x) if isinstance(x, Tensor) else x.detach().clone()


def array_of(value: Any) -> np.ndarray:
    """A value as an array, in float64 where PyTorch's dtype is none of NumPy's."""
    if isinstance(value, Value):
        return np.asarray(_face_array_of(value, "audit"))
    return value.cpu().numpy() if not value.is_floating_point() else value.cpu().double().numpy()


def sum_of(weighed: Sequence[tuple[Any, float]]) -> Any:
    """A tensor with the sum of values times numbers; None of no values."""
    if not weighed:
        return None
    if not isinstance(weighed[0][0], Value):
        return sum(value * weight for value, weight in weighed)
    with no_grad():
        total: Any = None
        for value, weight in weighed:
            term = apply(MUL, (), wrap(value), weight) if weight != 1 else wrap(value)
            total = term if total is None else apply(ADD, (), total, term)
        return total


def parameters_of(optimizer: Any) -> list[Any]:
    """All parameters of an optimizer, group by group."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def age_of(leaf: Any) -> int:
    """A number that is higher for what was made later."""
    return leaf._storage.birth if isinstance(leaf, Tensor) else born(leaf)


def born(leaf: Any) -> int:
    """Note that one of PyTorch's parameters is there; the number says when it was first seen."""
    return _births.setdefault(id(leaf), (leaf, next(_count)))[1]


def node_of(x: Any) -> Any:
    """What autograd has recorded for a tensor; None: nothing, or it is a leaf."""
    if not isinstance(x, Tensor):
        return x.grad_fn
    return x._edge.node if isinstance(x._edge, Edge) else None


def sequence_of(node: Any) -> int:
    """When a node was recorded, as autograd counts."""
    return node.sequence if hasattr(node, "sequence") else node._sequence_nr()


def summands(node: Any) -> list[Any]:
    """The nodes that a node adds up; empty where it is no sum."""
    if isinstance(node, OperatorNode):
        is_sum, below = node.equation.op.name == "add", [e.node for e in node.edges if isinstance(e, Edge)]
    elif hasattr(node, "next_functions"):
        is_sum, below = node.name() == "AddBackward0", [each for each, _ in node.next_functions if each is not None]
    else:
        return []
    return below if is_sum else []


def is_parameter(leaf: Any) -> bool:
    """Whether it is an `nn.Parameter`."""
    return any(kind.__name__ == "Parameter" for kind in type(leaf).__mro__)


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor of either kind. Not by its attributes: there are objects that have all there could be."""
    return isinstance(x, Tensor) or _is_pytorchs(type(x))


@functools.cache
def _is_pytorchs(kind: type) -> bool:
    return any(k.__name__ == "Tensor" and k.__module__.partition(".")[0] == "torch" for k in kind.__mro__)
