"""Layout: where a tensor's elements would lie in PyTorch's memory.

Nothing here has memory: a NumPy array of no size follows the chain of view operators, and its strides and start are
PyTorch's.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Aval, Number

_ITEM = 8  # bytes of an element of the stand-in array


def strides_of(x: Tensor) -> tuple[int, ...]:
    """Steps between neighbours of each dimension, in elements."""
    return tuple(step // _ITEM for step in _layout_of(x).strides)


def offset_of(x: Tensor) -> int:
    """Position of the first element in its storage, in elements."""
    return (_start(_layout_of(x)) - _start(_origin_array())) // _ITEM


def is_contiguous(x: Tensor) -> bool:
    """Whether elements lie in memory in the order of their indices."""
    return x._base is None or bool(_layout_of(x).flags.c_contiguous)


def can_view(x: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether the tensor can take this shape without moving elements."""
    if x._base is None:
        return True
    try:
        _layout_of(x).reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def _layout_of(x: Tensor) -> np.ndarray:
    base = x if x._base is None else x._base
    return _follow(base._aval, x._chain)


@functools.lru_cache(maxsize=4096)
def _follow(aval: Aval, chain: tuple[Any, ...]) -> np.ndarray:
    if not chain:
        strides = [_ITEM * math.prod(aval.shape[i + 1 :]) for i in range(len(aval.shape))]
        return np.lib.stride_tricks.as_strided(_origin_array(), aval.shape, strides, writeable=False)
    link = chain[-1]
    places = [Number(int, place) for place in link.places]
    return link.op([_follow(aval, chain[:-1]), *places], link.static)[link.number]


@functools.cache
def _origin_array() -> np.ndarray:
    return np.zeros(1)


def _start(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])
