"""Windows: what convolutions and pools slide over their spatial dimensions.

A window is cut along one dimension at a time, by reshaping where windows lie side by side and by strided slices where
they overlap: both, and their gradients, fuse, while XLA's own window reductions run element by element on CPU.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

from jax import lax


class Span(NamedTuple):
    """How a window slides along one dimension: `count` windows of `size` elements, `dilation` apart."""

    size: int
    stride: int
    padding: int  # before the first element
    dilation: int
    count: int  # pyright: ignore[reportIncompatibleMethodOverride] - hides `tuple.count`, which no one asks a span for

    @property
    def reach(self) -> int:
        """Elements from the first to the last of a window, both included."""
        return self.dilation * (self.size - 1) + 1

    @property
    def is_side_by_side(self) -> bool:
        """Whether windows neither overlap nor leave gaps."""
        return self.stride == self.size and self.dilation == 1


def span(length: int, size: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> Span:
    """The windows along a dimension of a length; those that `ceil_mode` adds begin inside the input or its padding."""
    room = length + 2 * padding - dilation * (size - 1) - 1
    count = -(-room // stride) + 1 if ceil_mode else room // stride + 1
    if ceil_mode and (count - 1) * stride >= length + padding:
        count -= 1
    return Span(size, stride, padding, dilation, count)


def padded(x: Any, axis: int, s: Span, fill: Any) -> Any:
    """The array filled up, or cut, to the length that the windows need."""
    end = s.count * s.size if s.is_side_by_side else (s.count - 1) * s.stride + s.reach
    config = [(0, 0, 0)] * x.ndim
    config[axis] = (s.padding, end - s.padding - x.shape[axis], 0)
    return x if config[axis] == (0, 0, 0) else lax.pad(x, fill, config)


def taps(x: Any, axis: int, s: Span) -> list[Any]:
    """The k-th elements of all windows, for each k; `x` is padded."""
    if s.is_side_by_side:
        apart = x.reshape(*x.shape[:axis], s.count, s.size, *x.shape[axis + 1 :])
        return [lax.index_in_dim(apart, k, axis + 1, keepdims=False) for k in range(s.size)]
    last = (s.count - 1) * s.stride + 1
    return [lax.slice_in_dim(x, k * s.dilation, k * s.dilation + last, s.stride, axis) for k in range(s.size)]


def each(given: Any, ndim: int) -> tuple[int, ...]:
    """One number for each spatial dimension, from one number for all or one for each; others as they are given."""
    if hasattr(given, "__index__"):
        return (operator.index(given),) * ndim
    numbers = tuple([operator.index(g) for g in given])
    return numbers * ndim if len(numbers) == 1 else numbers
