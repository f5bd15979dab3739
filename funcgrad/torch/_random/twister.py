"""MT19937 in whole blocks of 624 words: NumPy's generator, and for many blocks the recurrence as a program.

Its key is the last block before tempering, so that the two can take turns.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._random.compiled import LongDraw

BLOCK = 624
_FAR = 397  # a word follows from the one a block before it, its successor, and the one so many after it
_NEAR = BLOCK - _FAR
MANY = 101  # blocks that a program makes at once
CHUNK = MANY * BLOCK
"""Their words: few enough to stay in the second-level cache, and a multiple of 16 for the normal draws."""

_U32 = np.uint32
_HIGH, _LOW, _MATRIX = _U32(0x80000000), _U32(0x7FFFFFFF), _U32(0x9908B0DF)


class Twister:
    """A generator of MT19937's blocks.

    Attributes:
        key: The block that was made last, not tempered.
    """

    __slots__ = ("_bits", "_is_behind", "_key")

    def __init__(self) -> None:
        self._bits = np.random.MT19937()
        self._key = np.empty(0, np.uint32)
        self._is_behind = False  # whether NumPy's generator has to be told `_key` first, which takes it 40 microseconds

    def seed(self, seed: int) -> None:
        """Starts the sequence of `init_genrand(seed)`."""
        np.random.RandomState(self._bits).seed(seed)
        self._is_behind = False

    @property
    def key(self) -> np.ndarray:
        return self._key if self._is_behind else self._bits.state["state"]["key"]

    @key.setter
    def key(self, key: np.ndarray) -> None:
        self._key, self._is_behind = key, True

    def fill(self, words: np.ndarray) -> None:
        """Writes the next blocks, tempered, to an array of whole blocks."""
        run = MANY_BLOCKS.count(words.size)
        for part in np.split(words, range(CHUNK, words.size, CHUNK)):
            if part.size == CHUNK and run is not None:
                self.key, part[...] = run(self.key)
            else:
                part[...] = self._raw(part.size)

    def _raw(self, count: int) -> np.ndarray:
        if self._is_behind:
            self._bits.state = {"bit_generator": "MT19937", "state": {"key": self._key, "pos": BLOCK}}
            self._is_behind = False
        return self._bits.random_raw(count)


def temper(key: Any) -> Any:
    """The words that a generator gives for a key."""
    y = key ^ (key >> _U32(11))
    y = y ^ ((y << _U32(7)) & _U32(0x9D2C5680))
    y = y ^ ((y << _U32(15)) & _U32(0xEFC60000))
    return y ^ (y >> _U32(18))


def untemper(words: np.ndarray) -> np.ndarray:
    """The key that a generator gave words for."""
    y = words ^ (words >> 18)
    y ^= (y << 15) & 0xEFC60000
    low = y
    for _ in range(4):  # each round settles seven more of the low bits
        low = y ^ ((low << 7) & 0x9D2C5680)
    high = low ^ (low >> 11)
    return low ^ (high >> 11)


def _many_blocks(key: jax.Array) -> list[jax.Array]:
    """The key and the words after `MANY` twists."""

    def step(key: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        key = twisted(key)
        return key, temper(key)

    key, words = jax.lax.scan(step, key, None, length=MANY)
    return [key, words.reshape(-1)]


def twisted(key: jax.Array) -> jax.Array:
    """The next key; its parts follow from one another."""
    first = _mixed(key[:_NEAR], key[1 : _NEAR + 1], key[_FAR:])
    second = _mixed(key[_NEAR : 2 * _NEAR], key[_NEAR + 1 : 2 * _NEAR + 1], first)
    third = _mixed(key[2 * _NEAR : -1], key[2 * _NEAR + 1 :], second[: BLOCK - 1 - 2 * _NEAR])
    last = _mixed(key[-1:], first[:1], second[BLOCK - 1 - 2 * _NEAR : BLOCK - 2 * _NEAR])
    return jnp.concatenate([first, second, third, last])


def _mixed(high: jax.Array, low: jax.Array, far: jax.Array) -> jax.Array:
    y = (high & _HIGH) | (low & _LOW)
    return far ^ (y >> _U32(1)) ^ jnp.where((low & _U32(1)) == _U32(1), _MATRIX, _U32(0))


def _by_numpy(key: np.ndarray) -> list[np.ndarray]:
    twister = Twister()
    twister.key = key
    words = twister._raw(CHUNK).astype(np.uint32)
    return [twister.key, words]


MANY_BLOCKS = LongDraw(_many_blocks, _by_numpy, lambda: [Twister().key], pays_from=2**23)
