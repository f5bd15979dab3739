"""The autograd graph: a node for each differentiable operator, an edge for each operand that requires grad.

Nodes point only towards the leaves, so a graph is freed with the last tensor that needs it. The walk: `_engine.py`.
"""

from __future__ import annotations

import functools
import itertools
import re
import weakref
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from funcgrad.torch._gradient_nodes import KERNELS, OF_SIGNS
from funcgrad.torch._gradient_nodes import NODES as GRADIENT_NODES
from funcgrad.torch._hooks import RemovableHandle, hooks_of
from funcgrad.torch._texts import BACKWARD_TWICE, MODIFIED_IN_PLACE
from funcgrad.torch._types import dtype_of
from funcgrad.torch._views import ViewOp
from funcgrad.trace import Aval, Equation, Pullback, Value

if TYPE_CHECKING:
    from funcgrad.torch._storage import Storage
    from funcgrad.torch._tensor import Tensor

_sequence = itertools.count()

LEAF: Any = type("Leaf", (), {"__repr__": lambda self: "LEAF"})()
"""`Tensor._edge` of a leaf that requires grad. The leaf itself stands in its users' edges."""

NOWHERE: Any = type("Nowhere", (), {"__repr__": lambda self: "NOWHERE", "_hooks": True})()
"""`Tensor._edge` of a view made without grad mode of what requires grad: so does the view, but nothing arrives there.

`_hooks` looks like a hooked leaf's, so that no graph with such an end is replayed.
"""


savers: list[Callable[[OperatorNode], None]] = []
"""Called, the last of them, with each new node that has all it keeps: `_packing.py`."""


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

    plan: Any = None  # the pullback of an operator's node; others have none, and are never replayed

    def __init__(self, edges: Sequence[Any], results: tuple[Aval, ...]) -> None:
        self.edges = edges
        self.results = results
        self.sequence = next(_sequence)
        self.hooks: Any = None

    def label(self) -> str:
        """The name that PyTorch prints for this node."""
        raise NotImplementedError

    def name(self) -> str:
        """The name of this node, as a method because PyTorch has it as one."""
        label = self.label()
        return f"torch::autograd::{label}" if label in _HAND_WRITTEN else label

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook` with all outgoing and all incoming gradients; what it returns replaces the outgoing ones."""
        return RemovableHandle(hooks_of(self).after, hook)

    def register_prehook(self, hook: Any) -> RemovableHandle:
        """Call `hook` with all incoming gradients; what it returns replaces them."""
        return RemovableHandle(hooks_of(self).prepare, hook)

    def release(self) -> None:
        """Drop what was saved for the backward pass."""

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes that this one passes its gradients to, as PyTorch shows them."""
        return tuple(_shown(edge) for edge in self.edges)

    def shown_type(self) -> type[Node]:
        """The type under the name that PyTorch prints."""
        return type(self)

    def __repr__(self) -> str:
        return f"<{self.label()} object at {id(self):#x}>"


class AccumulateGrad:
    """The end of an edge at a leaf, as `next_functions` shows it."""

    __module__ = "builtins"  # as PyTorch prints it

    def __init__(self, leaf: Tensor) -> None:
        self.variable = leaf

    def label(self) -> str:
        """The name that PyTorch prints."""
        return "torch::autograd::AccumulateGrad"

    name = label

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[()]:
        """Nothing comes after a leaf."""
        return ()


_HAND_WRITTEN = ("CopySlices", "CopyBackwards")
"""Nodes whose names PyTorch tells with their namespace."""


_ends: weakref.WeakValueDictionary[int, AccumulateGrad] = weakref.WeakValueDictionary()


def _shown(edge: Any) -> tuple[Any, int]:
    if edge is None or edge is NOWHERE:
        return None, 0
    return (shown(edge.node), edge.number) if isinstance(edge, Edge) else (_end(edge), 0)


def _end(leaf: Tensor) -> AccumulateGrad:
    """The leaf's end: one object for as long as somebody has it."""
    end = _ends.get(id(leaf))
    if end is None:
        end = _ends[id(leaf)] = AccumulateGrad(leaf)
    return end


def shown(node: Node) -> Node:
    """The node as people see it: its type has the name that PyTorch prints."""
    kind = node.shown_type()
    if type(node) is not kind:
        node.__class__ = kind
    return node


faces: dict[str, dict[str, Any]] = {}
"""What nodes with a name show beside what all show: the tensors that they saved. Filled by `_faces.py`."""

insides: dict[str, Callable[..., tuple[tuple[Any, int], ...]]] = {}
"""For operators that are several in PyTorch: from a node and the targets of its operands to `next_functions`."""

saved_views: dict[str, dict[int, Callable[[Sequence[Any]], list[int] | None]]] = {}
"""Where PyTorch saves a view that it makes of an operand: its position, and from all avals the view's shape, if any."""

_inside: weakref.WeakKeyDictionary[OperatorNode, tuple[tuple[Any, int], ...]] = weakref.WeakKeyDictionary()


@functools.cache
def _named(name: str) -> type[OperatorNode]:
    shown_as = {"__module__": "builtins", "__qualname__": name}  # PyTorch's are of no module
    return type(name, (OperatorNode,), {"__slots__": (), **shown_as, **faces.get(name, {})})


_ARITHMETIC = ("AddBackward0", "SubBackward0", "MulBackward0", "DivBackward0")


class OperatorNode(Node):
    """The node of a recorded equation.

    Attributes:
        equation: The operator, its static parameters, shapes and dtypes.
        plan: Its pullback with respect to the operands that have an edge.
        kept: What the pullback needs, in its order; None once released.
        storages: Where the kept arrays lived, to notice in-place changes.
        versions: The versions of `storages` when they were kept.
        shown: The label, where it is not the equation's.
    """

    __slots__ = ("equation", "kept", "plan", "shown", "storages", "versions")

    shown: str

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
        return getattr(self, "shown", None) or _label(self.equation)

    def shown_type(self) -> type[Node]:
        """The type under the name that PyTorch prints."""
        name = self.label().rpartition(":")[2]
        return type(self) if type(self).__name__ == name else _named(name)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes that this one passes its gradients to, as PyTorch shows them."""
        shown = _inside.get(self)
        if shown is not None:
            return shown
        targets = tuple(_shown(edge) for edge, counts in zip(self.edges, self._counted(), strict=True) if counts)
        split = insides.get(self.equation.op.name)
        if split is None:
            return targets
        made = _inside[self] = split(self, *targets)  # always the same: who draws a graph goes by identity
        return made

    def _counted(self) -> list[bool]:
        """Which operands PyTorch counts: neither options nor indices and masks. In arithmetic a number is a tensor."""
        if self.label() in _ARITHMETIC:
            return [edge is not None or i < 2 for i, edge in enumerate(self.edges)]
        counted = [aval is not None and aval.dtype.kind not in "biu" for aval in self.equation.avals]
        return [edge is not None or counts for edge, counts in zip(self.edges, counted, strict=True)]

    def release(self) -> None:
        """Drop what was saved for the backward pass."""
        if self.plan.frees:
            self.kept = None
            self.storages, self.versions = [], []
            if self.hooks is not None:
                self.hooks.packed = {}

    def unpack(self) -> list[Any]:
        """What the pullback needs, checked.

        Raises:
            RuntimeError: The graph was freed, or a saved tensor was changed in place since.
        """
        if self.kept is None:
            raise RuntimeError(BACKWARD_TWICE)
        if self.hooks is not None and self.hooks.packed:
            unpacked = {k: packed.value() for k, packed in self.hooks.packed.items()}  # in the order of packing
            return [unpacked.get(k, x) for k, x in enumerate(self.kept)]
        for storage, version in zip(self.storages, self.versions, strict=True):
            if storage.version != version:
                raise RuntimeError(self._modified_text(storage, version))
        for k, value in self.rewritten():
            self.kept[k] = value
        return self.kept

    def unpack_one(self, place: int) -> Any:
        """One entry of what `unpack` gives."""
        packed = {} if self.hooks is None else self.hooks.packed
        return packed[place].value() if place in packed else self.unpack()[place]

    def rewritten(self) -> list[tuple[int, Value]]:
        """What was saved and then written to through `.data`: place in `kept`, and present value."""
        assert self.kept is not None
        saved = [self.plan.keeps.index(position) for position in self.plan.saved]
        places = [*saved, *range(len(self.plan.keeps), len(self.kept))]  # operands, then results
        found = []
        for storage, k in zip(self.storages, places, strict=True):
            if storage.is_secret and getattr(self.kept[k], "became", None) is storage:
                found.append((k, storage.value))
        return found

    def origin(self, position: int) -> Any:
        """The edge of the kept value at `position` of `kept`: an operand's own edge, or this node's result."""
        keeps = self.plan.keeps
        if position < len(keeps):
            return self.edges[keeps[position]]
        return Edge(self, self.plan.keeps_results[position - len(keeps)])

    def _modified_text(self, storage: Storage, version: int) -> str:
        at, saved = self.storages.index(storage), self.plan.saved
        if at < len(saved):
            aval: Any = self.equation.avals[saved[at]]
            view_of = saved_views.get(self.equation.op.name, {}).get(saved[at])
            if view_of is not None and (view := view_of(self.equation.avals)) is not None:
                return modified_text(aval.dtype, view, _REMADE_VIEW, storage.version, version)
            maker = _last_writer(self.edges[saved[at]], storage)
            return modified_text(aval.dtype, aval.shape, maker, storage.version, version)
        number = self.plan.keeps_results[at - len(saved)]
        result = self.results[number]
        return modified_text(result.dtype, result.shape, (self.label(), number), storage.version, version)


_REMADE_VIEW = "AsStridedBackward0", 0  # how PyTorch makes the node of a view after a write to its base


def modified_text(dtype: Any, shape: Sequence[int], maker: tuple[str, int] | None, version: int, expected: int) -> str:
    """PyTorch's text for a saved tensor that was changed; `maker` is the label of a node and which of its results."""
    source = "" if maker is None else f", which is output {maker[1]} of {brief(maker[0])},"
    kind = f"torch.{dtype_of(dtype).legacy} {list(shape)}"
    return MODIFIED_IN_PLACE.format(kind=kind, source=source, version=version, expected=expected)


def _last_writer(edge: Any, storage: Storage) -> tuple[str, int] | None:
    """What wrote last to a saved operand, or made it."""
    if isinstance(edge, Edge) and isinstance(edge.node, OperatorNode) and isinstance(edge.node.equation.op, ViewOp):
        return _REMADE_VIEW
    writer = getattr(storage, "writer", None)
    if writer is not None:
        return _label(writer), 0
    return (edge.node.label(), edge.number) if isinstance(edge, Edge) else None


def brief(label: str) -> str:
    """The name of a node as PyTorch's errors tell it."""
    if label in _HAND_WRITTEN:
        return f"torch::autograd::{label}"
    return re.sub(r"Backward(0|(?=[1-9]|$))", "", label)


def unhooked(edge: Edge, links: int) -> Edge:
    """An edge to the same chain of views, that many, without what users have hung on them."""
    if not any(node.hooks for node in _chain(edge, links)):
        return edge
    node: Any = edge.node
    copy = OperatorNode(node.equation, node.plan, list(node.edges), node.kept, node.storages, node.versions)
    copy.sequence = node.sequence + 0.5  # in the walk it stands where the node stands
    if isinstance(copy.edges[0], Edge) and links > 1:
        copy.edges[0] = unhooked(copy.edges[0], links - 1)
    return Edge(copy, edge.number)


def _chain(edge: Any, links: int) -> Iterator[OperatorNode]:
    while links and isinstance(edge, Edge) and isinstance(edge.node, OperatorNode):
        yield edge.node
        edge, links = edge.node.edges[0], links - 1


def depends_on_all(equation: Equation) -> bool:
    """Whether a gradient's node leads to all that the gradient is computed from, even where nothing would change.

    So do operators of PyTorch's own: they have one node, whatever they do.
    """
    of, _, again = equation.op.name.partition("_pullback")
    return not again and (of in KERNELS | OF_SIGNS or GRADIENT_NODES.get(of, "").endswith(_OF_KERNELS))


_OF_KERNELS = ("BackwardBackward0", "BackwardDataBackward0")


def _label(equation: Equation) -> str:
    of, is_gradient, _ = equation.op.name.partition("_pullback")  # of a gradient's gradient too
    if is_gradient and of in GRADIENT_NODES:
        return GRADIENT_NODES[of]
    label = equation.op.label
    text = label if isinstance(label, str) else label(_differentiated(equation) if is_gradient else equation)
    is_whole = "Backward" in text or "::" in text or text == "CopySlices"
    if is_gradient and of in KERNELS and not is_whole:
        return f"{text}BackwardBackward0"
    return text if is_whole else f"{text}Backward0"


def _differentiated(equation: Equation) -> Any:
    """What a label can be told of the equation whose gradient an equation is."""
    op, static = equation.op, equation.static
    while op.of is not None:
        op, static = op.of, static[0]
    avals = equation.avals
    return SimpleNamespace(op=op, static=static, operands=equation.operands, avals=avals, results=avals)
