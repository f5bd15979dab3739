"""Storage: the mutable cell behind one or more tensors.

`write` is the only place where a value changes, and `version` counts the writes. Gradients are the engine's
business: `_engine.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from funcgrad.trace import WITHOUT_DATA, Equation, Value

_births = itertools.count()


class Storage:
    """A cell that holds the current value of every tensor that shares it.

    Attributes:
        value: The current value, of the base tensor's shape.
        aval: Its shape and dtype, which can be asked for without looking at the value.
        version: How often it has been written to, as autograd counts (a write through `.data` does not count).
        birth: Order of creation; gives storages a stable order.
        is_secret: Whether it was ever written to without being counted.
        writer: The differentiable equation that wrote last; missing before the first such write.
        memory: A NumPy array on the same memory; only where there is one, see `_sharing.py` and `_processes.py`.
        seen: Its bytes at the last look.
        order: The base's dimensions as they lie in PyTorch's memory, from the outermost one on; missing where they lie
            by their indices, as values do here.
        readable: Where `data_ptr()` has said that the values can be read; missing before the first such call.
    """

    __slots__ = (
        *("__weakref__", "aval", "birth", "is_secret", "memory", "order", "readable", "seen", "value", "version"),
        "writer",
    )

    writer: Equation
    memory: np.ndarray
    order: tuple[int, ...]
    seen: bytes
    readable: np.ndarray

    def __init__(self, value: Value) -> None:
        self.value = value
        self.aval = value.aval
        self.version = 0
        self.is_secret = False
        self.birth = next(_births)

    def write(self, value: Value, counts: bool = True) -> None:
        """Replace the value by one of the same shape and dtype."""
        if listeners:
            for listener in listeners:
                listener(self)
        if value.trace is WITHOUT_DATA or self.value.trace is WITHOUT_DATA:
            value = self._without_data(value)
        if not counts:
            self.is_secret = True
            self.value.became = self  # what a graph saved is this memory, and nothing tells it of the change
        self.value = value
        self.aval = value.aval
        self.version += counts

    def _without_data(self, value: Value) -> Value:
        """What a value becomes here, where either side has no data."""
        if self.value.trace is not WITHOUT_DATA:
            raise NotImplementedError(WITHOUT_DATA.refusal)
        return self.value


listeners: list[Callable[[Storage], None]] = []
"""Called with a storage before it is written to; `functionalize` listens here for a step's state."""
