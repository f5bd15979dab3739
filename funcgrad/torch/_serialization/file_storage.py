"""Tensors as a checkpoint describes them: an offset, sizes and strides in a storage's memory.

Tensors that shared memory when they were saved are views of one base when they are loaded.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.torch._dispatch import Link, _share, alias
from funcgrad.torch._layout import is_dense
from funcgrad.torch._ops.pieces import AS_STRIDED
from funcgrad.torch._ops.shape import PERMUTE
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import dtype
from funcgrad.trace import aval_of, constant, without_data

_LARGEST_OVERLAP = 2**28  # bytes; a tensor whose elements share memory takes more here than in the file


class FileStorage:
    """A storage of a checkpoint.

    Args:
        data: Its bytes.
        kind: The dtype of its elements.
        byteorder: `little` or `big`.
    """

    __slots__ = ("base", "flat", "is_meta")

    def __init__(self, data: bytes, kind: dtype, byteorder: str = sys.byteorder) -> None:
        self.flat = _elements(data, kind.numpy, byteorder)
        self.base: Tensor | None = None  # the first tensor made of it; later ones are its views
        self.is_meta = False  # whether its tensors get no data

    def tensor(self, offset: int, size: Sequence[int], stride: Sequence[int]) -> Tensor:
        """A tensor in this memory.

        Raises:
            ValueError: The numbers are none, or lead out of the storage.
        """
        size, stride = tuple(size), tuple(stride)
        self._check(offset, size, stride)
        if self.is_meta:
            return wrap(without_data(aval_of(size, self.flat.dtype)))
        if offset == 0 and math.prod(size) == self.flat.size and is_dense(size, stride):
            return self._whole(size, stride)
        if self.base is None:
            self.base = wrap(constant(self.flat))
        start = min(offset, self.flat.size)
        return _view(self.base, Link(AS_STRIDED, (size, stride), (start,), 0), _window(self.flat, start, size, stride))

    def _whole(self, size: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        """A tensor that takes up all of the storage, perhaps with its dimensions in another order."""
        order = sorted(range(len(size)), key=lambda d: (-stride[d], -size[d]))
        in_memory = tuple(size[d] for d in order)
        if self.base is None:
            self.base = wrap(constant(self.flat.reshape(in_memory)))
            if in_memory == size:
                return self.base
        if self.base._aval.shape == in_memory == size:
            return alias(self.base)
        array = _window(self.flat, 0, size, stride)
        if self.base._aval.shape == in_memory:
            return _view(self.base, Link(PERMUTE, (tuple(np.argsort(order).tolist()),), (), 0), array)
        return _view(self.base, Link(AS_STRIDED, (size, stride), (0,), 0), array)

    def _check(self, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> None:
        if any(type(n) is not int or n < 0 for n in (offset, *size, *stride)) or len(size) != len(stride):
            raise ValueError(f"a tensor with offset {offset!r}, sizes {size!r} and strides {stride!r}")
        count = math.prod(size)
        end = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
        if count and end > self.flat.size:
            raise ValueError(
                f"sizes {list(size)}, strides {list(stride)} and offset {offset} lead out of a storage of "
                f"{self.flat.size} elements"
            )
        if count > self.flat.size and count * self.flat.itemsize > _LARGEST_OVERLAP:
            raise ValueError(f"a tensor of {count} elements in a storage of {self.flat.size}")


def _elements(data: bytes, kind: np.dtype[Any], byteorder: str) -> np.ndarray:
    if kind == np.bool_:
        return np.frombuffer(data, np.uint8) != 0  # a byte that is neither 0 nor 1 is no bool
    flat = np.frombuffer(data, kind)
    return flat if byteorder == sys.byteorder or kind.itemsize == 1 else flat.byteswap()


def _window(flat: np.ndarray, start: int, size: tuple[int, ...], stride: tuple[int, ...]) -> np.ndarray:
    steps = [step * flat.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(flat[start:], size, steps, writeable=False)


def _view(base: Tensor, link: Link, array: np.ndarray) -> Tensor:
    made = wrap(constant(array))
    _share(made, base, link)
    return made
