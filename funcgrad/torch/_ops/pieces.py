"""Parts of a tensor as views: slices along a dimension, equal pieces, windows, the diagonal."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import view
from funcgrad.torch._layout import offset_of
from funcgrad.torch._ops.dims import dim_of, sizes
from funcgrad.torch._ops.rows import Row, renamed
from funcgrad.torch._ops.slicing import ALL, ONE, SLICE
from funcgrad.torch._tensor import Tensor, root_of
from funcgrad.torch._texts import VIEW_OF_SEVERAL
from funcgrad.torch._views import ViewOp


def _split(x: Any, *, sizes: tuple[int, ...], dim: int) -> tuple[Any, ...]:
    ends = np.cumsum((0, *sizes)).tolist()
    before = (slice(None),) * dim
    return tuple(x[(*before, slice(a, b))] for a, b in pairwise(ends))


def _windows(x: Any, *, dim: int, size: int, step: int) -> Any:
    every = (slice(None),) * dim + (slice(None, None, step),)
    if isinstance(x, np.ndarray):
        return np.lib.stride_tricks.sliding_window_view(x, size, dim)[every]
    starts = jnp.arange(0, x.shape[dim] - size + 1, step)
    windows = jnp.take(x, starts[:, None] + jnp.arange(size), dim)
    return jnp.moveaxis(windows, dim + 1, -1)


def _strided(x: Any, start: Any, *, size: tuple[int, ...], stride: tuple[int, ...]) -> Any:
    if isinstance(x, np.ndarray):
        flat = x.reshape(-1, copy=False)[start.value :]
        steps = [step * flat.itemsize for step in stride]
        return np.lib.stride_tricks.as_strided(flat, size, steps, writeable=False)
    steps = (jnp.arange(n) * step for n, step in zip(size, stride, strict=True))
    places = sum(jnp.meshgrid(*steps, indexing="ij"), start.value) if size else start.value
    return x.reshape(-1)[places]


UNBIND = ViewOp("unbind", lambda x, *, dim: tuple(x[(*(slice(None),) * dim, i, ...)] for i in range(x.shape[dim])))
SPLIT = ViewOp("split", _split)
SPLIT_WITH_SIZES = ViewOp("split_with_sizes", _split)
DIAGONAL = ViewOp("diagonal", lambda x, *, offset, a, b: x.diagonal(offset, a, b))
UNFOLD = ViewOp("unfold", _windows, writable=False)
AS_STRIDED = ViewOp("as_strided", _strided, writable=False)
"""`(base, start)`: the memory of a base from a place on, read in steps."""


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, as views."""
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    parts = view(UNBIND, (dim_of(dim, input.ndim),), input, origin=VIEW_OF_SEVERAL)
    return tuple(parts) if isinstance(parts, list) else (parts,)


def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces of a given size (the last may be smaller), or of the given sizes, as views."""
    dim = dim_of(dim, input.ndim)
    length = input._aval.shape[dim]
    size = split_size_or_sections
    if hasattr(size, "__index__"):
        size = operator.index(size)
    if isinstance(size, int) and size <= 0 < length:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {length}")
    pieces = _pieces(length, size) if isinstance(size, int) else tuple(map(operator.index, size))
    if sum(pieces) != length:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension {dim}),"
            f" but got split_sizes={list(pieces)}"
        )
    op = SPLIT if isinstance(size, int) else SPLIT_WITH_SIZES
    parts = view(op, (pieces, dim), input, origin=VIEW_OF_SEVERAL)
    return tuple(parts) if isinstance(parts, list) else (parts,)


def _pieces(length: int, size: int) -> tuple[int, ...]:
    whole, rest = divmod(length, size or 1)
    return (size,) * whole + ((rest,) if rest or not whole else ())


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of equal size (the last may be smaller), as views."""
    chunks = operator.index(chunks)
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    return split(input, max(1, -(-input._aval.shape[dim_of(dim, input.ndim)] // chunks)), dim)


def tensor_split(
    input: Tensor, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """So many pieces of nearly equal size, or pieces between the given positions, as views."""
    if not input.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = dim_of(dim, input.ndim)
    length = input._aval.shape[dim]
    if indices_or_sections is None:
        indices_or_sections = sections if indices is None else indices
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = indices_or_sections.tolist()
    if not isinstance(indices_or_sections, (tuple, list)):
        indices_or_sections = operator.index(indices_or_sections)
        if indices_or_sections < 1:
            raise RuntimeError(f"number of sections must be larger than 0, got {indices_or_sections}")
        short, longer = divmod(length, indices_or_sections)
        lengths = [short + (k < longer) for k in range(indices_or_sections)]
        ends = np.cumsum([0, *lengths]).tolist()
    else:
        ends = [0, *(min(int(i) % (length + 1) if i < 0 else int(i), length) for i in indices_or_sections), length]
    return tuple(narrow(input, dim, a, max(b - a, 0)) for a, b in pairwise(ends))


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Pieces along the columns; equal ones, if a number of them is given."""
    return _split_evenly(input, indices_or_sections, 0 if input.ndim == 1 else 1, "hsplit", 1)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Pieces along the rows; equal ones, if a number of them is given."""
    return _split_evenly(input, indices_or_sections, 0, "vsplit", 2)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Pieces along the third dimension; equal ones, if a number of them is given."""
    return _split_evenly(input, indices_or_sections, 2, "dsplit", 3)


def _split_evenly(input: Tensor, given: Any, dim: int, name: str, least: int) -> tuple[Tensor, ...]:
    if input.ndim < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {input.ndim} "
            "dimensions!"
        )
    if isinstance(given, str):
        raise TypeError(f"{name}() received an invalid combination of arguments - got (Tensor, str)")
    length = input._aval.shape[dim]
    if isinstance(given, int) and (given < 1 or length % given):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {length} is not "
            f"divisible by the split_size {given}!"
        )
    return tensor_split(input, given, dim)


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`length` slices along a dimension from `start` on."""
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, Tensor) and (start.ndim or start._aval.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    dim = dim_of(dim, input.ndim)
    size, start, length = input._aval.shape[dim], int(start), int(length)
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return view(SLICE, ((ALL,) * dim + ((length, 1),) + (ALL,) * (input.ndim - dim - 1),), input, start)


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One slice along a dimension."""
    shape = input._aval.shape
    dim, index = dim_of(dim, len(shape)), int(index)
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}")
    return view(SLICE, ((ALL,) * dim + (ONE,) + (ALL,) * (len(shape) - dim - 1),), input, index % shape[dim])


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dimensions, as the last dimension."""
    first, second = dim_of(dim1, input.ndim), dim_of(dim2, input.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return view(DIAGONAL, (offset, first, second), input)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows along a dimension; their elements are the last dimension."""
    dim = dim_of(dimension, input.ndim)
    if not input.ndim:
        return input.expand(1).as_strided((size,), (1,))
    if size > input._aval.shape[dim]:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {input._aval.shape[dim]} but size is {size}")
    return view(UNFOLD, (dim, operator.index(size), operator.index(step)), input)


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """The memory that a tensor lies in, read with other strides.

    Raises:
        RuntimeError: Sizes and strides are no pair, or lead out of the memory.
    """
    shape, steps = sizes((size,)), sizes((stride,))
    start = offset_of(input) if storage_offset is None else int(storage_offset)
    base = input if input._base is None else root_of(input)
    if base.dtype is not input.dtype:
        base = base.reshape(-1).view(input.dtype)
    _check_strides(base, shape, steps, start)
    return view(AS_STRIDED, (shape, steps), base, start, origin=input._origin)


def _check_strides(base: Tensor, size: tuple[int, ...], stride: tuple[int, ...], start: int) -> None:
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    item = base._aval.dtype.itemsize
    reach = start + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1 if 0 not in size else 0
    if reach > base._aval.size:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, and itemsize {item} "
            f"requiring a storage size of {reach * item} are out of bounds for storage of size {base._aval.size * item}"
        )


ROWS = (
    Row("unbind", unbind),
    Row("split", renamed(split, input="tensor"), method=False),
    Row("split", renamed(split, split_size_or_sections="split_size"), function=False),
    Row("split_with_sizes", renamed(split, split_size_or_sections="split_sizes")),
    Row("chunk", chunk),
    Row("tensor_split", tensor_split),
    Row("hsplit", hsplit),
    Row("vsplit", vsplit),
    Row("narrow", narrow),
    Row("select", select),
    Row("diagonal", diagonal),
    Row("unfold", unfold, function=False),
    Row("as_strided", as_strided),
    Row("dsplit", dsplit),
)
