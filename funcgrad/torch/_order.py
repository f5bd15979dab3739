"""Order: how the elements of a result lie in PyTorch's memory, where those of an operand do not lie by their indices.

Values lie in the order of their indices here, whatever this says. But random numbers go to elements in the order of
PyTorch's memory, so a dropout mask depends on it; `stride()` and `view` do too.
"""

from __future__ import annotations

import functools
from typing import Any

from funcgrad.torch._layout import is_contiguous, strides_of
from funcgrad.torch._memory_format import channels_last, channels_last_3d, contiguous_format
from funcgrad.torch._tensor import Tensor

TURNING = frozenset(("permute", "transpose", "t", "unfold", "diagonal", "as_strided"))
"""Views after which the first dimension need not be the outermost one in memory."""

_UNARY = (
    "abs acos acosh angle asin asinh atan atanh bitwise_not cast ceil clone conj cos cosh deg2rad digamma erf erfc "
    "erfinv exp exp2 expm1 floor frac i0 isfinite isinf isnan isneginf isposinf isreal lgamma log log10 log1p "
    "log2 logical_not logit logit_within nan_to_num neg polygamma pow_constant rad2deg reciprocal round round_to "
    "rsqrt sgn sigmoid sign signbit sin sinc sinh special_entr special_erfcx special_i0e special_i1 special_i1e "
    "special_log_ndtr special_ndtr special_ndtri sqrt square tan tanh trunc flip"
)
_ACTIVATIONS = (
    "alpha_dropout celu dropout dropout_all elu gelu hardshrink hardsigmoid hardswish hardtanh leaky_relu mish prelu "
    "relu silu softplus softshrink threshold"
)
_SEVERAL = (
    "add add_scaled addcdiv addcmul atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor "
    "clamp clamp_above clamp_below clamp_max clamp_min complex copysign div div_floor div_trunc eq float_power "
    "floor_divide fmax fmin fmod gcd ge gt heaviside hypot igamma igammac isclose lcm ldexp le lerp lerp_number "
    "logaddexp logaddexp2 logical_and logical_or logical_xor lt maximum minimum mul ne nextafter polar pow rdiv "
    "remainder rsub rsub_scaled sub sub_scaled where xlogy"
)
_LOSSES = "binary_cross_entropy huber_loss l1_loss mse_loss smooth_l1_loss"
_AS_FIRST = ("glu", "index_fill", "index_put", "normalize")
ELEMENTWISE = frozenset((*f"{_UNARY} {_ACTIVATIONS} {_SEVERAL} {_LOSSES}".split(), *_AS_FIRST))
"""Operators whose result PyTorch lays out as their operands lie, and not by its indices."""

_CONVOLUTIONS = ("convolution", "conv_transpose")
_IMAGES = (
    "adaptive_avg_pool adaptive_max_pool avg_pool batch_norm batch_norm_running cat constant_pad_nd conv_transpose "
    "convolution group_norm interpolate local_response_norm max_pool max_unpool pad roll"
)
_CHANNELS = frozenset(_IMAGES.split())
"""Operators on images whose results have the channels innermost where those of their operand are."""
_REVERSED = frozenset(("rsub", "rsub_scaled"))
"""Operators that PyTorch calls with their operands the other way round."""

_RANKS = {channels_last: 4, channels_last_3d: 5}

_Strided = tuple[tuple[int, ...], tuple[int, ...]]


def follow(name: str, operands: tuple[Any, ...], made: list[Tensor]) -> None:
    """Lay out what an operator has made of operands of which one does not lie by its indices."""
    if name in _CHANNELS:
        asked = operands if name == "cat" else operands[:1]
        if all(map(_has_channels_last, asked)) or (name in _CONVOLUTIONS and _has_channels_last(operands[1])):
            for x in made:
                if x.ndim == operands[0].ndim:
                    arrange(x, channels_last_order(x.ndim))
        return
    if len(made) > 1 or name not in ELEMENTWISE or (name == "pow" and not isinstance(operands[0], Tensor)):
        return
    chosen = operands[:1] if name in _AS_FIRST else operands[::-1] if name in _REVERSED else operands
    lying = tuple((x._aval.shape, strides_of(x)) for x in chosen if isinstance(x, Tensor))
    arrange(made[0], _outermost_first(made[0]._aval.shape, lying))


def arrange(x: Tensor, order: tuple[int, ...] | None) -> Tensor:
    """Say in which order, from the outermost one on, the dimensions of a new tensor lie; None: by their indices."""
    if order is not None and _differs(x._aval.shape, order):
        x._storage.order = order
        x._turned = True
    return x


def arrange_like(x: Tensor, other: Tensor) -> Tensor:
    """Lay a new tensor out as another of its shape lies."""
    return arrange(x, _outermost_first(x._aval.shape, ((x._aval.shape, strides_of(other)),)) if other._turned else None)


def straighten(x: Tensor) -> Tensor:
    """Lay a new tensor out by its indices."""
    if x._turned:
        x._turned = False
        del x._storage.order
    return x


def formatted(x: Tensor, format: Any) -> Tensor:
    """Lay a new tensor out by a memory format."""
    if format is contiguous_format:
        return straighten(x)
    if format in (channels_last, channels_last_3d):
        _check_rank(x, format)
        return arrange(straighten(x), channels_last_order(x.ndim))
    return x


def lies_by(x: Tensor, format: Any) -> bool:
    """Whether a tensor lies by a memory format."""
    if format not in (channels_last, channels_last_3d):
        return is_contiguous(x)
    if x.ndim != _RANKS[format]:
        return False
    steps = strides_of(x)
    shape, step = x._aval.shape, 1
    for dim in reversed(channels_last_order(x.ndim)):
        if shape[dim] != 1 and steps[dim] != step:
            return False
        step *= shape[dim]
    return True


def _check_rank(x: Tensor, format: Any) -> None:
    if x.ndim != _RANKS[format]:
        raise RuntimeError(f"required rank {_RANKS[format]} tensor to use {format.name} format")


def channels_last_order(ndim: int) -> tuple[int, ...]:
    """The dimensions of images, channels innermost."""
    return (0, *range(2, ndim), 1)


def _has_channels_last(x: Any) -> bool:
    """Whether PyTorch takes the steps of an operand for those of images whose channels are innermost."""
    if not isinstance(x, Tensor) or x.ndim not in (4, 5):
        return False
    shape, steps, least = x._aval.shape, strides_of(x), 0
    if steps[1] == 0:
        return False
    for dim in reversed(channels_last_order(x.ndim)):
        if shape[dim] == 0 or steps[dim] < least or (dim == 0 and least == steps[1]):
            return False
        least = steps[dim] * max(shape[dim], 1)
    return True


def innermost(x: Tensor, dims: tuple[int, ...]) -> tuple[int, ...]:
    """The dimensions of a tensor as they lie, but these after all others."""
    strides = strides_of(x)
    order = sorted(range(len(strides)), key=lambda dim: -strides[dim])
    return (*(dim for dim in order if dim not in dims), *(dim for dim in order if dim in dims))


def _differs(shape: tuple[int, ...], order: tuple[int, ...]) -> bool:
    long = [dim for dim in order if shape[dim] != 1]
    return long != sorted(long)


@functools.lru_cache(maxsize=4096)
def _outermost_first(shape: tuple[int, ...], operands: tuple[_Strided, ...]) -> tuple[int, ...] | None:
    """The dimensions as PyTorch's iteration over these operands sorts them: by the steps of the first that tells."""
    if any(len(own) > len(shape) for own, _ in operands):
        return None  # a reduction
    steps = [_broadcast(shape, *operand) for operand in operands]
    order = list(range(len(shape)))[::-1]
    for start in range(1, len(order)):
        here = start
        for there in range(start - 1, -1, -1):
            sign = _comparison(shape, steps, order[there], order[here])
            if sign > 0:
                order[there], order[here] = order[here], order[there]
                here = there
            elif sign < 0:
                break
    outermost_first = tuple(order[::-1])
    return outermost_first if _differs(shape, outermost_first) else None


def _broadcast(shape: tuple[int, ...], own: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    missing = [0] * (len(shape) - len(own))
    kept = [0 if m == 1 != n else step for n, m, step in zip(shape[len(missing) :], own, strides, strict=True)]
    return [*missing, *kept]


def _comparison(shape: tuple[int, ...], steps: list[list[int]], inner: int, outer: int) -> int:
    """Whether two dimensions stand in the wrong order (1), the right one (-1), or no operand tells (0)."""
    for step in steps:
        if 0 in (step[inner], step[outer]):
            continue
        if step[inner] != step[outer]:
            return 1 if step[inner] > step[outer] else -1
        if shape[inner] > shape[outer]:
            return 1
    return 0
