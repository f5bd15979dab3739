"""The 32-bit outputs of MT19937, read through a window of whole blocks.

NumPy's generator runs ahead of the reader; the words that PyTorch would hold at any moment follow from the window,
since tempering can be undone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

BLOCK = 624
# Draws of up to SMALL words share transforms of the whole window; larger ones are transformed for themselves, chunk
# by chunk.
SMALL = 2 * BLOCK
_WINDOW = 4 * BLOCK
# The temporaries of a chunk stay in the second-level cache. A multiple of 16, for the normal draws.
CHUNK = 32 * BLOCK


class WordStream:
    """A position in the sequence of MT19937 outputs."""

    __slots__ = ("_bits", "_memory", "_position", "words")

    def __init__(self, seed: int) -> None:
        self._bits = np.random.MT19937()
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Starts the sequence of `init_genrand(seed)`; only the low 32 bits count."""
        np.random.RandomState(self._bits).seed(seed & 0xFFFFFFFF)
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
        if self.words.size > 2 * _WINDOW:
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
            return self._bits.state["state"]["key"], 0
        block = self._current_block()
        return untemper(self.words[block : block + BLOCK]), self._position - block

    def restore(self, key: np.ndarray, used: int) -> None:
        """Continues from a pair that `state` returned."""
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": BLOCK}}
        self._move_to(temper(key) if used else np.empty(0, np.uint32), used)

    def _current_block(self) -> int:
        return max(self._position - 1, 0) // BLOCK * BLOCK

    def _refill(self, count: int) -> None:
        block = self._current_block()
        kept = self.words[block:]
        missing = self._position + count - self.words.size
        fresh = max(_WINDOW, -(-missing // BLOCK) * BLOCK)
        words = np.empty(kept.size + fresh, np.uint32)
        words[: kept.size] = kept
        words[kept.size :] = self._bits.random_raw(fresh)
        self._move_to(words, self._position - block)

    def _move_to(self, words: np.ndarray, position: int) -> None:
        words.flags.writeable = False
        self.words = words
        self._position = position
        self._memory: dict[Callable[[np.ndarray], Any], Any] = {}


def temper(key: np.ndarray) -> np.ndarray:
    y = key.astype(np.uint32)
    y ^= y >> 11
    y ^= (y << 7) & 0x9D2C5680
    y ^= (y << 15) & 0xEFC60000
    y ^= y >> 18
    return y


def untemper(words: np.ndarray) -> np.ndarray:
    y = words ^ (words >> 18)
    y ^= (y << 15) & 0xEFC60000
    low = y
    for _ in range(4):  # each round settles seven more of the low bits
        low = y ^ ((low << 7) & 0x9D2C5680)
    high = low ^ (low >> 11)
    return low ^ (high >> 11)
