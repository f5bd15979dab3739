"""Containers that trees are made of: how each kind comes apart, is made again, and names its children.

A kind is looked up by its own type, named tuples aside; everything else is a leaf, None included.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from funcgrad.torch._ops.results import NamedResult
from funcgrad.torch._types import Size

Context = Any


class MappingKey(NamedTuple):
    """The place of a child in a mapping."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"


class SequenceKey(NamedTuple):
    """The place of a child in a sequence."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"


class GetAttrKey(NamedTuple):
    """The attribute that holds a child."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


class NodeDef(NamedTuple):
    """How one kind of container comes apart and is made again."""

    type: Any
    flatten_fn: Callable[[Any], tuple[list[Any], Context]]
    unflatten_fn: Callable[[Iterable[Any], Context], Any]
    flatten_with_keys_fn: Callable[[Any], tuple[list[tuple[Any, Any]], Context]] | None = None


SUPPORTED_NODES: dict[type[Any], NodeDef] = {}


def register_pytree_node(
    cls: type[Any],
    flatten_fn: Callable[[Any], tuple[list[Any], Context]],
    unflatten_fn: Callable[[Iterable[Any], Context], Any],
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: Callable[[Context], Any] | None = None,
    from_dumpable_context: Callable[[Any], Context] | None = None,
    flatten_with_keys_fn: Callable[[Any], tuple[list[tuple[Any, Any]], Context]] | None = None,
) -> None:
    """Let trees contain a class of one's own.

    Args:
        cls: The class.
        flatten_fn: The children and what else the container needs, from a container.
        unflatten_fn: The container, from its children and the rest.
        serialized_type_name: Names the class in an exported program; nothing is exported.
        to_dumpable_context: Likewise for the rest.
        from_dumpable_context: Likewise for the rest.
        flatten_with_keys_fn: Pairs of a child's place and the child, and the rest.

    Raises:
        ValueError: The class is registered already.
    """
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)


def _get_node_type(tree: Any) -> Any:
    """The kind of a container: its type, and for every named tuple `collections.namedtuple`."""
    if isinstance(tree, NamedResult):
        return NamedResult
    is_named = type(tree) not in SUPPORTED_NODES and isinstance(tree, tuple) and hasattr(tree, "_fields")
    return namedtuple if is_named else type(tree)


def kind_of(tree: Any) -> NodeDef | None:
    """How this container comes apart; None for a leaf."""
    return SUPPORTED_NODES.get(_get_node_type(tree))


def _dict_flatten(d: dict[Any, Any]) -> tuple[list[Any], list[Any]]:
    return list(d.values()), list(d)


def _dict_flatten_with_keys(d: dict[Any, Any]) -> tuple[list[tuple[MappingKey, Any]], list[Any]]:
    return [(MappingKey(key), value) for key, value in d.items()], list(d)


def _dict_unflatten(values: Iterable[Any], context: list[Any]) -> dict[Any, Any]:
    return dict(zip(context, values, strict=True))


def _namedtuple_flatten(d: Any) -> tuple[list[Any], type[Any]]:
    return list(d), type(d)


def _namedtuple_unflatten(values: Iterable[Any], context: type[Any]) -> Any:
    return context(*values)


def _numbered(parts: Iterable[Any]) -> list[tuple[SequenceKey, Any]]:
    return [(SequenceKey(index), part) for index, part in enumerate(parts)]


def _register_builtins() -> None:
    register_pytree_node(dict, _dict_flatten, _dict_unflatten, flatten_with_keys_fn=_dict_flatten_with_keys)
    register_pytree_node(
        OrderedDict,
        _dict_flatten,
        lambda values, keys: OrderedDict(zip(keys, values, strict=True)),
        flatten_with_keys_fn=_dict_flatten_with_keys,
    )
    register_pytree_node(
        defaultdict,
        lambda d: (list(d.values()), [d.default_factory, list(d)]),
        lambda values, rest: defaultdict(rest[0], zip(rest[1], values, strict=True)),
        flatten_with_keys_fn=lambda d: (_dict_flatten_with_keys(d)[0], [d.default_factory, list(d)]),
    )
    for kind in (list, tuple, Size):
        register_pytree_node(
            kind,
            lambda parts: (list(parts), None),
            lambda parts, _, kind=kind: kind(parts),
            flatten_with_keys_fn=lambda parts: (_numbered(parts), None),
        )
    register_pytree_node(
        deque,
        lambda parts: (list(parts), parts.maxlen),
        lambda parts, maxlen: deque(parts, maxlen),
        flatten_with_keys_fn=lambda parts: (_numbered(parts), parts.maxlen),
    )
    register_pytree_node(
        namedtuple,  # pyright: ignore[reportArgumentType]
        _namedtuple_flatten,
        _namedtuple_unflatten,
        flatten_with_keys_fn=lambda parts: ([(GetAttrKey(n), getattr(parts, n)) for n in parts._fields], type(parts)),
    )
    register_pytree_node(
        NamedResult,
        lambda parts: (list(parts), type(parts)),
        lambda parts, kind: kind(parts),
        flatten_with_keys_fn=lambda parts: ([(GetAttrKey(n), getattr(parts, n)) for n in parts._names], type(parts)),
    )


_register_builtins()
