"""PyTorch's CPU generator: a seed, the word stream that it starts, and the one normal kept for the next call."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

import numpy as np

from funcgrad.torch._random.stream import BLOCK, WordStream

DEFAULT_SEED = 67280421310721
STATE_SIZE = 5056

# Seed, one more than the words left before the next twist, "seeded", next word; the words as uint64; an unused
# double, the cached normal, an unused double, whether there is a cached normal, an unused float and its flag.
_HEAD = struct.Struct("<QiiQ")
_TAIL = struct.Struct("<dddi4xfi")
_WORDS = slice(_HEAD.size, _HEAD.size + 8 * BLOCK)


class Generator:
    """A source of PyTorch's CPU random numbers.

    Attributes:
        stream: The 32-bit outputs still to come.
        cached_normal: The second value of the last scalar Box-Muller pair, or None.

    Example:
        >>> Generator().manual_seed(5).initial_seed()
        5
    """

    __slots__ = ("_seed", "cached_normal", "stream")

    def __init__(self, device: object = "cpu") -> None:
        if str(device).partition(":")[0] != "cpu":
            raise RuntimeError(
                f"Device type {str(device).partition(':')[0].upper()} is not supported for torch.Generator() api. "
                "Every stream here is PyTorch's CPU stream: use torch.Generator() and move what it draws."
            )
        self._seed = DEFAULT_SEED
        self.stream = WordStream(DEFAULT_SEED)
        self.cached_normal: float | None = None

    def manual_seed(self, seed: int) -> Generator:
        """Restarts the stream; only the low 32 bits of `seed` matter to it, `initial_seed` keeps all 64.

        Raises:
            RuntimeError: `seed` is no int.
            ValueError: `seed` lies outside [-2**63, 2**64).
        """
        if isinstance(seed, np.integer):
            raise TypeError("an integer is required")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = seed % 2**64
        self.stream.seed(self._seed)
        self.cached_normal = None
        return self

    def initial_seed(self) -> int:
        """The seed of the last `manual_seed`, as an unsigned 64-bit number."""
        return self._seed

    def seed(self) -> int:
        """Restarts the stream at a seed from the operating system and returns it."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def state_bytes(self) -> np.ndarray:
        """The state in PyTorch's layout, uint8 of shape (5056,)."""
        key, used = self.stream.state()
        head = _HEAD.pack(self._seed, BLOCK + 1 - used if used else 1, 1, used)
        cached = self.cached_normal
        tail = _TAIL.pack(0.0, cached or 0.0, 0.0, cached is not None, 0.0, 0)
        return np.frombuffer(bytearray(head + key.astype("<u8").tobytes() + tail), np.uint8)

    def set_state_bytes(self, state: np.ndarray) -> None:
        """Continues where `state_bytes`, or real PyTorch's `get_state`, was taken.

        Raises:
            TypeError: The state is not uint8.
            RuntimeError: The state has another size, or is none that PyTorch can reach.
        """
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if state.size != STATE_SIZE:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_SIZE} "
                f"but found the input RNG state size to be {state.size}"
            )
        data = state.tobytes()
        seed, left, seeded, used = _HEAD.unpack_from(data)
        fresh = (left, used) == (1, 0)
        if not seeded or not (fresh or (1 <= used <= BLOCK and left == BLOCK + 1 - used)):
            raise RuntimeError("Invalid mt19937 state")
        _, normal, _, valid, _, _ = _TAIL.unpack_from(data, _WORDS.stop)
        self._seed = seed
        self.stream.restore(np.frombuffer(data[_WORDS], "<u8").astype(np.uint32), used)
        self.cached_normal = normal if valid else None

    def clone_state(self) -> Generator:
        """A generator that will draw the same numbers."""
        return _from_state(self.state_bytes())

    def __reduce__(self) -> tuple[Callable[[np.ndarray], Generator], tuple[np.ndarray]]:
        return _from_state, (self.state_bytes(),)


def _from_state(state: np.ndarray) -> Generator:
    generator = Generator()
    generator.set_state_bytes(state)
    return generator


default_generator = Generator()
default_generator.seed()
