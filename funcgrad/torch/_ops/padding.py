"""Padding: more elements at the ends of dimensions, or fewer where a number is negative."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.promotion import cast
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._ops.taps import Taps, resampled
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op

Ends = tuple[tuple[int, int], ...]  # how much is added before and after, for the last dimensions in their order


def _constant(x: Any, value: Any, *, ends: Ends) -> Any:
    config = [(0, 0, 0)] * (x.ndim - len(ends)) + [(low, high, 0) for low, high in ends]
    if any(n + low + high < 0 for n, (low, high, _) in zip(x.shape, config, strict=True)):
        raise RuntimeError("narrow(): length must be non-negative.")
    return lax.pad(x, cast(value, x.dtype), config)


@functools.cache
def _positions(length: int, low: int, high: int, mode: str) -> Taps:
    """Which element stands where, outside as well."""
    outside = np.arange(-low, length + high)
    if mode == "replicate":
        index = np.clip(outside, 0, length - 1)
    elif mode == "reflect":
        index = (length - 1) - np.abs(length - 1 - np.abs(outside))
    else:  # round what is left of the input
        first, left = max(-low, 0), length + min(low, 0) + min(high, 0)
        index = first + (outside - first) % left if left else outside
    return Taps(index[None], np.ones((1, len(index))), length)


def _extended(x: Any, *, ends: Ends, mode: str) -> Any:
    first = x.ndim - len(ends)
    for d, (low, high) in enumerate(ends):
        _check_extent(x, first + d, low, high, mode)
    for d, (low, high) in enumerate(ends):
        if low or high:
            x = resampled(x, first + d, _positions(x.shape[first + d], low, high, mode))
    return x


def _check_extent(x: Any, axis: int, low: int, high: int, mode: str) -> None:
    length = x.shape[axis]
    if mode == "circular":
        if max(low, high) > length:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if length + low + high < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
        return
    if mode == "reflect" and max(low, high) >= length:
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
            f"({low}, {high}) at dimension {axis} of input {list(x.shape)}"
        )
    if length == 0:
        ndim = 2 if x.ndim < 4 else x.ndim - 1
        raise RuntimeError(
            f"Expected {ndim}D or {ndim + 1}D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(x.shape)}"
        )
    if length + low + high < 1:
        raise RuntimeError(f"input (W: {length}) is too small. Calculated output W: {length + low + high}")


_NODES = {"reflect": "ReflectionPad{}D", "replicate": "ReplicationPad{}D", "circular": "torch::autograd::CopySlices"}


def _label(equation: Equation) -> str:
    ends, mode = equation.static
    return _NODES[mode].format(len(ends))


CONSTANT_PAD = Op("constant_pad_nd", _constant, saves={0: ()}, label="ConstantPadNd")
EXTENDED = Op("pad", _extended, saves={0: ()}, label=_label)


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """More elements at the ends of the last dimensions, or fewer where a number is negative.

    Args:
        input: Any shape for `constant`; for the others with one or two dimensions before those that are padded.
        pad: `(before, after)` of the last dimension, then of the one before it, and so on.
        mode: `constant`, `reflect`, `replicate` or `circular`.
        value: What `constant` fills in; 0 if None.

    Raises:
        RuntimeError: The numbers do not fit the shape.
        NotImplementedError: The mode is unknown, or does not pad this many dimensions.
    """
    require_tensor(input, "pad")
    if isinstance(pad, int):
        raise TypeError("pad(): argument 'pad' (position 2) must be tuple of ints, not int")
    ends = _ends(input, [int(n) for n in pad])
    if mode == "constant":
        return apply(CONSTANT_PAD, (ends,), input, 0.0 if value is None else value)
    if value not in (None, 0):
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    _check_mode(mode, len(pad), input.ndim)
    return apply(EXTENDED, (ends, mode), input)


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """`pad` with a constant."""
    return apply(CONSTANT_PAD, (_ends(input, [int(n) for n in pad]),), input, value)


def _ends(input: Tensor, numbers: list[int]) -> Ends:
    if len(numbers) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(numbers) > 2 * input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(numbers)} and input of dimension {input.ndim}"
        )
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))[::-1]


def _check_mode(mode: str, count: int, ndim: int) -> None:
    if count not in (2, 4, 6) or ndim - count // 2 not in (1, 2):
        raise NotImplementedError(_COMBINATIONS.format(count, ndim))
    if mode not in _NODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")


_COMBINATIONS = """Padding size {} is not supported for {}D input tensor.
Supported combinations for non-constant padding:
  - 2D or 3D input: padding size = 2 (pads last dimension)
  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)
  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"""
