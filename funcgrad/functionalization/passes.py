"""Backward passes of a recorded step: where each began, and what `.grad` was after it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from funcgrad.torch import Tensor
from funcgrad.torch._dispatch import edge_of, value_of
from funcgrad.torch._graph import Edge, OperatorNode
from funcgrad.torch._listening import Listener, listeners
from funcgrad.torch._storage import Storage
from funcgrad.torch._walk import reachable
from funcgrad.trace import Value


class Pass(NamedTuple):
    """One call of `backward()`."""

    roots: tuple[Value, ...]
    is_plain: bool  # from numbers, each with gradient 1
    sums: dict[Storage, Value]  # of each leaf that it reached, the gradient afterwards
    followed: dict[int, tuple[bool, ...]]  # for each equation of its graph, by identity: which operands get a gradient


class _Passes(Listener):
    def __init__(self) -> None:
        self.made: list[Pass] = []

    def backward(self, tensors: Sequence[Tensor], grads: Sequence[Any]) -> None:
        is_plain = all(gradient is None for gradient in grads)
        nodes = reachable([edge.node for x in tensors if isinstance(edge := edge_of(x), Edge)])
        operators = [node for node in nodes if isinstance(node, OperatorNode)]
        followed = {id(node.equation): tuple([edge is not None for edge in node.edges]) for node in operators}
        self.made.append(Pass(tuple([value_of(x) for x in tensors]), is_plain, {}, followed))

    def accumulated(self, leaf: Tensor, fresh: Tensor) -> None:
        assert leaf._grad is not None
        self.made[-1].sums[leaf._storage] = value_of(leaf._grad)


@contextmanager
def passes() -> Generator[list[Pass]]:
    """A block whose backward passes are noted."""
    listener = _Passes()
    listeners.append(listener)
    try:
        yield listener.made
    finally:
        listeners.remove(listener)
