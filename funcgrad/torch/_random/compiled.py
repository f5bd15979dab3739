"""Programs for long draws: compiled when a process has drawn so much that it pays, and used only if they give the bits.

Until then, and where a compiler rounds otherwise, NumPy computes the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from funcgrad.trace import is_on_host_alone

Run = Callable[..., list[np.ndarray]]


class LongDraw:
    """A function of arrays of fixed shapes that is compiled once it pays.

    Attributes:
        function: Of JAX arrays; returns a list of them.
        by_numpy: The same of NumPy arrays.
        example: Arguments, whose shapes and dtypes are those of every call.
        pays_from: Words for which NumPy takes as long as compiling does, so that waiting for them at most doubles the
            time.
    """

    def __init__(
        self,
        function: Callable[..., list[Any]],
        by_numpy: Callable[..., list[np.ndarray]],
        example: Callable[[], Sequence[np.ndarray]],
        pays_from: int,
    ) -> None:
        self.function, self.by_numpy, self.example, self.pays_from = function, by_numpy, example, pays_from
        self.program: Run | None = None
        self._words = 0
        self._is_tried = False

    def count(self, words: int) -> Run | None:
        """The program, if there is one by now; words that it could have been used for are counted."""
        if is_on_host_alone():
            return None
        if not self._is_tried:
            self._words += words
            if self._words >= self.pays_from:
                self._is_tried = True
                self.program = self._checked()
        return self.program

    def _checked(self) -> Run | None:
        arguments = self.example()
        run = compiled(self.function, arguments)
        if run is None:
            return None
        pairs = zip(run(*arguments), self.by_numpy(*arguments), strict=True)
        return run if all(got.tobytes() == want.tobytes() for got, want in pairs) else None


def compiled(function: Callable[..., list[Any]], arguments: Sequence[Any]) -> Run | None:
    """A program for arguments of these shapes on the host's processor, unless JAX was told not to use that."""
    try:
        host = jax.local_devices(backend="cpu")[0]
    except RuntimeError:
        return None
    with jax.default_device(host), jax.enable_x64(False), jax.disable_jit(False):
        program = jax.jit(function).lower(*arguments).compile()

    def run(*given: np.ndarray) -> list[np.ndarray]:
        with jax.disable_jit(False):  # a program has no other form
            return [np.asarray(result) for result in program(*given)]

    return run


def padded(words: np.ndarray, size: int) -> np.ndarray:
    """The words and, after them, whatever makes them as many as a program takes."""
    if words.size == size:
        return words
    filled = np.zeros(size, np.uint32)
    filled[: words.size] = words
    return filled
