"""Shape operators: views of a whole tensor in another shape or order.

The functions of view operators use methods that NumPy and JAX arrays share: `_layout.py` runs them on NumPy.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import alias, apply, view
from funcgrad.torch._graph import Edge, OperatorNode
from funcgrad.torch._in_place import reshape_in_place
from funcgrad.torch._layout import can_view, is_contiguous
from funcgrad.torch._memory_format import contiguous_format
from funcgrad.torch._ops.bits import view_as_dtype
from funcgrad.torch._ops.copying import CLONE
from funcgrad.torch._ops.dims import dim_of, sizes
from funcgrad.torch._ops.rows import Row, named, renamed, require_tensor
from funcgrad.torch._order import formatted, lies_by
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import REVERSED_DIMS, T_OF_NUMBER, VIEW_INCOMPATIBLE
from funcgrad.torch._types import dtype as torch_dtype
from funcgrad.torch._views import ViewOp
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Op


def _is_numpy(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def _reshape(x: Any, *, shape: tuple[int, ...]) -> Any:
    return x.reshape(shape, copy=False) if _is_numpy(x) else x.reshape(shape)


def _expand(x: Any, *, shape: tuple[int, ...]) -> Any:
    return (np if _is_numpy(x) else jnp).broadcast_to(x, shape)


def _reshaped_back(base: Any, new: Any, **static: Any) -> Any:
    return new.reshape(base.shape)


RESHAPE = ViewOp("view", _reshape, inverse=_reshaped_back)
UNSAFE_VIEW = Op("reshape", lambda x, *, shape: x.reshape(shape), saves={0: ()}, label="UnsafeView")
PERMUTE = ViewOp(
    "permute",
    lambda x, *, dims: x.transpose(dims),
    inverse=lambda base, new, *, dims: new.transpose(tuple(np.argsort(dims).tolist())),
)
TRANSPOSE = ViewOp(
    "transpose",
    lambda x, *, a, b: x.swapaxes(a, b) if x.ndim else x,
    inverse=lambda base, new, *, a, b: new.swapaxes(a, b) if new.ndim else new,
)
T = ViewOp("t", lambda x: x.T, inverse=lambda base, new: new.T, label="T")
EXPAND = ViewOp("expand", _expand, writable=False)
EXPAND_BY_ONES = ViewOp("expand", _reshape, inverse=_reshaped_back)
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


def _resolved(shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The shape with its -1 worked out.

    Raises:
        RuntimeError: The shape does not fit the number of elements.
    """
    known = math.prod(s for s in shape if s != -1)
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if -1 in shape and not known and not count:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 "
            "can be any value and is ambiguous"
        )
    if -1 in shape and known and count % known == 0:
        return tuple(count // known if s == -1 else s for s in shape)
    if known != count or -1 in shape:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")
    return shape


def tensor_view(input: Tensor, *shape: Any, size: Any = (), dtype: Any = None) -> Tensor:
    """The same memory in another shape, or with `view(dtype)` as elements of another dtype.

    Raises:
        RuntimeError: The shape or the dtype does not fit, or elements would have to move.
    """
    if dtype is not None or (len(shape) == 1 and isinstance(shape[0], torch_dtype)):
        return view_as_dtype(input, shape[0] if dtype is None else dtype)
    wanted = _resolved(sizes(shape or (size,)), input._aval.size)
    if not can_view(input, wanted):
        raise RuntimeError(VIEW_INCOMPATIBLE)
    return view(RESHAPE, (wanted,), input)


def reshape(input: Tensor, *sides: Any, shape: Any = ()) -> Tensor:
    """Another shape: a view if the layout allows it, else a copy."""
    require_tensor(input, "reshape")
    wanted = _resolved(sizes(sides or (shape,), "reshape"), input._aval.size)
    if not can_view(input, wanted):
        return apply(UNSAFE_VIEW, (wanted,), input)
    made = view(RESHAPE, (wanted,), input)
    edge = made._edge
    if type(edge) is Edge and isinstance(edge.node, OperatorNode) and not is_contiguous(input):
        edge.node.shown = "ReshapeAliasBackward0"
    return made


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` as one."""
    require_tensor(input, "flatten")
    shape = input._aval.shape
    if not shape:
        return reshape(input, 1)
    first, last = dim_of(start_dim, len(shape)), dim_of(end_dim, len(shape))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    return (
        input
        if first == last
        else reshape(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))
    )


def permute(input: Tensor, *places: Any, dims: Any = ()) -> Tensor:
    """Dimensions in another order."""
    places = sizes(places or (dims,))
    if len(places) != input.ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = {len(places)}"
        )
    wanted = tuple(dim_of(d, input.ndim) for d in places)
    if len(set(wanted)) < input.ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return view(PERMUTE, (wanted,), input)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    require_tensor(input, "transpose")
    dims = dim_of(dim0, input.ndim), dim_of(dim1, input.ndim)
    return view(TRANSPOSE, dims if input.ndim else (0, 0), input)


def t(input: Tensor) -> Tensor:
    """A matrix transposed; a tensor of fewer dimensions as it is."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return view(T, (), input)


def expand(input: Tensor, *shape: Any, size: Any = (), implicit: bool = False) -> Tensor:
    """Dimensions of size 1 repeated without a copy; `implicit` is of no effect."""
    final = expanded_shape(input, sizes(shape or (size,), "expand"))
    return view(EXPAND if math.prod(final) > input._aval.size else EXPAND_BY_ONES, (final,), input)


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
    require_tensor(input, "squeeze")
    shape = input._aval.shape
    asked = (
        range(len(shape))
        if dim is None
        else [dim_of(d, len(shape)) for d in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    )
    dims = tuple(d for d in asked if d < len(shape) and shape[d] == 1)
    label = "SqueezeBackward0" if dim is None else "SqueezeBackward1" if isinstance(dim, int) else "SqueezeBackward2"
    return view(SQUEEZE, (dims, label), input)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1."""
    require_tensor(input, "unsqueeze")
    return view(UNSQUEEZE, (dim_of(dim, input.ndim + 1),), input)


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of another tensor."""
    return tensor_view(input, *other._aval.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor in the shape of another."""
    return reshape(input, other._aval.shape)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor expanded to the shape of another."""
    return expand(input, other._aval.shape)


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """The tensor expanded to a shape."""
    return expand(input, size)


def ravel(input: Tensor) -> Tensor:
    """The elements in one dimension."""
    return tensor_view(contiguous(input), -1)


def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """One dimension as several."""
    shape = input._aval.shape
    dim, given = dim_of(dim, len(shape)), tuple(map(operator.index, sizes))
    try:
        wanted = _resolved(given, shape[dim])
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(given)} don't multiply up to the size of dim {dim} ({shape[dim]}) in the "
            "input tensor"
        ) from None
    return tensor_view(input, *shape[:dim], *wanted, *shape[dim + 1 :])


def _distinct(dims: list[int], ndim: int, name: str) -> list[int]:
    found = [dim_of(d, ndim) for d in dims]
    if len(set(found)) < len(found):
        raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})")
    return found


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions at other places, the rest in their order."""
    ndim = input.ndim
    sources, ends = ([x] if hasattr(x, "__index__") else list(x) for x in (source, destination))
    if len(sources) != len(ends):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({sources} dims) should contain the same number of "
            f"dims as destination ({ends} dims)"
        )
    moved, places = _distinct(sources, ndim, "source"), _distinct(ends, ndim, "destination")
    order = [d for d in range(ndim) if d not in moved]
    for place, dim in sorted(zip(places, moved, strict=True)):
        order.insert(place, dim)
    return permute(input, order)


def matrix_transpose(input: Tensor) -> Tensor:
    """Matrices transposed: `x.mT`."""
    return transpose(input, -2, -1)


def reversed_dims(input: Tensor) -> Tensor:
    """All dimensions in reverse order: `x.T`."""
    if input.ndim != 2:
        warn_once(REVERSED_DIMS if input.ndim else T_OF_NUMBER)
    return view(PERMUTE, (tuple(range(input.ndim))[::-1],), input)


def _atleast(ndim: int) -> Any:
    def one(x: Tensor) -> Tensor:
        if x.ndim == 0:
            return reshape(x, (1,) * ndim)
        while x.ndim < ndim:
            x = unsqueeze(x, -1 if x.ndim == 2 else 0)
        return x

    def call(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], Tensor):
            return one(tensors[0])
        return tuple(one(x) for x in (tensors[0] if len(tensors) == 1 else tensors))

    return named(call, f"atleast_{ndim}d")


atleast_1d, atleast_2d, atleast_3d = _atleast(1), _atleast(2), _atleast(3)


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself, or a copy in the order of its indices or of a memory format."""
    if lies_by(input, memory_format):
        return input
    return formatted(apply(CLONE, (), input), memory_format or contiguous_format)


def detach(input: Tensor) -> Tensor:
    """The same memory outside the graph."""
    return alias(input)


def _in_place(shaped: Any) -> Any:
    """The method that gives the tensor itself another shape: it becomes a view of what it was."""

    @functools.wraps(shaped)
    def method(input: Tensor, *dims: Any, **options: Any) -> Tensor:
        return reshape_in_place(input, lambda x: shaped(x, *dims, **options))

    return method


ROWS = (
    Row("view", tensor_view, function=False),
    Row("view_as", view_as, function=False),
    Row("reshape", reshape),
    Row("reshape_as", reshape_as, function=False),
    Row("flatten", flatten),
    Row("unflatten", unflatten),
    Row("ravel", ravel),
    Row("permute", permute),
    Row("movedim", movedim),
    Row("moveaxis", movedim),
    Row("transpose", transpose),
    Row("swapaxes", renamed(transpose, dim0="axis0", dim1="axis1")),
    Row("swapdims", transpose),
    Row("t", t),
    Row("T", reversed_dims, function=False, attribute=True),
    Row("mT", matrix_transpose, function=False, attribute=True),
    Row("expand", expand, function=False),
    Row("expand_as", expand_as, function=False),
    Row("broadcast_to", broadcast_to),
    Row("squeeze", squeeze),
    Row("unsqueeze", unsqueeze),
    Row("atleast_1d", atleast_1d, method=False),
    Row("atleast_2d", atleast_2d, method=False),
    Row("atleast_3d", atleast_3d, method=False),
    Row("contiguous", contiguous, function=False),
    Row("detach", detach),
    Row("squeeze_", _in_place(squeeze), function=False),
    Row("unsqueeze_", _in_place(unsqueeze), function=False),
    Row("transpose_", _in_place(transpose), function=False),
    Row("swapaxes_", renamed(_in_place(transpose), dim0="axis0", dim1="axis1"), function=False),
    Row("swapdims_", _in_place(transpose), function=False),
    Row("t_", _in_place(t), function=False),
)
