"""Pools: the largest element, the sum or the norm of each window.

Windows are reduced along one dimension at a time, the last first: the first of equal maxima in the order of memory is
then still the one that gets the gradient, as in PyTorch.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops import pool_checks as check
from funcgrad.torch._ops.rows import named, require_tensor
from funcgrad.torch._ops.taps import mean_taps, pieces, resampled
from funcgrad.torch._ops.windows import Span, each, padded, taps
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op


def _first_max(pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """The largest value, the first of equals, and what goes with it; a nan is larger than any number."""
    value, place = pairs[0]
    for other, where in pairs[1:]:
        wins = (other > value) | (other != other)
        value = jnp.where(wins, other, value)
        place = None if place is None else jnp.where(wins, where, place)
    return value, place


def _lowest(dtype: Any) -> Any:
    return np.array(-np.inf if dtype.kind in "fV" else np.iinfo(dtype).min, dtype)


def _max_along(x: Any, places: Any, axis: int, s: Span) -> tuple[Any, Any]:
    values = taps(padded(x, axis, s, _lowest(x.dtype)), axis, s)
    wheres = [None] * len(values) if places is None else taps(padded(places, axis, s, np.int64(0)), axis, s)
    return _first_max(list(zip(values, wheres, strict=True)))


def _places(x: Any, ndim: int) -> Any:
    """The position of each element within its channel."""
    space = x.shape[x.ndim - ndim :]
    return jnp.broadcast_to(jnp.arange(math.prod(space), dtype=np.int64).reshape(space), x.shape)


def _max_pool(x: Any, *, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, indices: bool) -> Any:
    spans = check.max_pool_spans(x, kernel, stride, padding, dilation, ceil_mode)
    if len(kernel) == 1 and not indices:
        check.no_integers(x, "max_pool1d_impl")
    places = _places(x, len(kernel)) if indices else None
    for axis, s in reversed(list(zip(range(x.ndim - len(kernel), x.ndim), spans, strict=True))):
        x, places = _max_along(x, places, axis, s)
    return (x, places) if indices else x


def _adaptive_max_pool(x: Any, *, size: tuple[int, ...], indices: bool) -> Any:
    check.adaptive_pool(x, size, f"adaptive_max_pool{len(size)}d", "got: ")
    places = _places(x, len(size)) if indices else None
    if 0 in size:
        return (_nothing(x, size), _nothing(places, size)) if indices else _nothing(x, size)
    for axis, out in reversed(list(zip(range(x.ndim - len(size), x.ndim), size, strict=True))):
        if x.shape[axis] % out == 0:
            width = x.shape[axis] // out
            x, places = _max_along(x, places, axis, Span(width, width, 0, 1, out))
        else:
            table = _positions(x.shape[axis], out)
            values = [jnp.take(x, row, axis) for row in table]
            wheres = [None if places is None else jnp.take(places, row, axis) for row in table]
            x, places = _first_max(list(zip(values, wheres, strict=True)))
    return (x, places) if indices else x


def _nothing(x: Any, size: tuple[int, ...]) -> Any:
    """The result of a pool into no pieces."""
    return jnp.zeros((*x.shape[: x.ndim - len(size)], *size), x.dtype)


@functools.cache
def _positions(length: int, out: int) -> np.ndarray:
    """`[taps, out]`: the elements of each piece; shorter ones repeat their last, which wins no tie."""
    parts = pieces(length, out)
    return np.array([[p[min(k, len(p) - 1)] for p in parts] for k in range(max(map(len, parts)))])


# Means.


def _sum_along(x: Any, axis: int, s: Span) -> Any:
    x = padded(x, axis, s, np.zeros((), x.dtype))
    if s.is_side_by_side:
        return jnp.sum(x.reshape(*x.shape[:axis], s.count, s.size, *x.shape[axis + 1 :]), axis + 1)
    return functools.reduce(lambda a, b: a + b, taps(x, axis, s))


def _counts(length: int, s: Span, include_padding: bool) -> np.ndarray:
    """How many elements each window counts."""
    start = np.arange(s.count) * s.stride - s.padding
    end = np.minimum(start + s.size, length + s.padding)
    return end - start if include_padding else np.minimum(end, length) - np.maximum(start, 0)


def _avg_pool(
    x: Any, *, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool, divisor: int | None
) -> Any:
    spans = check.avg_pool_spans(x, kernel, stride, padding, ceil_mode, divisor)
    first = x.ndim - len(kernel)
    total, count = x, np.ones((), np.int64)
    for k in reversed(range(len(kernel))):
        total = _sum_along(total, first + k, spans[k])
    for k, s in enumerate(spans):
        count = count[..., None] * _counts(x.shape[first + k], s, count_include_pad)
    by = np.asarray(count if divisor is None else divisor).astype(x.dtype)
    return lax.div(total, jnp.broadcast_to(by, total.shape)) if x.dtype.kind in "iu" else total / by


def _adaptive_avg_pool(x: Any, *, size: tuple[int, ...]) -> Any:
    check.adaptive_pool(x, size, f"adaptive_avg_pool{len(size)}d", "got ")
    if 0 in size:
        return _nothing(x, size)
    for axis, out in reversed(list(zip(range(x.ndim - len(size), x.ndim), size, strict=True))):
        width, rest = divmod(x.shape[axis], out)
        if rest:
            x = resampled(x, axis, mean_taps(x.shape[axis], out))
        else:
            x = _sum_along(x, axis, Span(width, width, 0, 1, out)) / np.array(width, x.dtype)
    return x


def _max_unpool(x: Any, places: Any, *, size: tuple[int, ...]) -> Any:
    check.max_unpool(x, places, len(size))
    lead = x.shape[: x.ndim - len(size)]
    rows = jnp.zeros((math.prod(lead), math.prod(size)), x.dtype)
    channels = jnp.arange(rows.shape[0])[:, None]
    at, new = places.reshape(rows.shape[0], -1), x.reshape(rows.shape[0], -1)
    return _placed(rows, channels, at, new).reshape(*lead, *size)


@jax.custom_jvp
def _placed(rows: Any, channels: Any, at: Any, new: Any) -> Any:
    return rows.at[channels, at].set(new, mode="drop")


@_placed.defjvp
def _placed_jvp(primals: Any, tangents: Any) -> Any:
    """Every value gets the gradient of its place, though only one of several was kept there."""
    rows, channels, at, _ = primals
    return _placed(*primals), jnp.zeros_like(rows).at[channels, at].add(tangents[3], mode="drop")


def _node(pattern: str, where: str) -> Any:
    """The name of a pool's node: that of the function with two or three dimensions; one dimension goes through two."""

    def label(equation: Equation) -> str:
        ndim = len(equation.static[equation.op.static_names.index(where)])
        return "SqueezeBackward1" if ndim == 1 else pattern.format(ndim)

    return label


def _adaptive_node(equation: Equation) -> str:
    size = equation.static[0]
    if len(size) > 1 and set(size) == {1}:
        return "MeanBackward1"
    return "SqueezeBackward1" if len(size) == 1 else f"AdaptiveAvgPool{len(size)}D"


MAX_POOL = Op("max_pool", _max_pool, label=_node("MaxPool{}DWithIndices", "kernel"))
AVG_POOL = Op("avg_pool", _avg_pool, saves={0: ()}, label=_node("AvgPool{}D", "kernel"))
ADAPTIVE_MAX_POOL = Op("adaptive_max_pool", _adaptive_max_pool, label=_node("AdaptiveMaxPool{}D", "size"))
ADAPTIVE_AVG_POOL = Op("adaptive_avg_pool", _adaptive_avg_pool, saves={0: ()}, label=_adaptive_node)
MAX_UNPOOL = Op("max_unpool", _max_unpool, saves={0: (1,)}, label=_node("MaxUnpool{}D", "size"))


def _named(call: Any, name: str, text: str) -> Any:
    call.__doc__ = text
    return named(call, name)


def _max_pool_of(ndim: int) -> Any:
    name = f"max_pool{ndim}d"

    def call(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        require_tensor(input, name)
        given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        if stride is None or stride == ():
            given["stride"] = kernel_size
        numbers = [check.numbers(value, ndim, name, key) for key, value in given.items()]
        made = apply(MAX_POOL, (*numbers, bool(ceil_mode), bool(return_indices)), input)
        return tuple(made) if return_indices else made

    return _named(
        call,
        name,
        f"""The largest element of each window of {ndim} spatial dimensions.

    Args:
        input: `[batch, channels, *space]` or `[channels, *space]`.
        kernel_size: One number, or one for each dimension; so are the next three.
        stride: The kernel's size if None.
        padding: How far windows may begin outside; at most half a window.
        dilation: Distance between the elements of a window.
        ceil_mode: Whether windows may end outside.
        return_indices: Whether to return positions within the channel, int64, as well.

    Returns:
        The maxima, or maxima and positions.

    Raises:
        RuntimeError: Shapes or numbers do not fit.
    """,
    )


def _avg_pool_of(ndim: int) -> Any:
    name = f"avg_pool{ndim}d"

    def call(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Tensor:
        require_tensor(input, name)
        given = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
        if stride is None or stride == ():
            given["stride"] = kernel_size
        numbers = [check.numbers(value, ndim, name, key) for key, value in given.items()]
        return apply(AVG_POOL, (*numbers, bool(ceil_mode), bool(count_include_pad), divisor_override), input)

    return _named(
        call,
        name,
        f"""The mean of each window of {ndim} spatial dimensions.

    Args:
        input: `[batch, channels, *space]` or `[channels, *space]`.
        kernel_size: One number, or one for each dimension; so are the next two.
        stride: The kernel's size if None.
        padding: How far windows may begin outside; at most half a window.
        ceil_mode: Whether windows may end outside.
        count_include_pad: Whether the padding's zeros count.
        divisor_override: What sums are divided by instead.

    Raises:
        RuntimeError: Shapes or numbers do not fit.
    """,
    )


def adaptive_avg_pool(input: Tensor, output_size: tuple[int, ...]) -> Tensor:
    """The mean of each of `output_size` pieces of the last dimensions."""
    return apply(ADAPTIVE_AVG_POOL, (output_size,), input)


def _adaptive_avg_pool_of(ndim: int) -> Any:
    name = f"adaptive_avg_pool{ndim}d"

    def call(input: Tensor, output_size: Any) -> Tensor:
        require_tensor(input, name)
        size = check.adaptive_size(input, output_size, ndim, name)
        check.adaptive_rank(input, ndim, name, "got ")
        check.sizes_not_negative(input, size, name)
        return adaptive_avg_pool(input, size)

    return _named(call, name, "The mean of each piece; pieces cover the input, None keeps a dimension's size.")


def _adaptive_max_pool_of(ndim: int) -> Any:
    name = f"adaptive_max_pool{ndim}d"

    def call(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        require_tensor(input, name)
        size = check.adaptive_size(input, output_size, ndim, name)
        check.adaptive_rank(input, ndim, name, "got: ")
        check.sizes_not_negative(input, size, name)
        made = apply(ADAPTIVE_MAX_POOL, (size, bool(return_indices)), input)
        return tuple(made) if return_indices else made

    return _named(
        call, name, "The largest element of each piece; pieces cover the input, None keeps a dimension's size."
    )


def _lp_pool_of(ndim: int) -> Any:
    def call(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
        pool = (avg_pool1d, avg_pool2d, avg_pool3d)[ndim - 1]
        mean = pool(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
        return (mean.sign() * mean.abs().relu()).mul(math.prod(each(kernel_size, ndim))).pow(1.0 / norm_type)

    return _named(call, f"lp_pool{ndim}d", "The p-norm of each window, from the mean of powers.")


def _max_unpool_of(ndim: int) -> Any:
    name = f"max_unpool{ndim}d"

    def call(
        input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
    ) -> Tensor:
        require_tensor(input, name)
        steps = kernel_size if stride is None else stride
        windows, strides, ends = (each(n, ndim) for n in (kernel_size, steps, padding))
        size = check.unpooled_size(input, windows, strides, ends, output_size)
        check.expect_places(indices, size)
        return apply(MAX_UNPOOL, (size,), input, indices)

    return _named(
        call,
        name,
        f"""Maxima back in their places, zeros elsewhere: what `max_pool{ndim}d` did, undone.

    Args:
        input: `[batch, channels, *space]` or `[channels, *space]`.
        indices: Positions that `max_pool{ndim}d` returned.
        kernel_size: As it was given there; so are the next two.
        stride: The kernel's size if None.
        padding: How far windows began outside.
        output_size: The size of the result, where several are possible.

    Raises:
        RuntimeError: Shapes do not fit, or a position is outside the result.
        ValueError: The output size is not possible.
    """,
    )


max_pool1d, max_pool2d, max_pool3d = _max_pool_of(1), _max_pool_of(2), _max_pool_of(3)
avg_pool1d, avg_pool2d, avg_pool3d = _avg_pool_of(1), _avg_pool_of(2), _avg_pool_of(3)
lp_pool1d, lp_pool2d, lp_pool3d = _lp_pool_of(1), _lp_pool_of(2), _lp_pool_of(3)
max_unpool1d, max_unpool2d, max_unpool3d = _max_unpool_of(1), _max_unpool_of(2), _max_unpool_of(3)
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = map(_adaptive_avg_pool_of, (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = map(_adaptive_max_pool_of, (1, 2, 3))
