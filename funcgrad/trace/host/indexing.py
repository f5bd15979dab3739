"""Rows of the host's primitives that look up, write or order elements by numbers that are known only at the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from funcgrad.trace.host.row import Function, Row, check


def gather(
    taken: Any, made: Any, *, dimension_numbers: Any, slice_sizes: Sequence[int], mode: Any, **_: Any
) -> Function:
    """Whole slices at positions that are inside, which is what an embedding and an index make."""
    d = dimension_numbers
    x, indices = taken
    axes = (*d.start_index_map, *d.operand_batching_dims)
    check(sorted(axes) == sorted((*d.collapsed_slice_dims, *d.operand_batching_dims)))
    check(all(size == (1 if k in axes else n) for k, (size, n) in enumerate(zip(slice_sizes, x.shape, strict=True))))
    is_clipped = "CLIP" in str(mode)
    positions = _positions(x, indices, d.start_index_map, d.start_indices_batching_dims)
    n_batch = indices.ndim - 1
    batch = iter(range(n_batch))
    offsets = {k: n_batch + place for place, k in enumerate(d.offset_dims)}
    seen = _leading(x.ndim, axes)
    placed = _transposed([offsets[k] if k in offsets else next(batch) for k in range(made[0].ndim)])

    def run(x: Any, indices: Any) -> Any:
        where, is_inside = positions(indices)
        if not all(is_inside):
            check(is_clipped)
            where = [np.clip(p, 0, x.shape[k] - 1) for k, p in zip(axes, where, strict=True)]
        return placed(seen(x)[tuple(where)])

    return run


def scatter(put: Callable[[Any, tuple[Any, ...], Any], None]) -> Row:
    """A row for whole slices put at positions; those outside are left out."""

    def row(taken: Any, made: Any, *, dimension_numbers: Any, mode: Any, **_: Any) -> Function:
        d = dimension_numbers
        x, indices, new = taken
        axes = (*d.scatter_dims_to_operand_dims, *d.operand_batching_dims)
        check(sorted(axes) == sorted((*d.inserted_window_dims, *d.operand_batching_dims)) and "CLIP" not in str(mode))
        positions = _positions(x, indices, d.scatter_dims_to_operand_dims, d.scatter_indices_batching_dims)
        seen = _leading(x.ndim, axes)
        slices = _leading(new.ndim, [k for k in range(new.ndim) if k not in d.update_window_dims])

        def run(x: Any, indices: Any, new: Any) -> Any:
            where, is_inside = positions(indices)
            changed, new = x.copy(), slices(new)
            if not all(is_inside):
                inside = np.all([(p >= 0) & (p < x.shape[k]) for k, p in zip(axes, where, strict=True)], 0)
                where, new = [np.broadcast_to(p, inside.shape)[inside] for p in where], new[inside]
            put(seen(changed), tuple(where), new)
            return changed

        return run

    return row


def add_at(x: Any, where: tuple[Any, ...], new: Any) -> None:
    """Add slices at positions, one after the other where they are long: `np.add.at` takes its time for each element."""
    n = where[0].size
    if new.size < 32 * n:
        np.add.at(x, where, new)
        return
    rows = new.reshape(n, *new.shape[where[0].ndim :])
    for at, row in zip(zip(*[p.ravel().tolist() for p in np.broadcast_arrays(*where)], strict=True), rows, strict=True):
        x[at] += row


def _positions(x: Any, indices: Any, axes: Sequence[int], batch: Sequence[int]) -> Function:
    """A function that tells of indices the positions along each of the axes, and whether all of them are inside.

    Args:
        x: The array that is looked up.
        indices: Whose last dimension holds a position for each axis.
        axes: Of the array.
        batch: Dimensions of the indices at which the array is looked up at the same place.
    """
    unsigned = np.dtype(f"u{indices.dtype.itemsize}")  # a negative number is a large one
    limits = [(k, x.shape[axis]) for k, axis in enumerate(axes)]
    lengths = indices.shape[:-1]
    own = [np.arange(lengths[k]).reshape([-1 if i == k else 1 for i in range(len(lengths))]) for k in batch]

    def run(indices: Any) -> tuple[list[Any], list[bool]]:
        where = [indices[..., k] for k, _ in limits]
        is_inside = [not p.size or p.view(unsigned).max() < n for p, (_, n) in zip(where, limits, strict=True)]
        return where + own, is_inside

    return run


def _leading(ndim: int, axes: Sequence[int]) -> Function:
    """A function that shows an array with these axes in front."""
    return _transposed([*axes, *(k for k in range(ndim) if k not in axes)])


def _transposed(axes: list[int]) -> Function:
    if axes == [*range(len(axes))]:
        return lambda x: x
    return lambda x: x.transpose(axes)


def dynamic_slice(taken: Any, made: Any, *, slice_sizes: Sequence[int]) -> Function:
    """A window at a position."""
    window = _window(taken[0].shape, slice_sizes)
    return lambda x, *starts: x[window(starts)]


def dynamic_update_slice(taken: Any, made: Any) -> Function:
    """The array with a window at a position written anew."""
    window = _window(taken[0].shape, taken[1].shape)

    def run(x: Any, update: Any, *starts: Any) -> Any:
        changed = x.copy()
        changed[window(starts)] = update
        return changed

    return run


def _window(shape: Sequence[int], sizes: Sequence[int]) -> Function:
    """A function of starts: a window moved inside the array, as XLA does with one that reaches out of it."""
    room = [(n - size, size) for n, size in zip(shape, sizes, strict=True)]

    def run(starts: Sequence[Any]) -> tuple[slice, ...]:
        lows = [(min(max(int(s), 0), most), size) for s, (most, size) in zip(starts, room, strict=True)]
        return tuple([slice(low, low + size) for low, size in lows])

    return run


def sort(taken: Any, made: Any, *, dimension: int, is_stable: bool, num_keys: int) -> Function:
    """All arrays in the order of the first ones; equal elements stay in their order, nan comes last."""
    check(all(key.dtype.kind in "biuf" for key in taken[:num_keys]))

    def run(*xs: Any) -> list[Any]:
        order = np.argsort(xs[num_keys - 1], dimension, kind="stable")
        for key in reversed(xs[: num_keys - 1]):
            moved = np.argsort(np.take_along_axis(key, order, dimension), dimension, kind="stable")
            order = np.take_along_axis(order, moved, dimension)
        return [np.take_along_axis(x, order, dimension) for x in xs]

    return run
