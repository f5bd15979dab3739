"""Draws: the random arrays of a step, which the host would draw, as functions of the stream.

While a step is recorded a draw gives an array without content. It is known by its memory when it enters the trace.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import numpy as np

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.stream import Stream, take
from funcgrad.torch import Tensor
from funcgrad.torch._layout import strides_of

_LOW_21 = np.uint32(2**21 - 1)


class Draw(NamedTuple):
    """One mask of a dropout."""

    p: float  # probability of an element to be dropped
    shape: tuple[int, ...]  # in the order of memory, which is the order of drawing
    axes: tuple[int, ...]  # where each dimension of the tensor is in that order

    @property
    def words(self) -> int:
        """How many words of the stream it takes."""
        return 2 * math.prod(self.shape)

    def of(self, words: jax.Array) -> jax.Array:
        """The mask, bool: whether a number of 53 bits is below the bound."""
        bound = divmod(math.ceil((1.0 - self.p) * 2.0**53), 2**32)
        high, low = np.array(bound, np.uint32)
        drawn = words[0::2] & _LOW_21
        kept = (drawn < high) | ((drawn == high) & (words[1::2] < low))
        return kept.reshape(self.shape).transpose(self.axes)


class Draws:
    """The draws of one recorded step."""

    def __init__(self) -> None:
        self.made: list[Draw] = []
        self._arrays: list[np.ndarray] = []  # kept, so that no other array gets their memory

    def mask(self, p: float, shape: tuple[int, ...]) -> np.ndarray:
        """Stands for `_random.dropout_mask`."""
        return self._made(Draw(p, shape, tuple(range(len(shape)))), shape)

    def mask_for(self, x: Tensor, p: float) -> np.ndarray:
        """Stands for the mask that has the memory order of a tensor."""
        order = np.argsort([-step for step in strides_of(x)], kind="stable")
        shape = tuple(x._aval.shape[d] for d in order)
        return self._made(Draw(p, shape, tuple(int(axis) for axis in np.argsort(order))), x._aval.shape)

    def _made(self, draw: Draw, shape: tuple[int, ...]) -> np.ndarray:
        self.made.append(draw)
        self._arrays.append(np.zeros(shape, bool))
        return self._arrays[-1]

    def number_of(self, array: Any) -> int | None:
        """Which draw an array is, if it is one."""
        if not isinstance(array, np.ndarray):
            return None
        return next((k for k, made in enumerate(self._arrays) if np.shares_memory(made, array)), None)

    def check_used(self, numbers: set[int]) -> None:
        """Refuse draws that the step rearranged on the host."""
        if len(numbers) < len(self.made):
            raise FunctionalizationError(
                "the step rearranges a dropout mask on the host, as an LSTM does with packed sequences. Pad them, or "
                "put the dropout outside."
            )


def drawn(draws: tuple[Draw, ...], stream: Stream) -> tuple[list[jax.Array], Stream]:
    """All arrays of a step, and the stream after them."""
    if not draws:
        return [], stream
    words, stream = take(stream, sum(draw.words for draw in draws))
    ends = np.cumsum([draw.words for draw in draws])
    return [draw.of(words[end - draw.words : end]) for draw, end in zip(draws, ends, strict=True)], stream
