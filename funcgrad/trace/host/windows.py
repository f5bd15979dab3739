"""Windows: what each place of a window meets in an array."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

SPARE = 1.3
"""How many times the elements that a place of a window meets may be copied with those between its rows."""


class Windows:
    """How spatial axes are laid, so that copies of what a place of a window meets are long ones.

    An element is met at `k * step + place * dilation`, for each k along an axis. Those of one remainder by `step` lie
    together, row after row. So a place meets a run from its start on, in which the elements between the end of one row
    and the start of the next belong to no k. Where those would be too many, it meets each row by itself.

    Attributes:
        shape: Sizes of the spatial axes, as far as windows reach, and so that runs end within them.
        length: Elements that a place meets.

    Args:
        along: How often the window is laid down along each axis.
        step: Distance of one time from the next.
        sizes: Places of the window.
        dilation: Their distance.
    """

    def __init__(
        self, along: Sequence[int], step: Sequence[int], sizes: Sequence[int], dilation: Sequence[int]
    ) -> None:
        last = [(n - 1) * s + (k - 1) * d for n, s, k, d in zip(along, step, sizes, dilation, strict=True)]
        rows = [n // s + 1 for n, s in zip(last, step, strict=True)]
        self._runs_on = math.prod(rows[1:]) <= SPARE * math.prod(along[1:])
        rows[0] += self._runs_on and max(sizes[1:], default=1) > 1  # the last run goes on behind its last row
        self._step, self._rows, self._along = tuple(step), tuple(rows), tuple(along)
        self._met = (along[0], *rows[1:]) if self._runs_on else self._along
        offsets = [range(0, n * d, d) for n, d in zip(sizes, dilation, strict=True)]
        self.shape = [n * s for n, s in zip(rows, step, strict=True)]
        self.length = math.prod(self._met)
        self._places = [self._place(offset) for offset in itertools.product(*offsets)]

    def laid(self, x: Any) -> Any:
        """An array `[..., *shape]` as `[..., *step, *rows]`."""
        lead, n_axes = x.shape[: -len(self.shape)], len(self.shape)
        apart = x.reshape(*lead, *itertools.chain(*zip(self._rows, self._step, strict=True)))
        axes = [len(lead) + 2 * k + odd for odd in (1, 0) for k in range(n_axes)]
        return np.ascontiguousarray(apart.transpose(*range(len(lead)), *axes))

    def taken_up(self, memory: Any) -> Any:
        """The array `[..., *shape]` that lies in `[..., *step, *rows]`."""
        n_axes = len(self.shape)
        lead = memory.shape[: -2 * n_axes]
        axes = [len(lead) + k + n for k in range(n_axes) for n in (n_axes, 0)]
        return memory.transpose(*range(len(lead)), *axes).reshape(*lead, *self.shape)

    def met(self, memory: Any) -> list[Any]:
        """What each place of the window meets in `[..., *step, *rows]`, on the same memory: all together `length`."""
        if self._runs_on:
            lead = memory.shape[: -2 * len(self.shape)]
            memory = memory.reshape(*lead, math.prod(self._step), math.prod(self._rows))
        return [memory[place] for place in self._places]

    def _place(self, offset: Sequence[int]) -> tuple[Any, ...]:
        """The index of what a place meets that lies so far from the first one."""
        remainders = [k % s for k, s in zip(offset, self._step, strict=True)]
        rows = [k // s for k, s in zip(offset, self._step, strict=True)]
        if self._runs_on:
            start = np.ravel_multi_index(rows, self._rows)
            return ..., np.ravel_multi_index(remainders, self._step), slice(start, start + self.length)
        return (..., *remainders, *[slice(a, a + n) for a, n in zip(rows, self._along, strict=True)])

    def as_run(self, x: Any) -> Any:
        """An array `[..., *along]` as `[..., length]`, with zeros where it belongs to no k."""
        lead = x.shape[: -len(self._along)]
        if self._met == self._along:
            return x.reshape(*lead, -1)
        wide = np.zeros((*lead, *self._met), x.dtype)
        wide[(..., *map(slice, self._along))] = x
        return wide.reshape(*lead, -1)

    def from_run(self, run: Any) -> Any:
        """The array `[..., *along]` in `[..., length]`."""
        return run.reshape(*run.shape[:-1], *self._met)[(..., *map(slice, self._along))]
