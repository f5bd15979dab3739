"""Patches and shuffles: sliding blocks as columns and back, and channels exchanged with space.

Folding is the linear transpose of unfolding, and unshuffling the inverse of shuffling.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.promotion import refuse
from funcgrad.torch._ops.windows import Span, each, padded, taps
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

Pair = tuple[int, int]


def _blocks(size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Pair:
    """How many blocks there are along each dimension."""
    sizes = zip(size, kernel, dilation, padding, stride, strict=True)
    height, width = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in sizes]
    return height, width


def _columns(x: Any, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Any:
    """`[batch, channels * block, blocks]` of `[batch, channels, height, width]`."""
    counts = _blocks(x.shape[2:], kernel, dilation, padding, stride)
    spans = [Span(*how) for how in zip(kernel, stride, padding, dilation, counts, strict=True)]
    zero = jnp.zeros((), x.dtype)
    rows = taps(padded(x, 2, spans[0], zero), 2, spans[0])
    pieces = [piece for row in rows for piece in taps(padded(row, 3, spans[1], zero), 3, spans[1])]
    return jnp.stack(pieces, 2).reshape(x.shape[0], x.shape[1] * math.prod(kernel), math.prod(counts))


def _unfold(x: Any, *, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Any:
    _check_numbers(kernel, dilation, padding, stride)
    _check_image(x)
    counts = _blocks(x.shape[-2:], kernel, dilation, padding, stride)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {_pair(x.shape[-2:])}, kernel_size={_pair(kernel)}, dilation="
            f"{_pair(dilation)}, padding={_pair(padding)}, calculated shape of the array of sliding blocks as "
            f"{_pair(counts)}, but its components must be at least one."
        )
    columns = _columns(x if x.ndim == 4 else x[None], kernel, dilation, padding, stride)
    return columns if x.ndim == 4 else columns[0]


def _fold(x: Any, *, size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Any:
    _check_numbers(kernel, dilation, padding, stride)
    _check_columns(x, size, kernel, dilation, padding, stride)
    batch = x if x.ndim == 3 else x[None]
    image = jax.ShapeDtypeStruct((batch.shape[0], batch.shape[1] // math.prod(kernel), *size), x.dtype)
    folded = jax.linear_transpose(lambda y: _columns(y, kernel, dilation, padding, stride), image)(batch)[0]
    return folded if x.ndim == 3 else folded[0]


def _pair(numbers: Any) -> str:
    return f"({numbers[0]}, {numbers[1]})"


def _check_numbers(kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> None:
    for noun, name, pair in (
        ("kernel size", "kernel", kernel), ("dilation", "dilation", dilation), ("stride", "stride", stride)
    ):  # fmt: skip
        if min(pair) < 1:
            raise RuntimeError(
                f"{noun} should be greater than zero, but got {name}_height: {pair[0]} {name}_width: {pair[1]}"
            )
    if min(padding) < 0:
        raise RuntimeError(f"padding should be non-negative, but got pad_height: {padding[0]} pad_width: {padding[1]}")


def _check_image(x: Any) -> None:
    if x.ndim < 3:
        raise IndexError(f"Dimension out of range (expected to be in range of [-{x.ndim}, {x.ndim - 1}], but got 2)")
    if x.ndim > 4 or 0 in x.shape[x.ndim - 3 :]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(x.shape)}"
        )


def _check_columns(x: Any, size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> None:
    if x.ndim not in (2, 3) or 0 in x.shape[x.ndim - 2 :]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(x.shape)}"
        )
    if x.shape[-2] % math.prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={x.shape[-2]} and kernel_size={_pair(kernel)}."
        )
    rows, columns = _blocks(size, kernel, dilation, padding, stride)
    if x.shape[-1] != rows * columns:
        raise RuntimeError(
            f"Given output_size={_pair(size)}, kernel_size={_pair(kernel)}, dilation={_pair(dilation)}, padding="
            f"{_pair(padding)}, stride={_pair(stride)}, expected size of input's dimension 2 to match the calculated "
            f"number of sliding blocks {rows} * {columns} = {rows * columns}, but got input.size(2)={x.shape[-1]}."
        )


def _shuffle(x: Any, *, factor: int) -> Any:
    if x.ndim < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {x.ndim} dimension(s)"
        )
    if factor < 1:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {factor}")
    *lead, channels, height, width = x.shape
    if channels % factor**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {factor**2}"
        )
    parts = x.reshape(math.prod(lead), channels // factor**2, factor, factor, height, width).transpose(0, 1, 4, 2, 5, 3)
    return parts.reshape(*lead, channels // factor**2, height * factor, width * factor)


def _unshuffle(x: Any, *, factor: int) -> Any:
    if x.ndim < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {x.ndim} dimension(s)"
        )
    if factor < 1:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {factor}")
    *lead, channels, height, width = x.shape
    for name, size, dim in (("height", height, -2), ("width", width, -1)):
        if size % factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({dim})={size} is "
                f"not divisible by {factor}"
            )
    parts = x.reshape(math.prod(lead), channels, height // factor, factor, width // factor, factor).transpose(
        0, 1, 3, 5, 2, 4
    )
    return parts.reshape(*lead, channels * factor**2, height // factor, width // factor)


def _shuffle_channels(x: Any, *, groups: int) -> Any:
    if x.ndim < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(x.shape)}")
    if groups < 1:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if x.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {x.shape[1]} channels and {groups} groups."
        )
    return x.reshape(x.shape[0], groups, -1, *x.shape[2:]).swapaxes(1, 2).reshape(x.shape)


UNFOLD = Op("im2col", refuse("im2col_out_cpu", "bi", _unfold), saves={0: ()}, label="Im2Col")
FOLD = Op("col2im", refuse("col2im_out_cpu", "bi", _fold), saves={0: ()}, label="Col2Im")
PIXEL_SHUFFLE = Op("pixel_shuffle", _shuffle, saves={0: ()})
PIXEL_UNSHUFFLE = Op("pixel_unshuffle", _unshuffle, saves={0: ()})
CHANNEL_SHUFFLE = Op("channel_shuffle", _shuffle_channels, saves={0: ()})


def _pairs(**given: Any) -> list[tuple[int, ...]]:
    for name, numbers in given.items():
        count = len(each(numbers, 2))
        if count != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {count}")
    return [each(numbers, 2) for numbers in given.values()]


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Sliding blocks as columns.

    Args:
        input: `[batch, channels, height, width]` or `[channels, height, width]`.
        kernel_size: The block's size, one number or two; so are the others.
        dilation: Distance between the elements of a block.
        padding: Zeros around the image.
        stride: Distance between blocks.

    Returns:
        `[batch, channels * block, blocks]`.

    Raises:
        RuntimeError: Shapes or numbers do not fit.
    """
    return apply(
        UNFOLD, tuple(_pairs(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)), input
    )


def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Columns added up where their blocks lie: the transpose of `unfold`; arguments as there.

    Raises:
        RuntimeError: Shapes or numbers do not fit.
    """
    given = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    return apply(FOLD, tuple(_pairs(output_size=output_size, **given)), input)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """`[..., c * r * r, h, w]` as `[..., c, h * r, w * r]`."""
    return apply(PIXEL_SHUFFLE, (operator.index(upscale_factor),), input)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """`[..., c, h * r, w * r]` as `[..., c * r * r, h, w]`."""
    return apply(PIXEL_UNSHUFFLE, (downscale_factor,), input)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels of several groups dealt out in turn."""
    return apply(CHANNEL_SHUFFLE, (groups,), input)
