"""Shape operators: views of a tensor in another shape or order, and joining and repeating.

The functions of view operators use methods that NumPy and JAX arrays share: `_layout.py` runs them on NumPy.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import alias, apply, view
from funcgrad.torch._layout import can_view, is_contiguous
from funcgrad.torch._ops.dims import dim_of, sizes
from funcgrad.torch._ops.elementwise import CLONE
from funcgrad.torch._ops.promotion import common
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import VIEW_INCOMPATIBLE, VIEW_OF_SEVERAL
from funcgrad.torch._types import Size
from funcgrad.torch._views import ViewOp
from funcgrad.trace import Op


def _is_numpy(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def _reshape(x: Any, *, shape: tuple[int, ...]) -> Any:
    return x.reshape(shape, copy=False) if _is_numpy(x) else x.reshape(shape)


def _expand(x: Any, *, shape: tuple[int, ...]) -> Any:
    return (np if _is_numpy(x) else jnp).broadcast_to(x, shape)


def _reshaped_back(base: Any, new: Any, **static: Any) -> Any:
    return new.reshape(base.shape)


def _split(x: Any, *, sizes: tuple[int, ...], dim: int) -> tuple[Any, ...]:
    ends = np.cumsum((0, *sizes)).tolist()
    before = (slice(None),) * dim
    return tuple(x[(*before, slice(a, b))] for a, b in zip(ends, ends[1:], strict=False))


RESHAPE = ViewOp("view", _reshape, inverse=_reshaped_back)
UNSAFE_VIEW = Op("reshape", lambda x, *, shape: x.reshape(shape), saves={0: ()}, label="UnsafeView")
PERMUTE = ViewOp(
    "permute",
    lambda x, *, dims: x.transpose(dims),
    inverse=lambda base, new, *, dims: new.transpose(tuple(np.argsort(dims).tolist())),
)
TRANSPOSE = ViewOp(
    "transpose", lambda x, *, a, b: x.swapaxes(a, b), inverse=lambda base, new, *, a, b: new.swapaxes(a, b)
)
T = ViewOp("t", lambda x: x.T, inverse=lambda base, new: new.T, label="T")
EXPAND = ViewOp("expand", _expand, writable=False)
SQUEEZE = ViewOp(
    "squeeze",
    lambda x, *, dims, label: x.squeeze(dims),
    inverse=_reshaped_back,
    label=lambda equation: equation.static[1],
)
UNSQUEEZE = ViewOp(
    "unsqueeze",
    lambda x, *, dim: x[(slice(None),) * dim + (None,)],
    inverse=_reshaped_back,
)
UNBIND = ViewOp("unbind", lambda x, *, dim: tuple(x[(slice(None),) * dim + (i,)] for i in range(x.shape[dim])))
SPLIT = ViewOp("split", _split)
NOTHING: Any = defaultdict(tuple)
CAT = Op("cat", common(lambda *xs, dim: jnp.concatenate(xs, dim)), saves=NOTHING)
STACK = Op("stack", common(lambda *xs, dim: jnp.stack(xs, dim)), saves=NOTHING)
TILE = Op("repeat", lambda x, *, repeats: jnp.tile(x, repeats), saves={0: ()})
FLIP = Op("flip", lambda x, *, dims: jnp.flip(x, dims), saves={0: ()})


def _resolved(shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The shape with its -1 worked out.

    Raises:
        RuntimeError: The shape does not fit the number of elements.
    """
    known = math.prod(s for s in shape if s != -1)
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if -1 in shape and known and count % known == 0:
        return tuple(count // known if s == -1 else s for s in shape)
    if known != count or -1 in shape:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")
    return shape


def tensor_view(input: Tensor, *shape: Any) -> Tensor:
    """The same memory in another shape; also `view(dtype)` for the tensor's own dtype.

    Raises:
        RuntimeError: The shape does not fit, or elements would have to move.
    """
    wanted = _resolved(sizes(shape), input._aval.size)
    if not can_view(input, wanted):
        raise RuntimeError(VIEW_INCOMPATIBLE)
    return view(RESHAPE, (wanted,), input)


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """Another shape: a view if the layout allows it, else a copy."""
    if len(shape) == 1 and shape[0] == ():
        shape = ((),)
    wanted = _resolved(sizes(shape), input._aval.size)
    return view(RESHAPE, (wanted,), input) if can_view(input, wanted) else apply(UNSAFE_VIEW, (wanted,), input)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` as one."""
    shape = input._aval.shape
    if not shape:
        return reshape(input, 1)
    first, last = dim_of(start_dim, len(shape)), dim_of(end_dim, len(shape))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    return input if first == last else reshape(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def permute(input: Tensor, *dims: Any) -> Tensor:
    """Dimensions in another order."""
    wanted = tuple(dim_of(d, input.ndim) for d in sizes(dims))
    if sorted(wanted) != list(range(input.ndim)):
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = {len(wanted)}"
        )
    return view(PERMUTE, (wanted,), input)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    return view(TRANSPOSE, (dim_of(dim0, input.ndim), dim_of(dim1, input.ndim)), input)


def t(input: Tensor) -> Tensor:
    """A matrix transposed; a tensor of fewer dimensions as it is."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return view(T, (), input)


def expand(input: Tensor, *shape: Any) -> Tensor:
    """Dimensions of size 1 repeated without a copy."""
    return view(EXPAND, (expanded_shape(input, sizes(shape)),), input)


def expanded_shape(input: Tensor, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that expanding gives.

    Raises:
        RuntimeError: The tensor does not expand to `wanted`.
    """
    have = input._aval.shape
    if len(wanted) < len(have):
        raise RuntimeError(
            f"expand(torch.{input.dtype.legacy}{{{list(have)}}}, size={list(wanted)}): the number of sizes provided "
            f"({len(wanted)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    padded = (1,) * (len(wanted) - len(have)) + have
    final = tuple(h if w == -1 else w for w, h in zip(wanted, padded, strict=True))
    for i, (w, h) in enumerate(zip(final, padded, strict=True)):
        if h not in (1, w):
            raise RuntimeError(
                f"The expanded size of the tensor ({w}) must match the existing size ({h}) at non-singleton dimension "
                f"{i}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(have)}"
            )
    return final


def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Dimensions of size 1 left out: all, or those given."""
    shape = input._aval.shape
    asked = range(len(shape)) if dim is None else [dim_of(d, len(shape)) for d in (dim if isinstance(dim, tuple | list) else (dim,))]
    dims = tuple(d for d in asked if d < len(shape) and shape[d] == 1)
    label = "SqueezeBackward0" if dim is None else "SqueezeBackward1" if isinstance(dim, int) else "SqueezeBackward2"
    return view(SQUEEZE, (dims, label), input)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1."""
    return view(UNSQUEEZE, (dim_of(dim, input.ndim + 1),), input)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, as views."""
    parts = view(UNBIND, (dim_of(dim, input.ndim),), input, origin=VIEW_OF_SEVERAL.format(number="{number}", label="Unbind"))
    return tuple(parts) if isinstance(parts, list) else (parts,)


def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces of a given size (the last may be smaller), or of the given sizes, as views."""
    dim = dim_of(dim, input.ndim)
    length = input._aval.shape[dim]
    size = split_size_or_sections
    pieces = tuple(size) if not isinstance(size, int) else _pieces(length, size)
    if sum(pieces) != length:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension {dim}),"
            f" but got split_sizes={list(pieces)}"
        )
    label = "Split" if isinstance(size, int) else "SplitWithSizes"
    parts = view(SPLIT, (pieces, dim), input, origin=VIEW_OF_SEVERAL.format(number="{number}", label=label))
    return tuple(parts) if isinstance(parts, list) else (parts,)


def _pieces(length: int, size: int) -> tuple[int, ...]:
    whole, rest = divmod(length, size)
    return (size,) * whole + ((rest,) if rest or not whole else ())


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of equal size (the last may be smaller), as views."""
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    return split(input, max(1, -(-input._aval.shape[dim] // chunks)), dim)


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors joined along a dimension."""
    if len(tensors) == 0:
        raise RuntimeError("torch.cat(): expected a non-empty list of Tensors")
    dim = dim_of(dim, tensors[0].ndim)
    for k, x in enumerate(tensors):
        for d, (m, n) in enumerate(zip(tensors[0]._aval.shape, x._aval.shape, strict=False)):
            if d != dim and m != n:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {m} but got size {n} for "
                    f"tensor number {k} in the list."
                )
    return apply(CAT, (dim,), *tensors)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    if len(tensors) == 0:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0]._aval.shape
    for k, x in enumerate(tensors):
        if x._aval.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(x.shape)} at entry {k}"
            )
    return apply(STACK, (dim_of(dim, len(first) + 1),), *tensors)


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """The tensor repeated along each dimension, as a copy."""
    return apply(TILE, (sizes(repeats),), input)


def flip(input: Tensor, *dims: Any) -> Tensor:
    """Dimensions in reverse order."""
    return apply(FLIP, (tuple(dim_of(d, input.ndim) for d in sizes(dims)),), input)


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself, or a copy in the order of its indices."""
    return input if is_contiguous(input) else apply(CLONE, (), input)


def detach(input: Tensor) -> Tensor:
    """The same memory outside the graph."""
    return alias(input)


def size(input: Tensor, dim: int | None = None) -> Any:
    """The shape, or the length of one dimension."""
    shape = input._aval.shape
    return Size(shape) if dim is None else shape[dim_of(dim, len(shape))]


ROWS = (
    Row("view", tensor_view, function=False),
    Row("reshape", reshape),
    Row("flatten", flatten),
    Row("permute", permute),
    Row("transpose", transpose),
    Row("swapaxes", transpose),
    Row("t", t),
    Row("expand", expand, function=False),
    Row("squeeze", squeeze),
    Row("unsqueeze", unsqueeze),
    Row("unbind", unbind),
    Row("split", split),
    Row("chunk", chunk),
    Row("cat", cat, method=False),
    Row("concat", cat, method=False),
    Row("stack", stack, method=False),
    Row("repeat", repeat, function=False),
    Row("flip", flip),
    Row("contiguous", contiguous, function=False),
    Row("detach", detach),
    Row("size", size, function=False),
)
