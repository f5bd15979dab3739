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

    def name(self) -> str:
        """The name of this node, as a method because PyTorch has it as one."""
        return self.label()

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


class OperatorNode(Node):
    """The node of a recorded equation.

    Attributes:
        equation: The operator, its static parameters, shapes and dtypes.
        plan: Its pullback with respect to the operands that have an edge.
        kept: What the pullback needs, in its order; None once released.
        storages: Where the kept arrays lived, to notice in-place changes.
        versions: The versions of `storages` when they were kept.
    """

    __slots__ = ("equation", "kept", "plan", "storages", "versions")

    def __init__(
        self,
        equation: Equation,
        plan: Pullback,
        edges: list[Any],
        kept: list[Any],
        storages: list[Storage],
        versions: list[int],
    ) -> None:
        self.edges = edges
        self.results = equation.results
        self.sequence = next(_sequence)
        self.hooks = None
        self.equation = equation
        self.plan = plan
        self.kept: list[Any] | None = kept
        self.storages = storages
        self.versions = versions

    def label(self) -> str:
        """The name that PyTorch prints for this node."""
        return _label(self.equation)

    def release(self) -> None:
        """Drop what was saved for the backward pass."""
        if self.plan.frees:
            self.kept = None
            self.storages, self.versions = [], []

    def unpack(self) -> list[Any]:
        """What the pullback needs, checked.

        Raises:
            RuntimeError: The graph was freed, or a saved tensor was changed in place since.
        """
        if self.kept is None:
            raise RuntimeError(BACKWARD_TWICE)
        for storage, version in zip(self.storages, self.versions, strict=True):
            if storage.version != version:
                raise RuntimeError(self._modified_text(storage, version))
        return self.kept

    def origin(self, position: int) -> Any:
        """The edge of the kept value at `position` of `kept`: an operand's own edge, or this node's result."""
        keeps = self.plan.keeps
        if position < len(keeps):
            return self.edges[keeps[position]]
        return Edge(self, self.plan.keeps_results[position - len(keeps)])

    def _modified_text(self, storage: Storage, version: int) -> str:
        places = [self.edges[i] for i in self.plan.saved] + [Edge(self, k) for k in self.plan.keeps_results]
        at = self.storages.index(storage)
        edge = places[at]
        aval: Any = [*(self.equation.avals[i] for i in self.plan.saved), *self.results][at]
        return MODIFIED_IN_PLACE.format(
            kind=f"torch.{dtype_of(aval.dtype).legacy} {list(aval.shape)}",
            source=f", which is output {edge.number} of {edge.node.label().partition('Backward')[0]},"
            if isinstance(edge, Edge)
            else "",
            version=storage.version,
            expected=version,
        )


def _label(equation: Equation) -> str:
    label = equation.op.label
    text = label if isinstance(label, str) else label(equation)
    is_whole = "Backward" in text or "::" in text or text == "CopySlices"
    return text if is_whole else f"{text}Backward0"
