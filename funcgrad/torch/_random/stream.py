"""The 32-bit outputs of MT19937, read through a window of whole blocks.

The generator runs ahead of the reader, the farther the longer it is read; the words that PyTorch would hold at any
moment follow from the window, since tempering can be undone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch._random.twister import BLOCK, CHUNK, MANY, MANY_BLOCKS, Twister, temper, untemper

# Draws of up to SMALL words, or MEDIUM where a program transforms them, share transforms of the whole window; larger
# ones are transformed for themselves, chunk by chunk.
SMALL, MEDIUM = 2 * BLOCK, 16 * BLOCK
WIDEST = CHUNK + MEDIUM + BLOCK  # the most words in a window: fresh ones, and those unread in blocks that were begun
_FIRST, _MOST = 4, 32  # blocks in a window: twice as many each time; NumPy's transforms slow down beyond the cache


class WordStream:
    """A position in the sequence of MT19937 outputs."""

    __slots__ = ("_ahead", "_memory", "_position", "_twister", "words")

    def __init__(self, seed: int) -> None:
        self._twister = Twister()
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Starts the sequence of `init_genrand(seed)`; only the low 32 bits count."""
        self._twister.seed(seed & 0xFFFFFFFF)
        self._ahead = _FIRST
        self._move_to(np.empty(0, np.uint32), 0)

    def reserve(self, count: int) -> slice:
        """Consumes `count` words and returns their place in `words`."""
        start = self._position
        stop = start + count
        if stop > self.words.size:
            self._refill(count)
            start = self._position
            stop = start + count
        self._position = stop
        return slice(start, stop)

    def take(self, count: int) -> np.ndarray:
        """The next `count` words, uint32, as a read-only view."""
        span = self.reserve(count)  # may replace `words`
        taken = self.words[span]
        if self.words.size > WIDEST:
            self._move_to(self.words[self._current_block() :], self._position - self._current_block())
        return taken

    def mapped(self, transform: Callable[[np.ndarray], Any]) -> Any:
        """`transform(words)` for the whole window, computed once per window."""
        result = self._memory.get(transform)
        if result is None:
            result = self._memory[transform] = transform(self.words)
        return result

    def state(self) -> tuple[np.ndarray, int]:
        """The generator's 624 state words and how many of them are used up (0: not yet twisted)."""
        if self.words.size == 0:
            return self._twister.key, 0
        block = self._current_block()
        return untemper(self.words[block : block + BLOCK]), self._position - block

    def restore(self, key: np.ndarray, used: int) -> None:
        """Continues from a pair that `state` returned."""
        self._twister.key = key
        self._ahead = _FIRST
        self._move_to(temper(key) if used else np.empty(0, np.uint32), used)

    def _current_block(self) -> int:
        return max(self._position - 1, 0) // BLOCK * BLOCK

    def _refill(self, count: int) -> None:
        block = self._current_block()
        kept = self.words[block:]
        missing = self._position + count - self.words.size
        fresh = -(-missing // (self._ahead * BLOCK)) * self._ahead * BLOCK
        self._ahead = min(2 * self._ahead, _MOST if MANY_BLOCKS.program is None else MANY)
        words = np.empty(kept.size + fresh, np.uint32)
        words[: kept.size] = kept
        self._twister.fill(words[kept.size :])
        self._move_to(words, self._position - block)

    def _move_to(self, words: np.ndarray, position: int) -> None:
        words.flags.writeable = False
        self.words = words
        self._position = position
        self._memory: dict[Callable[[np.ndarray], Any], Any] = {}
