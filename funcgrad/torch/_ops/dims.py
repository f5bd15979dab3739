"""Dimensions and sizes as users give them: negative numbers, tuples, several arguments."""

from __future__ import annotations

import operator
from typing import Any


def dim_of(dim: int, ndim: int) -> int:
    """A dimension as a number from 0.

    Raises:
        IndexError: There is no such dimension.
    """
    dim = operator.index(dim)
    reach = max(ndim, 1)
    if not -reach <= dim < reach:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-reach}, {reach - 1}], but got {dim})")
    return dim % reach


def dims_of(dim: Any, x: Any) -> tuple[int, ...] | None:
    """Dimensions of a tensor as numbers from 0; None for all of them, which an empty sequence stands for too.

    Raises:
        RuntimeError: A dimension is given twice.
    """
    if dim is None or is_empty(dim):
        return None
    ndim = len(x._aval.shape)
    if not isinstance(dim, (tuple, list)) and hasattr(dim, "__index__"):
        found = dim_of(dim, ndim)
        return (found,) if ndim else ()
    dims = tuple(sorted([dim_of(d, ndim) for d in dim]))
    if len(set(dims)) < len(dims):
        raise RuntimeError(f"dim {dims[0]} appears multiple times in the list of dims")
    return dims if ndim else ()


def is_empty(dim: Any) -> bool:
    """Whether an argument is a sequence that names no dimension."""
    return isinstance(dim, (tuple, list)) and not dim


def sizes(given: tuple[Any, ...], name: str = "view") -> tuple[int, ...]:
    """Sizes given as several numbers or as one sequence.

    Raises:
        TypeError: Something else, in PyTorch's words about the function `name`.
    """
    first = given[0] if len(given) == 1 else None
    if first is not None and not hasattr(first, "__index__"):
        if isinstance(first, str | float):
            raise TypeError(f"{name}(): argument 'size' (position 1) must be tuple of ints, not {type(first).__name__}")
        given = tuple(first)
    try:
        return tuple([s if type(s) is int else s.__index__() for s in given])
    except AttributeError:
        raise TypeError(f"{name}(): argument 'size' {_not_of_ints(given)}") from None


def _not_of_ints(given: tuple[Any, ...]) -> str:
    place = next(i for i, s in enumerate(given) if not hasattr(s, "__index__"))
    kind = type(given[place]).__name__
    if place:
        return f'failed to unpack the object at pos {place + 1} with error "type must be tuple of ints,but got {kind}"'
    return f"(position 1) must be tuple of ints, but found element of type {kind} at pos 0"


def shape_of(size: tuple[Any, ...], keywords: dict[str, Any], name: str) -> tuple[int, ...]:
    """Sizes given by position or as `size=` to the function `name`; layout keywords have no effect here.

    Raises:
        TypeError: Another keyword, or sizes that are no integers.
        RuntimeError: A negative size.
    """
    given = size or (keywords.pop("size", ()),)
    for keyword in keywords:
        if keyword not in ("layout", "pin_memory", "memory_format"):
            raise TypeError(f"{name}() got an unexpected keyword argument '{keyword}'")
    shape = sizes(given, name)
    if any(s < 0 for s in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape
