"""PyTorch's random stream as a pure function: MT19937 on the device, word for word that of `torch._random`.

The state is the generator's: 624 words, and how many of them are used up (0: not yet twisted).
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._random.stream import BLOCK

Stream = tuple[jax.Array, jax.Array]  # key uint32 [624], used int32 []

_FAR = 397
_HIGH, _LOW, _TWIST = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x9908B0DF)


def take(stream: Stream, count: int) -> tuple[jax.Array, Stream]:
    """The next `count` words, uint32, and the stream after them."""
    key, used = stream
    blocks = _blocks(key, math.ceil(count / BLOCK))
    start = jnp.where(used == 0, BLOCK, used)
    words = jax.lax.dynamic_slice(_tempered(blocks).reshape(-1), (start,), (count,))
    end = start + count
    block = (end - 1) // BLOCK
    return words, (blocks[block], (end - block * BLOCK).astype(used.dtype))


def _blocks(key: jax.Array, count: int) -> jax.Array:
    """The block of the key and `count` further ones, `[count + 1, 624]`."""

    def step(key: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        following = _twisted(key)
        return following, following

    _, following = jax.lax.scan(step, key, length=count)
    return jnp.concatenate([key[None], following])


def _twisted(key: jax.Array) -> jax.Array:
    """The next block. Word i needs word i - 227 of its own block, so it is made in runs of at most 227."""
    near = BLOCK - _FAR
    first = _mixed(key[:near], key[1 : near + 1], key[_FAR:])
    second = _mixed(key[near : 2 * near], key[near + 1 : 2 * near + 1], first)
    third = _mixed(key[2 * near : -1], key[2 * near + 1 :], second[: BLOCK - 1 - 2 * near])
    last = _mixed(key[-1:], first[:1], second[BLOCK - 1 - 2 * near : BLOCK - 2 * near])
    return jnp.concatenate([first, second, third, last])


def _mixed(high: jax.Array, low: jax.Array, far: jax.Array) -> jax.Array:
    joined = (high & _HIGH) | (low & _LOW)
    return far ^ (joined >> 1) ^ jnp.where(joined & 1 == 1, _TWIST, np.uint32(0))


def _tempered(words: jax.Array) -> jax.Array:
    words = words ^ (words >> 11)
    words = words ^ ((words << 7) & np.uint32(0x9D2C5680))
    words = words ^ ((words << 15) & np.uint32(0xEFC60000))
    return words ^ (words >> 18)
