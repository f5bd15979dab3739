"""torch.utils._pytree: nested containers as flat lists, and back."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from funcgrad.torch.utils._pytree_nodes import SUPPORTED_NODES as SUPPORTED_NODES
from funcgrad.torch.utils._pytree_nodes import Context as Context
from funcgrad.torch.utils._pytree_nodes import GetAttrKey as GetAttrKey
from funcgrad.torch.utils._pytree_nodes import MappingKey as MappingKey
from funcgrad.torch.utils._pytree_nodes import NodeDef as NodeDef
from funcgrad.torch.utils._pytree_nodes import SequenceKey as SequenceKey
from funcgrad.torch.utils._pytree_nodes import _dict_flatten as _dict_flatten
from funcgrad.torch.utils._pytree_nodes import _dict_flatten_with_keys as _dict_flatten_with_keys
from funcgrad.torch.utils._pytree_nodes import _dict_unflatten as _dict_unflatten
from funcgrad.torch.utils._pytree_nodes import _get_node_type as _get_node_type
from funcgrad.torch.utils._pytree_nodes import _namedtuple_flatten as _namedtuple_flatten
from funcgrad.torch.utils._pytree_nodes import _namedtuple_unflatten as _namedtuple_unflatten
from funcgrad.torch.utils._pytree_nodes import kind_of as _kind_of
from funcgrad.torch.utils._pytree_nodes import register_pytree_node as register_pytree_node

PyTree = Any
IsLeaf = Callable[[Any], bool]
DICTS = frozenset({dict, OrderedDict, defaultdict})  # one may stand for another in a further tree


class TreeSpec:
    """The structure of a tree without its leaves.

    Args:
        type: The kind of container, as `SUPPORTED_NODES` has it; None for a leaf.
        context: What the container needs besides its children.
        children: The structures of the children.
    """

    def __init__(self, type: Any, context: Context, children: list[TreeSpec]) -> None:
        self._node = None if type is None else SUPPORTED_NODES[type]
        self.type = type
        self.context = context
        self._children = children
        self.num_children = len(children)
        self.num_leaves = 1 if type is None else sum(child.num_leaves for child in children)
        self.num_nodes = 1 + sum(child.num_nodes for child in children)

    def is_leaf(self) -> bool:
        """Whether the tree is a leaf."""
        return self._node is None

    def children(self) -> list[TreeSpec]:
        """The structures of the children."""
        return list(self._children)

    def child(self, index: int) -> TreeSpec:
        """The structure of one child."""
        return self._children[index]

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The tree of this structure with these leaves.

        Raises:
            ValueError: Their number is another.
        """
        given = list(leaves)
        if len(given) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(given)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._built(iter(given))

    def _built(self, leaves: Iterator[Any]) -> Any:
        if self._node is None:
            return next(leaves)
        return self._node.unflatten_fn([child._built(leaves) for child in self._children], self.context)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """What stands in a tree where this structure has its leaves.

        Raises:
            ValueError: The tree has another structure above them.
        """
        if self._node is None:
            return [tree]
        parts = self._parts_of(tree)
        if len(parts) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(parts)}.")
        return [leaf for child, part in zip(self._children, parts, strict=True) for leaf in child.flatten_up_to(part)]

    def _parts_of(self, tree: Any) -> list[Any]:
        node = _kind_of(tree)
        if node is None or (node is not self._node and not {node.type, self.type} <= DICTS):
            raise ValueError(f"Node type mismatch; expected {self.type!r}, but got {type(tree)!r}.")
        parts, context = node.flatten_fn(tree)
        if node.type in DICTS:
            return self._in_order(parts, _keys(context))
        if node.type is not deque and context != self.context:
            raise ValueError(
                f"Node context mismatch for custom node type {self.type!r}."
                if node.type is not namedtuple
                else f"Node type mismatch; expected {self.context!r}, but got {context!r}."
            )
        return parts

    def _in_order(self, parts: list[Any], keys: list[Any]) -> list[Any]:
        wanted = _keys(self.context)
        if set(wanted) != set(keys):
            missing, extra = set(wanted) - set(keys), set(keys) - set(wanted)
            told = [f"missing key(s): {missing}"] * bool(missing) + [f"extra key(s): {extra}"] * bool(extra)
            raise ValueError(f"Node keys mismatch; {'; '.join(told)}.")
        found = dict(zip(keys, parts, strict=True))
        return [found[key] for key in wanted]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeSpec) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.type, self.num_leaves, tuple(self._children)))

    def _parts(self) -> tuple[Any, Context, list[TreeSpec]]:
        return self.type, self.context, self._children

    def __repr__(self, indent: int = 0) -> str:
        if self._node is None:
            return "*"
        between = ",\n" + " " * (indent + 2)
        children = between.join(child.__repr__(indent + 2) for child in self._children)
        return f"TreeSpec({self._node.type.__name__}, {self.context}, [{children}])"


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    def __init__(self) -> None:
        super().__init__(None, None, [])


def _keys(context: Context) -> list[Any]:
    """The keys of a dict's context; a defaultdict's has its factory before them."""
    return context[1] if len(context) == 2 and isinstance(context[1], list) else context


def tree_structure(tree: PyTree, is_leaf: IsLeaf | None = None) -> TreeSpec:
    """The structure of a tree."""
    return tree_flatten(tree, is_leaf)[1]


def tree_flatten(tree: PyTree, is_leaf: IsLeaf | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves of a tree and its structure. None is a leaf."""
    leaves: list[Any] = []
    return leaves, _taken_apart(tree, leaves, is_leaf)


def _taken_apart(tree: PyTree, leaves: list[Any], is_leaf: IsLeaf | None) -> TreeSpec:
    node = None if is_leaf is not None and is_leaf(tree) else _kind_of(tree)
    if node is None:
        leaves.append(tree)
        return LeafSpec()
    parts, context = node.flatten_fn(tree)
    return TreeSpec(node.type, context, [_taken_apart(part, leaves, is_leaf) for part in parts])


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The tree of this structure with these leaves.

    Raises:
        TypeError: The second argument is no structure.
        ValueError: The number of leaves is another.
    """
    if isinstance(leaves, TreeSpec):  # the order of the arguments before PyTorch 2.1
        leaves, treespec = treespec, leaves  # pyright: ignore[reportAssignmentType]
    if not isinstance(treespec, TreeSpec):
        raise TypeError(f"Expected `treespec` to be an instance of PyTreeSpec but got item of type {type(treespec)}.")
    return treespec.unflatten(leaves)


def tree_leaves(tree: PyTree, is_leaf: IsLeaf | None = None) -> list[Any]:
    """The leaves of a tree."""
    return tree_flatten(tree, is_leaf)[0]


def tree_iter(tree: PyTree, is_leaf: IsLeaf | None = None) -> Iterator[Any]:
    """The leaves of a tree, one after the other."""
    return iter(tree_leaves(tree, is_leaf))


def tree_map(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """The tree with a function of each leaf in its place.

    Raises:
        ValueError: A further tree has another structure.
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(map(func, leaves, *(spec.flatten_up_to(rest) for rest in rests)))


def tree_map_(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """Call a function with each leaf; the tree itself comes back."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(chosen: Any, /, func: Callable[[Any], Any], tree: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """The tree with a function of each leaf of the chosen types in its place.

    Args:
        chosen: A type, several, or a function that says whether a leaf is meant.
        func: What to make of such a leaf.
        tree: The tree.
        is_leaf: Says what else is a leaf.
    """
    is_chosen = _chooser(chosen)
    return tree_map(lambda leaf: func(leaf) if is_chosen(leaf) else leaf, tree, is_leaf=is_leaf)


def _chooser(chosen: Any) -> IsLeaf:
    if callable(chosen) and not isinstance(chosen, type):
        return lambda leaf: bool(chosen(leaf))
    return lambda leaf: isinstance(leaf, chosen)


def tree_all(pred: IsLeaf, tree: PyTree, is_leaf: IsLeaf | None = None) -> bool:
    """Whether something holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: IsLeaf, tree: PyTree, is_leaf: IsLeaf | None = None) -> bool:
    """Whether something holds for any leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_flatten_with_path(
    tree: PyTree, is_leaf: IsLeaf | None = None
) -> tuple[list[tuple[tuple[Any, ...], Any]], TreeSpec]:
    """The leaves of a tree, each with its place, and the structure."""
    return list(_places(tree, (), is_leaf)), tree_structure(tree, is_leaf)


def tree_leaves_with_path(tree: PyTree, is_leaf: IsLeaf | None = None) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves of a tree, each with its place."""
    return list(_places(tree, (), is_leaf))


def tree_map_with_path(func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """The tree with a function of each leaf and its place in its place."""
    pairs, spec = tree_flatten_with_path(tree, is_leaf)
    paths, leaves = [path for path, _ in pairs], [leaf for _, leaf in pairs]
    return spec.unflatten(map(func, paths, leaves, *(spec.flatten_up_to(rest) for rest in rests)))


def _places(tree: PyTree, path: tuple[Any, ...], is_leaf: IsLeaf | None) -> Iterator[tuple[tuple[Any, ...], Any]]:
    node = None if is_leaf is not None and is_leaf(tree) else _kind_of(tree)
    if node is None:
        yield path, tree
        return
    if node.flatten_with_keys_fn is None:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {node.type}. Please pass a "
            "flatten_with_keys_fn argument to register_pytree_node."
        )
    for key, part in node.flatten_with_keys_fn(tree)[0]:
        yield from _places(part, (*path, key), is_leaf)


def keystr(kp: tuple[Any, ...]) -> str:
    """A leaf's place as the text that follows the tree's name, for example `['a'][0]`."""
    return "".join(str(key) for key in kp)
