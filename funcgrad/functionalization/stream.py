"""PyTorch's random stream as a pure function: MT19937 on the device, word for word that of `torch._random`.

The state is the generator's: 624 words, how many of them are used up (0: not yet twisted), and, where few normals are
drawn at a time, the one that is kept for the next time (nan: none).
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from funcgrad.torch._random.twister import BLOCK, temper, twisted

Stream = dict[str, jax.Array]  # key uint32 [624], used int32 [], kept float64 []


class Reader:
    """The words of a stream, read from the front.

    Args:
        stream: Where to begin.
        most: How many words will be read at most.
    """

    def __init__(self, stream: Stream, most: int) -> None:
        self._stream = stream
        self._blocks = _blocks(stream["key"], math.ceil(most / BLOCK))
        self._words = temper(self._blocks).reshape(-1)
        self._start = self._position = jnp.where(stream["used"] == 0, BLOCK, stream["used"])
        self.kept = stream.get("kept")

    def peek(self, count: int) -> jax.Array:
        """The next words, uint32."""
        return jax.lax.dynamic_slice(self._words, (self._position,), (count,))

    def skip(self, count: int | jax.Array) -> None:
        """Go on by so many words."""
        self._position = self._position + count

    def take(self, count: int) -> jax.Array:
        """The next words, uint32, which are used up."""
        words = self.peek(count)
        self.skip(count)
        return words

    def rest(self) -> Stream:
        """The stream after what was read."""
        is_fresh = self._position == self._start
        block = (self._position - 1) // BLOCK
        used = (self._position - block * BLOCK).astype(self._stream["used"].dtype)
        rest = {
            "key": jnp.where(is_fresh, self._stream["key"], self._blocks[block]),
            "used": jnp.where(is_fresh, self._stream["used"], used),
        }
        return rest if self.kept is None else rest | {"kept": self.kept}


def _blocks(key: jax.Array, count: int) -> jax.Array:
    """The block of the key and `count` further ones, `[count + 1, 624]`."""

    def step(key: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        following = twisted(key)
        return following, following

    _, following = jax.lax.scan(step, key, length=count)
    return jnp.concatenate([key[None], following])
