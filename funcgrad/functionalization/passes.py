"""Backward passes of a recorded step: where each began, and what `.grad` was after it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from funcgrad.torch import Tensor
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._listening import Listener, listeners
from funcgrad.torch._storage import Storage
from funcgrad.trace import Value


class Pass(NamedTuple):
    """One call of `backward()`."""

    roots: tuple[Value, ...]
    is_plain: bool  # from numbers, each with gradient 1
    sums: dict[Storage, Value]  # of each leaf that it reached, the gradient afterwards


class _Passes(Listener):
    def __init__(self) -> None:
        self.made: list[Pass] = []

    def backward(self, tensors: Sequence[Tensor], grads: Sequence[Any]) -> None:
        is_plain = all(gradient is None for gradient in grads)
        self.made.append(Pass(tuple([value_of(x) for x in tensors]), is_plain, {}))

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
