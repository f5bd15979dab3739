"""Slicing: the view that integers, slices and None give. Where it starts is data: a loop over `x[i]` is one program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from funcgrad.torch._views import ViewOp
from funcgrad.trace import Equation

NEW, ALL, WHOLE, ONE = "new", "all", "whole", "one"
"""Parts of a pattern: a new dimension; a whole one that is left alone, or that PyTorch slices all the same; a single
place in one. `(length, step)` is a slice of one."""
ENTIRE = (ALL, WHOLE)


def _slice(x: Any, *places: Any, pattern: tuple[Any, ...]) -> Any:
    starts = iter(places)
    if isinstance(x, np.ndarray):
        return x[(*(_numpy_part(part, starts) for part in pattern), ...)]
    dims = [part for part in pattern if part != NEW]
    box = x
    if not all(part in ENTIRE for part in dims):
        box = lax.dynamic_slice(x, _corner(dims, starts), _extents(dims, x.shape), allow_negative_indices=False)
    if not _is_dense(dims):
        box = box[_steps(dims)]
    return box.reshape(_shape(pattern, box.shape))


def _corner(dims: Sequence[Any], starts: Iterator[Any]) -> list[Any]:
    return [jnp.asarray(0 if part in ENTIRE else next(starts).value, np.int64) for part in dims]


def _extents(dims: Sequence[Any], shape: Sequence[int]) -> list[int]:
    return [_extent(part, size) for part, size in zip(dims, shape, strict=True)]


def _is_dense(dims: Sequence[Any]) -> bool:
    return not any(isinstance(part, tuple) and part[1] != 1 for part in dims)


def _steps(dims: Sequence[Any]) -> tuple[slice, ...]:
    return tuple([slice(None, None, part[1]) if isinstance(part, tuple) else slice(None) for part in dims])


def _numpy_part(part: Any, starts: Any) -> Any:
    if part == NEW:
        return None
    if part in ENTIRE:
        return slice(None)
    start = next(starts).value
    return start if part == ONE else slice(start, start + (part[0] - 1) * part[1] + 1 if part[0] else start, part[1])


def _extent(part: Any, size: int) -> int:
    if part in ENTIRE:
        return size
    return 1 if part == ONE else max((part[0] - 1) * part[1] + 1, 0)


def _shape(pattern: tuple[Any, ...], box: tuple[int, ...]) -> tuple[int, ...]:
    lengths = iter(box)
    shape: list[int] = []
    for part in pattern:
        if part == NEW:
            shape.append(1)
        elif part == ONE:
            next(lengths)
        else:
            shape.append(next(lengths))
    return tuple(shape)


def _write_slice(base: Any, new: Any, *places: Any, pattern: tuple[Any, ...]) -> Any:
    dims = [part for part in pattern if part != NEW]
    corner, extents = _corner(dims, iter(places)), _extents(dims, base.shape)
    if _is_dense(dims):
        box = new.reshape(extents)
    else:
        box = lax.dynamic_slice(base, corner, extents, allow_negative_indices=False)
        box = box.at[_steps(dims)].set(new.reshape(box[_steps(dims)].shape))
    return lax.dynamic_update_slice(base, box, corner, allow_negative_indices=False)


def _slice_label(equation: Equation) -> str:
    pattern = equation.static[0]
    last = [part for part in pattern if part != ALL]
    if not last:
        return "Alias"
    return {ONE: "Select", NEW: "Unsqueeze"}.get(last[-1], "Slice") if isinstance(last[-1], str) else "Slice"


SLICE = ViewOp("slice", _slice, inverse=_write_slice, label=_slice_label)
