"""Segments: stretches of a tensor along one dimension, each reduced to one value."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from funcgrad.torch._ops.choice import where
from funcgrad.torch._ops.creation import arange
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.joining import cat
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.selection import scatter_reduce
from funcgrad.torch._tensor import Tensor

_EMPTY = {"sum": 0.0, "mean": math.nan, "prod": 1.0, "max": -math.inf, "min": math.inf}
"""What a segment without elements gives; `amax` and `amin` are other names of the last two."""


def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Any = None,
) -> Any:
    """The sum, mean, product, largest or least value of each segment along a dimension.

    Args:
        data: Of a floating dtype.
        reduce: `sum`, `mean`, `prod`, `max` or `min`.
        lengths: Of the segments, integers `[*data.shape[:axis], n]`.
        indices: Not supported, as in PyTorch.
        offsets: Where the segments begin and the last one ends, `[*data.shape[:axis], n + 1]`, in place of lengths.
        axis: The dimension.
        unsafe: Whether lengths may leave elements out.
        initial: What every segment begins with.

    Returns:
        `[*data.shape[:axis], n, *data.shape[axis + 1:]]`.

    Raises:
        RuntimeError: Neither lengths nor offsets, another reduction, or known lengths that do not fit.
    """
    axis = dim_of(axis, data.ndim)
    kind = reduce[1:] if reduce in ("amax", "amin") else reduce
    if kind not in _EMPTY:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    given, name = (lengths, "lengths") if lengths is not None else (offsets, "offsets")
    if given is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    if given.ndim - 1 != axis:
        raise RuntimeError(f"segment_reduce(): Expected axis to be the last dimension of {name} but got {axis}.")
    if lengths is not None and not unsafe:
        expect(lengths, functools.partial(_check_lengths, size=data._aval.shape[axis]))
    starts: Any = given if lengths is None else cat([given.new_zeros((*given.shape[:-1], 1)), given.cumsum(-1)], -1)
    return _reduced(data, kind, starts, axis, _EMPTY[kind] if initial is None else float(initial))


def _check_lengths(lengths: np.ndarray, size: int) -> None:
    if np.any(lengths < 0):
        raise RuntimeError("lengths contains negative value!")
    if np.any(lengths.sum(-1) != size):
        raise RuntimeError(
            "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when "
            "!unsafe."
        )


def _reduced(data: Any, kind: str, starts: Any, axis: int, initial: float) -> Any:
    count, size = starts.shape[-1] - 1, data.shape[axis]
    # Segment 0 is what lies before the first one, and the last what lies after.
    number = (starts.unsqueeze(-2) <= arange(size).unsqueeze(-1)).sum(-1)
    index = number.reshape(*number.shape, *(1 for _ in data.shape[axis + 1 :])).expand(data.shape)

    def scattered(source: Any, how: str, fill: float, **options: Any) -> Any:
        start = data.new_full((*data.shape[:axis], count + 2, *data.shape[axis + 1 :]), fill)
        return scatter_reduce(start, axis, index, source, how, **options).narrow(axis, 1, count)  # pyright: ignore[reportAttributeAccessIssue]

    if kind == "sum":
        return scattered(data, "sum", 0.0) + initial
    if kind == "prod":
        return scattered(data, "prod", 1.0) * initial
    if kind == "mean":
        number_of = scattered(data.detach().new_ones(data.shape), "sum", 0.0)
        total = scattered(data, "sum", 0.0) + (0.0 if math.isnan(initial) else initial)
        return where(number_of > 0, total / number_of.clamp(min=1), initial)
    found = scattered(data, f"a{kind}", _EMPTY[kind], include_self=False)
    return where((found >= initial) if kind == "max" else (found <= initial), found, initial)
