"""Joining tensors: along a dimension, along a new one, as a grid, as blocks."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax.scipy.linalg import block_diag as _block_diag

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.promotion import cast, check_broadcast, result_type
from funcgrad.torch._ops.rows import Row, with_out
from funcgrad.torch._ops.shape import atleast_2d, expand, reshape, unsqueeze
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import GRID_WITHOUT_INDEXING
from funcgrad.torch._types import type_name
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Op


def _check_tensors(given: Sequence[Any]) -> None:
    for k, x in enumerate(given):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type_name(x)}")


def _joined(function: Any) -> Any:
    """The function of tensors in their common dtype."""
    return lambda *xs: function([cast(x, result_type(xs)) for x in xs])


def _concatenated(xs: list[Any], dim: int) -> Any:
    return jnp.concatenate([x for x in xs if x.shape != (0,)] or xs, dim)


NOTHING: Any = defaultdict(tuple)
CAT = Op("cat", lambda *xs, dim: _joined(lambda xs: _concatenated(xs, dim))(*xs), saves=NOTHING)
STACK = Op("stack", lambda *xs, dim: _joined(lambda xs: jnp.stack(xs, dim))(*xs), saves=NOTHING)
BLOCK_DIAG = Op("block_diag", _joined(lambda xs: _block_diag(*xs)), saves=NOTHING)


def cat(tensors: Sequence[Tensor], dim: int = 0, **other: Any) -> Tensor:
    """Tensors joined along a dimension; 1-dimensional tensors without elements are left out."""
    if other:
        return with_out(cat, other, tensors, **({} if dim == 0 else {"dim": dim}))
    _check_several(tensors, "cat")
    if len(tensors) == 0:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    _check_tensors(tensors)
    for k, x in enumerate(tensors):
        if not x._aval.shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {k}) cannot be concatenated")
    joined = [x for x in tensors if x._aval.shape != (0,)] or tensors
    dim = dim_of(dim, joined[0].ndim)
    _check_sizes(joined, dim)
    return apply(CAT, (dim,), *tensors)


def _check_sizes(tensors: Sequence[Tensor], dim: int) -> None:
    first = tensors[0]._aval.shape
    for k, x in enumerate(tensors):
        if len(x._aval.shape) != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(x._aval.shape)}"
            )
        for d, (m, n) in enumerate(zip(first, x._aval.shape, strict=True)):
            if d != dim and m != n:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {m} but got size {n} for "
                    f"tensor number {k} in the list."
                )


def stack(tensors: Sequence[Tensor], dim: int = 0, **other: Any) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    if other:
        return with_out(stack, other, tensors, **({} if dim == 0 else {"dim": dim}))
    _check_several(tensors, "stack")
    _check_some(tensors, "stack")
    _check_tensors(tensors)
    first = tensors[0]._aval.shape
    for k, x in enumerate(tensors):
        if x._aval.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(x.shape)} at entry {k}"
            )
    return apply(STACK, (dim_of(dim, len(first) + 1),), *tensors)


def _check_several(tensors: Any, name: str) -> None:
    if not isinstance(tensors, (list, tuple)):
        kind = type_name(tensors)
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {kind}")


def _check_some(tensors: Sequence[Tensor], name: str) -> None:
    if len(tensors) == 0:
        raise RuntimeError(f"{name} expects a non-empty TensorList")


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the columns; 1-dimensional ones along their only dimension."""
    _check_some(tensors, "hstack")
    parts = [reshape(x, (1,)) if x.ndim == 0 else x for x in tensors]
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the rows; a 1-dimensional one is a row."""
    _check_some(tensors, "vstack")
    return cat([atleast_2d(x) for x in tensors], 0)


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the third dimension."""
    _check_some(tensors, "dstack")
    return cat([unsqueeze(x, -1) if x.ndim == 2 else x for x in map(atleast_2d, tensors)], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors joined along the columns; a 1-dimensional one is a column."""
    _check_some(tensors, "column_stack")
    return cat([x if x.ndim > 1 else reshape(x, (-1, 1)) for x in tensors], 1)


def _listed(tensors: tuple[Any, ...]) -> list[Tensor]:
    return list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else list(tensors)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Tensors expanded to their common shape."""
    given = _listed(tensors)
    check_broadcast(given)
    shape = jnp.broadcast_shapes(*(x._aval.shape for x in given))
    return tuple(expand(x, shape) for x in given)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinates of a grid: each tensor expanded along the dimensions of the others; "xy" exchanges the first two."""
    if indexing is None:
        warn_once(GRID_WITHOUT_INDEXING)
    given = [reshape(x, (1,)) if x.ndim == 0 else x for x in _listed(tensors)]
    swapped = indexing == "xy" and len(given) > 1
    if swapped:
        given[:2] = given[1::-1]
    shape = [x.shape[0] for x in given]
    grids = [expand(reshape(x, [-1 if d == k else 1 for d in range(len(given))]), shape) for k, x in enumerate(given)]
    if swapped:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All choices of an element of each tensor, a row for each."""
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(grid, (-1,)) for grid in meshgrid(*tensors, indexing="ij")], -1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of `r` elements in order, a row for each."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.shape[0]), r))
    return stack([input[[row[k] for row in rows]] for k in range(r)], 1)  # pyright: ignore[reportIndexIssue]


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a large one."""
    return apply(BLOCK_DIAG, (), *tensors)


ROWS = tuple(
    Row(call.__name__ if name is None else name, call, method=False)
    for name, call in (
        (None, cat),
        ("concat", cat),
        ("concatenate", cat),
        (None, stack),
        (None, hstack),
        (None, vstack),
        ("row_stack", vstack),
        (None, dstack),
        (None, column_stack),
        (None, broadcast_tensors),
        (None, meshgrid),
        (None, cartesian_prod),
        (None, combinations),
        (None, block_diag),
    )
)
