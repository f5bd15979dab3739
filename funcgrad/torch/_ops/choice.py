"""Choosing between values: clamp, where, masks, the larger of two.

A clamp passes its gradient at the bounds; equal maxima share it; the branch that `where` does not take gets 0, which
its own derivative may turn into nan.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.labels import NOT_DIFFERENTIABLE, by_operand
from funcgrad.torch._ops.promotion import cast, check_broadcast, common, no_derivative, result_type
from funcgrad.torch._ops.rows import Row, of_tensors, require_tensor, tensor_first, with_out
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._texts import UINT8_CONDITION
from funcgrad.torch._types import dtype_of
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Equation, Op, array_of, constant


def _ordered(name: str, function: Any) -> Any:
    """The function, for numbers that have an order."""

    def chosen(x: Any, y: Any) -> Any:
        if jnp.iscomplexobj(x):
            raise RuntimeError(f"{name} not implemented for complex tensors.")
        return function(x, y)

    return common(chosen)


MAXIMUM = Op("maximum", _ordered("maximum", jnp.maximum))
MINIMUM = Op("minimum", _ordered("minimum", jnp.minimum))


def _ignoring_nan(function: Any) -> Any:
    def chosen(x: Any, y: Any) -> Any:
        both = function(x, y)
        return jnp.where(jnp.isnan(x), y, jnp.where(jnp.isnan(y), x, both))

    return chosen


FMAX = Op("fmax", _ordered("fmax", _ignoring_nan(lambda x, y: jnp.where(x >= y, x, y))))
FMIN = Op("fmin", _ordered("fmin", _ignoring_nan(lambda x, y: jnp.where(x <= y, x, y))))


@jax.custom_jvp
def _clamp(x: Any, low: Any, high: Any) -> Any:
    return jnp.minimum(jnp.maximum(x, low), high)


@_clamp.defjvp
def _clamp_jvp(primals: Any, tangents: Any) -> Any:
    x, low, high = primals
    inside = (x >= low) & (x <= high)
    at = jnp.where(inside, tangents[0], jnp.where((x < low) & (low < high), tangents[1], tangents[2]))
    return _clamp(x, low, high), at


def _clamp_between(x: Any, low: Any, high: Any) -> Any:
    check_broadcast((x, low, high))
    dtype = result_type((x, low, high))
    return _clamp(*jnp.broadcast_arrays(*(cast(a, dtype) for a in (x, low, high))))


def _clamp_below(x: Any, low: Any) -> Any:
    return _clamp_between(x, low, extreme(result_type((x, low)), highest=True))


def _clamp_above(x: Any, high: Any) -> Any:
    return _clamp_between(x, extreme(result_type((x, high)), highest=False), high)


def extreme(dtype: Any, *, highest: bool) -> Any:
    """The highest or the lowest that there is."""
    if jnp.issubdtype(dtype, np.floating):
        return jnp.array(np.inf if highest else -np.inf, dtype)
    if dtype == np.bool_:
        return jnp.array(highest)
    limits = jnp.iinfo(dtype)
    return jnp.array(limits.max if highest else limits.min, dtype)


def _clamp_label(equation: Equation) -> str:
    return "ClampBackward1" if all(aval is None for aval in equation.avals[1:]) else "ClampBackward0"


CLAMP = Op("clamp", _clamp_between, label=_clamp_label)
CLAMP_BELOW = Op("clamp_below", _clamp_below, label=_clamp_label)
CLAMP_ABOVE = Op("clamp_above", _clamp_above, label=_clamp_label)
CLAMP_MIN = Op("clamp_min", _clamp_below, label=by_operand("ClampMin", 1, tensor=1, number=0))
CLAMP_MAX = Op("clamp_max", _clamp_above, label=by_operand("ClampMax", 1, tensor=1, number=0))


def clamp(input: Tensor, min: Any = None, max: Any = None, **other: Any) -> Tensor:
    """Values limited to `[min, max]`.

    Raises:
        RuntimeError: Neither bound is given.
    """
    if other:
        return with_out(clamp, other, input, min, max)
    tensor_first("clamp", input, min, max)
    if max is None:
        if min is None:
            raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
        return apply(CLAMP_BELOW, (), input, min)
    return apply(CLAMP_ABOVE, (), input, max) if min is None else apply(CLAMP, (), input, min, max)


def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Values not below `min`."""
    tensor_first("clamp_min", input, min)
    return apply(CLAMP_MIN, (), input, min)


def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Values not above `max`."""
    tensor_first("clamp_max", input, max)
    return apply(CLAMP_MAX, (), input, max)


def _where(condition: Any, x: Any, y: Any) -> Any:
    if condition.dtype not in (np.bool_, np.uint8):
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtype_of(condition.dtype).scalar}"
        )
    check_broadcast((condition, x, y))
    dtype = result_type((x, y))
    return jnp.where(condition.astype(bool), cast(x, dtype), cast(y, dtype))


WHERE = Op("where", _where, saves={1: (0,), 2: (0,)})


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition holds, `other` elsewhere; with the condition alone its places."""
    require_tensor(condition, "where", "condition")
    if input is None:
        return tuple(wrap(constant(p)) for p in np.nonzero(_host(condition)))
    if condition._aval.dtype == np.uint8:
        warn_once(UINT8_CONDITION)
    return apply(WHERE, (), condition, input, other)


def where_method(input: Any, condition: Tensor, other: Any) -> Tensor:
    """`input` where the condition holds, `other` elsewhere."""
    return apply(WHERE, (), condition, input, other)


def _masked_fill(x: Any, mask: Any, value: Any) -> Any:
    _check_mask(mask, "masked_fill_ only supports boolean masks, but got mask with dtype")
    check_broadcast((mask, x))
    return jnp.where(mask, cast(value, x.dtype), x)


_NAMES = {"int64": "long int", "int32": "int", "float32": "float", "float64": "double", "uint8": "unsigned char"}


def _check_mask(mask: Any, text: str) -> None:
    if mask.dtype != np.bool_:
        raise RuntimeError(f"{text} {_NAMES.get(mask.dtype.name, mask.dtype.name)}")


MASKED_FILL = Op(
    "masked_fill",
    _masked_fill,
    saves={0: (1,), 2: (1,)},
    label=by_operand("MaskedFill", 2, tensor=1, number=0),
)


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor with `value` where the mask holds.

    Raises:
        RuntimeError: A value with dimensions, or a complex one for real elements.
    """
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    is_complex = value._aval.dtype.kind == "c" if isinstance(value, Tensor) else isinstance(value, complex)
    if is_complex and input._aval.dtype.kind != "c":
        name = input._aval.dtype.name
        kind = "int64_t" if name == "int64" else _NAMES.get(name, name)
        raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
    return apply(MASKED_FILL, (), input, mask, value)


# The number of places that a mask selects is part of a shape, so the mask is looked at.


def _host(x: Tensor) -> np.ndarray:
    return np.asarray(array_of(value_of(x), "mask"))


def _take_flat(x: Any, places: Any, *, shape: tuple[int, ...]) -> Any:
    return jnp.broadcast_to(x, shape).reshape(-1)[places]


def _put_flat(x: Any, places: Any, source: Any) -> Any:
    return x.reshape(-1).at[places].set(source.reshape(-1)[: places.size].astype(x.dtype)).reshape(x.shape)


MASKED_SELECT = Op("masked_select", _take_flat, saves={0: (1,)})
MASKED_SCATTER = Op("masked_scatter", _put_flat, saves={0: (1,), 2: (1,)})


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, in one dimension."""
    if mask._aval.dtype != np.bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    check_broadcast((mask, input))
    shape = np.broadcast_shapes(input._aval.shape, mask._aval.shape)
    places = np.flatnonzero(np.broadcast_to(_host(mask), shape))
    return apply(MASKED_SELECT, (shape,), input, wrap(constant(places)))


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor with the next element of `source` at each place where the mask holds."""
    if mask._aval.dtype != np.bool_:
        kind = dtype_of(mask._aval.dtype).scalar
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {kind}")
    if input._aval.dtype != source._aval.dtype:
        kinds = " and ".join(dtype_of(x._aval.dtype).scalar for x in (input, source))
        raise RuntimeError(f"masked_scatter: expected self and source to have same dtypes but got{kinds}")
    check_broadcast((mask, input))
    shape = np.broadcast_shapes(input._aval.shape, mask._aval.shape)
    input = input if shape == input._aval.shape else input.expand(shape)
    places = np.flatnonzero(np.broadcast_to(_host(mask), shape))
    if source._aval.size < places.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return apply(MASKED_SCATTER, (), input, wrap(constant(places)), source)


def _heaviside(x: Any, at_zero: Any) -> Any:
    return jnp.where(x == 0, at_zero, (x > 0).astype(x.dtype))


def _alike(function: Any) -> Any:
    """The function, for operands that have one dtype already."""

    def checked(x: Any, y: Any) -> Any:
        if jnp.iscomplexobj(x) or jnp.iscomplexobj(y):
            raise RuntimeError("heaviside is not yet implemented for complex tensors.")
        if x.dtype != y.dtype:
            raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
        return function(x, y)

    return checked


HEAVISIDE = Op(
    "heaviside", _alike(common(no_derivative("heaviside", _heaviside))), saves={0: (), 1: ()}, label=NOT_DIFFERENTIABLE
)

ROWS = (
    of_tensors("maximum", MAXIMUM),
    of_tensors("minimum", MINIMUM),
    of_tensors("fmax", FMAX),
    of_tensors("fmin", FMIN),
    Row("clamp", clamp, inplace=True),
    Row("clip", clamp, inplace=True),
    Row("clamp_min", clamp_min, inplace=True),
    Row("clamp_max", clamp_max, inplace=True),
    Row("where", where, method=False),
    Row("where", where_method, function=False),
    Row("masked_fill", masked_fill, inplace=True),
    Row("masked_select", masked_select),
    Row("masked_scatter", masked_scatter, inplace=True),
    of_tensors("heaviside", HEAVISIDE, second="values", inplace=True),
)
