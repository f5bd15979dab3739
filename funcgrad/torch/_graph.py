"""The autograd graph: a node for each differentiable operator, an edge for each operand that requires grad.

Nodes point only towards the leaves, so a graph is freed with the last tensor that needs it. The walk: `_engine.py`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from funcgrad.torch._texts import BACKWARD_TWICE, MODIFIED_IN_PLACE
from funcgrad.torch._types import dtype_of
from funcgrad.trace import Aval, Equation, Pullback

if TYPE_CHECKING:
    from funcgrad.torch._storage import Storage
    from funcgrad.torch._tensor import Tensor

_sequence = itertools.count()

LEAF: Any = type("Leaf", (), {"__repr__": lambda self: "LEAF"})()
"""`Tensor._edge` of a leaf that requires grad. The leaf itself stands in its users' edges."""


class Edge(NamedTuple):
    """The place where a gradient goes: result `number` of `node`."""

    node: Node
    number: int


class Node:
    """A step of the graph, with an edge (or None) for each operand.

    Attributes:
        edges: For each operand an `Edge`, the leaf tensor itself, or None.
        results: Shape and dtype of each result, hence of each incoming gradient.
        sequence: Order of creation; the walk takes the youngest node that is ready.
        hooks: What users have hung on this node, or None (see `_hooks.py`).
    """

    __slots__ = ("__weakref__", "edges", "hooks", "results", "sequence")

    def __init__(self, edges: tuple[Any, ...], results: tuple[Aval, ...]) -> None:
        self.edges = edges
        self.results = results
        self.sequence = next(_sequence)
        self.hooks: Any = None

    def label(self) -> str:
        """The name that PyTorch prints for this node."""
        raise NotImplementedError

    name = label

    def release(self) -> None:
        """Drop what was saved for the backward pass."""

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes that this one passes its gradients to, as PyTorch shows them."""
        return tuple(_shown(edge) for edge in self.edges)

    def __repr__(self) -> str:
        return f"<{self.label()} object at {id(self):#x}>"


class AccumulateGrad:
    """The end of an edge at a leaf, as `next_functions` shows it."""

    def __init__(self, leaf: Tensor) -> None:
        self.variable = leaf

    def label(self) -> str:
        """The name that PyTorch prints."""
        return "struct torch::autograd::AccumulateGrad"

    @property
    def next_functions(self) -> tuple[()]:
        """Nothing comes after a leaf."""
        return ()


def _shown(edge: Any) -> tuple[Any, int]:
    if edge is None:
        return None, 0
    return (edge.node, edge.number) if isinstance(edge, Edge) else (AccumulateGrad(edge), 0)


class Check(NamedTuple):
    """A saved tensor's storage and version at the time, to notice in-place changes."""

    storage: Storage
    version: int
    source: Node | Equation | None  # what made it, None for a leaf
    number: int  # which of its results


class OperatorNode(Node):
    """The node of a recorded equation.

    Attributes:
        equation: The operator, its static parameters, shapes and dtypes.
        plan: Its pullback with respect to the operands that have an edge.
        kept: What the pullback needs, in its order; None once released.
        checks: For each kept value that an in-place change could make wrong, its version.
    """

    __slots__ = ("checks", "equation", "kept", "plan")

    def __init__(
        self, equation: Equation, plan: Pullback, edges: tuple[Any, ...], kept: list[Any], checks: list[Check]
    ) -> None:
        super().__init__(edges, equation.results)
        self.equation = equation
        self.plan = plan
        self.kept: list[Any] | None = kept
        self.checks = checks

    def label(self) -> str:
        """The name that PyTorch prints for this node."""
        return _label(self.equation)

    def release(self) -> None:
        """Drop what was saved for the backward pass."""
        if self.checks:
            self.kept = None

    def unpack(self) -> list[Any]:
        """What the pullback needs, checked.

        Raises:
            RuntimeError: The graph was freed, or a saved tensor was changed in place since.
        """
        if self.kept is None:
            raise RuntimeError(BACKWARD_TWICE)
        for check in self.checks:
            if check.storage.version != check.version:
                raise RuntimeError(_modified_text(check))
        return self.kept

    def origin(self, position: int) -> Any:
        """The edge of the kept value at `position` of `kept`: an operand's own edge, or this node's result."""
        keeps = self.plan.keeps
        if position < len(keeps):
            return self.edges[keeps[position]]
        return Edge(self, self.plan.keeps_results[position - len(keeps)])


def _label(equation: Equation) -> str:
    label = equation.op.label
    text = label if isinstance(label, str) else label(equation)
    return text if text[-1].isdigit() or text.endswith("Backwards") else f"{text}Backward0"


def _modified_text(check: Check) -> str:
    aval: Aval = check.storage.value.aval
    kind = f"torch.{dtype_of(aval.dtype).legacy} {list(aval.shape)}"
    label = _label(check.source) if isinstance(check.source, Equation) else check.source and check.source.label()
    source = f", which is output {check.number} of {label.partition('Backward')[0]}," if label else ","
    return MODIFIED_IN_PLACE.format(kind=kind, source=source, version=check.storage.version, expected=check.version)
