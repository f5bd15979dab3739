"""Convolutions in one to three dimensions, and their transposes.

There is one convolution; a transposed one is its linear transpose. XLA on CPU is fast for dense two-dimensional
convolutions only, so the others are written in terms of those, of matrix products, or of shifted products.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.linalg import C_NAMES
from funcgrad.torch._ops.promotion import once, scalar_name
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._ops.windows import each
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import UNEVEN_SAME
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Equation, Op, rolled, shared

Pads = Sequence[tuple[int, int]]


# The formulations, all of x [batch, in, *space] and w [out, in / groups, *kernel].


def convolve(x: Any, w: Any, stride: Sequence[int], pads: Pads, dilation: Sequence[int], groups: int) -> Any:
    """The convolution, in the form that is fast for these shapes."""
    if groups > 1:
        large = math.prod(w.shape[2:]) > _SHIFTS_AT_ONCE
        form = _by_group if w.shape[1] > 1 else _by_rows if large else _depthwise
        return form(x, w, stride, pads, dilation, groups)
    for axis in range(2, x.ndim):
        if x.shape[axis] == w.shape[axis] > 1 and not any(pads[axis - 2]):
            x, w = _as_channels(x, axis), _as_channels(w, axis)
    if math.prod(w.shape[2:]) == 1:
        return _pointwise(x, w, stride, pads)
    if x.ndim == 5:
        return _by_depth(x, w, stride, pads, dilation)
    if x.ndim == 3:  # a row of height 1
        flat = _dense(x[:, :, None], w[:, :, None], (1, *stride), ((0, 0), *pads), (1, *dilation))
        return flat[:, :, 0]
    return _dense(x, w, stride, pads, dilation)


def _dense(x: Any, w: Any, stride: Sequence[int], pads: Pads, dilation: Sequence[int]) -> Any:
    return lax.conv_general_dilated(x, w, stride, pads, rhs_dilation=dilation)


def _as_channels(x: Any, axis: int) -> Any:
    """A dimension in which the kernel fits the input once: its gradient would else be a convolution over padding."""
    channels = jnp.moveaxis(x, axis, 2)
    return jnp.expand_dims(channels.reshape(x.shape[0], x.shape[1] * x.shape[axis], *channels.shape[3:]), axis)


def _by_group(x: Any, w: Any, stride: Sequence[int], pads: Pads, dilation: Sequence[int], groups: int) -> Any:
    pairs = zip(jnp.split(x, groups, 1), jnp.split(w, groups, 0), strict=True)
    return jnp.concatenate([convolve(a, b, stride, pads, dilation, 1) for a, b in pairs], 1)


def _pointwise(x: Any, w: Any, stride: Sequence[int], pads: Pads) -> Any:
    """A kernel of one element: a matrix product over channels."""
    x = _pad(x, pads)[(..., *(slice(None, None, s) for s in stride))]
    product = jnp.einsum("oc,bcl->bol", w.reshape(w.shape[:2]), x.reshape(*x.shape[:2], math.prod(x.shape[2:])))
    return product.reshape(*product.shape[:2], *x.shape[2:])


def _by_depth(x: Any, w: Any, stride: Sequence[int], pads: Pads, dilation: Sequence[int]) -> Any:
    """Three dimensions as two: each depth of the kernel reads channels of its own."""
    x = _pad(x, (pads[0], (0, 0), (0, 0)))
    layers = jnp.stack(_shifts(x, w.shape[2:3], stride[:1], dilation[:1]), 2)  # [batch, in, depths, out depth, h, w]
    batch, channels, depths, count = layers.shape[:4]
    layers = layers.transpose(0, 3, 1, 2, 4, 5).reshape(batch * count, channels * depths, *x.shape[3:])
    flat = _dense(layers, w.reshape(w.shape[0], channels * depths, *w.shape[3:]), stride[1:], pads[1:], dilation[1:])
    return flat.reshape(batch, count, *flat.shape[1:]).swapaxes(1, 2)


def _depthwise(x: Any, w: Any, stride: Sequence[int], pads: Pads, dilation: Sequence[int], groups: int) -> Any:
    """One input channel a group: a sum of shifted inputs, each times one weight a channel.

    Such a sum, and that of the input's gradient, must not be computed anew for each element of the kernel's gradient.
    """
    return shared(_sum_of_shifts(_pad(shared(x), pads), w, stride, dilation, groups))


_SHIFTS_AT_ONCE = 64  # compiling more takes longer with their square


def _by_rows(x: Any, w: Any, stride: Sequence[int], pads: Pads, dilation: Sequence[int], groups: int) -> Any:
    """As `_depthwise`, for a large kernel: its first dimension is a loop. The gradients slice the input once more."""
    x = _pad(shared(x), pads)
    starts = jnp.arange(w.shape[2]) * dilation[0]
    span = x.shape[2] - dilation[0] * (w.shape[2] - 1)

    def of_row(x: Any, start: Any, row: Any) -> Any:
        seen = lax.dynamic_slice_in_dim(x, start, span, 2, allow_negative_indices=False)
        return _sum_of_shifts(seen, row[:, :, None], stride, dilation, groups)

    rows = jnp.moveaxis(w, 2, 0)
    total = jnp.zeros_like(jax.eval_shape(of_row, x, starts[0], rows[0]))
    added = jax.checkpoint(lambda total, at: (total + of_row(x, *at), None))
    return shared(rolled(lax.scan)(added, total, (starts, rows))[0])


def _sum_of_shifts(x: Any, w: Any, stride: Sequence[int], dilation: Sequence[int], groups: int) -> Any:
    shifts = _shifts(x, w.shape[2:], stride, dilation)
    scales = jnp.moveaxis(w.reshape(w.shape[0], -1), 1, 0).reshape(-1, w.shape[0], *[1] * (x.ndim - 2))
    each_out = [jnp.repeat(s, w.shape[0] // groups, 1) for s in shifts] if w.shape[0] > groups else shifts
    return sum(s * scale for s, scale in zip(each_out, scales, strict=True))


def _pad(x: Any, pads: Pads) -> Any:
    return x if not any(map(any, pads)) else jnp.pad(x, [(0, 0), (0, 0), *pads])


def _shifts(x: Any, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> list[Any]:
    """What each element of a kernel sees, over the first spatial dimensions of a padded input."""
    steps = list(zip(x.shape[2:], kernel, stride, dilation, strict=False))
    spans = [length - d * (k - 1) for length, k, _, d in steps]
    return [
        x[(slice(None), slice(None), *(slice(o, o + n, s) for o, n, s in zip(offset, spans, stride, strict=True)))]
        for offset in itertools.product(*(range(0, d * k, d) for _, k, _, d in steps))
    ]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4, 5, 6))
def transposed(
    x: Any, w: Any, space: Sequence[int], stride: Sequence[int], pads: Pads, dilation: Sequence[int], groups: int
) -> Any:
    """The linear transpose of the convolution that takes an input with these spatial sizes, applied to `x`."""

    def forward(y: Any) -> Any:
        return convolve(y, w, stride, pads, dilation, groups)

    wide = jax.ShapeDtypeStruct((x.shape[0], w.shape[1] * groups, *space), x.dtype)
    return jax.linear_transpose(forward, wide)(_grown(x, jax.eval_shape(forward, wide).shape[2:]))[0]


def _grown(x: Any, space: Sequence[int]) -> Any:
    """Zeros at the ends, where a large output padding makes the convolution longer than `x`."""
    return _pad(x, [(0, n - have) for n, have in zip(space, x.shape[2:], strict=True)])


def _transposed_forward(x: Any, w: Any, *static: Any) -> tuple[Any, Any]:
    return transposed(x, w, *static), (x, w)


def _transposed_backward(
    space: Any, stride: Any, pads: Pads, dilation: Any, groups: int, kept: Any, g: Any
) -> tuple[Any, Any]:
    """The convolution itself, with `x` as its cotangent: the derived gradient of w runs ten times as long."""
    x, w = kept
    narrow, pull = jax.vjp(lambda w: convolve(g, w, stride, pads, dilation, groups), w)
    ends = tuple([slice(0, n) for n in x.shape[2:]])
    return narrow[(..., *ends)], pull(_grown(x, narrow.shape[2:]))[0]


transposed.defvjp(_transposed_forward, _transposed_backward)


# The operators. No batch dimension is a batch of one.


def _convolution(x: Any, w: Any, *bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    _check(x, w, bias, stride, dilation, groups, w.shape[0], f"conv{len(stride)}d")
    batch = x if x.ndim == w.ndim else x[None]
    _check_channels(batch, w, w.shape[1] * groups, f"Given groups={groups}")
    pads = _pads(padding, w, stride, dilation)
    _check_kernel(batch, w, pads, dilation)
    return _finished(convolve(batch, w, stride, pads, dilation, groups), bias, x)


def _conv_transposed(
    x: Any, w: Any, *bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> Any:
    name = f"conv_transpose{len(stride)}d"
    _check(x, w, bias, stride, dilation, groups, w.shape[1] * groups, name)
    batch = x if x.ndim == w.ndim else x[None]
    _check_channels(batch, w, w.shape[0], "Given transposed=1")
    _check_output_padding(stride, dilation, output_padding)
    pads = _pads(padding, w, stride, dilation)
    sizes = zip(batch.shape[2:], stride, padding, dilation, w.shape[2:], output_padding, strict=True)
    space = tuple([(n - 1) * s - 2 * p + d * (k - 1) + more + 1 for n, s, p, d, k, more in sizes])
    if min(space) < 1:
        plane = (1,) if len(space) == 1 else ()  # PyTorch speaks of a plane of height 1
        raise RuntimeError(
            f"Given input size per channel: ({_by((*plane, *batch.shape[2:]))}). Calculated output size per channel: "
            f"({_by((*plane, *space))}). Output size is too small"
        )
    return _finished(transposed(batch, w, space, stride, pads, dilation, groups), bias, x)


def _finished(y: Any, bias: tuple[Any, ...], x: Any) -> Any:
    for b in bias:
        y = y + b.reshape(-1, *[1] * (y.ndim - 2))
    return y if x.ndim == y.ndim else y[0]


def _pads(padding: Any, w: Any, stride: Any, dilation: Any) -> Pads:
    if padding == "valid":
        return ((0, 0),) * len(stride)
    if padding != "same":
        return tuple([(p, p) for p in padding])
    if max(stride) > 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(dilation, w.shape[2:], strict=True)]
    return tuple([(t // 2, t - t // 2) for t in total])


def _check(x: Any, w: Any, bias: Any, stride: Any, dilation: Any, groups: int, out: int, name: str) -> None:
    n = len(stride)
    if x.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
            f"{list(x.shape)}"
        )
    if w.ndim != n + 2:
        raise RuntimeError(
            f"expected stride to be a single integer value or a list of {w.ndim - 2} values to match the convolution "
            f"dimensions, but got stride={list(stride)}"
        )
    if min(stride) < 1:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) < 1:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    if groups < 1:
        raise RuntimeError("non-positive groups is not supported")
    if w.shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{list(w.shape)} instead"
        )
    if w.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{list(w.shape)}] instead"
        )
    _check_bias(x, w, bias, out, name)


def _check_bias(x: Any, w: Any, bias: Any, out: int, name: str) -> None:
    given = "transposed=1, weight" if "transpose" in name else "weight"
    for b in bias:
        if b.shape != (out,):
            raise RuntimeError(
                f"Given {given} of size {list(w.shape)}, expected bias to be 1-dimensional with {out} elements, but "
                f"got bias of size {list(b.shape)} instead"
            )
        if b.dtype != x.dtype:
            names = [C_NAMES.get(a.dtype.name, a.dtype.name) for a in (x, b)]
            raise RuntimeError(f"Input type ({names[0]}) and bias type ({names[1]}) should be the same")
    if x.dtype != w.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(x.dtype)} but found {scalar_name(w.dtype)}")


def _check_channels(x: Any, w: Any, channels: int, given: str) -> None:
    if x.shape[1] != channels:
        raise RuntimeError(
            f"{given}, weight of size {list(w.shape)}, expected input{list(x.shape)} to have {channels} channels, but "
            f"got {x.shape[1]} channels instead"
        )


def _check_kernel(x: Any, w: Any, pads: Pads, dilation: Any) -> None:
    sizes = [n + low + high for n, (low, high) in zip(x.shape[2:], pads, strict=True)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    if any(n < r for n, r in zip(sizes, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_by(sizes)}). Kernel size: ({_by(reach)}). Kernel size can't "
            "be greater than actual input size"
        )


def _check_output_padding(stride: Any, dilation: Any, output_padding: Any) -> None:
    if any(more >= s and more >= d for s, d, more in zip(stride, dilation, output_padding, strict=True)):
        places = ("depth", "height", "width")[-len(stride) :] if len(stride) > 1 else ("height", "width")
        named = {"output_padding": output_padding, "stride": stride, "dilation": dilation}
        filled = {k: (v if len(stride) > 1 else (0 if k == "output_padding" else 1, *v)) for k, v in named.items()}
        shown = " ".join(f"{k}_{p}: {n}" for k, v in filled.items() for p, n in zip(places, v, strict=True))
        raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {shown}")


def _by(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))


def _label(equation: Equation) -> str:
    x, w = equation.avals[:2]
    assert x is not None
    assert w is not None
    return "Convolution" if len(x.shape) == len(w.shape) else "SqueezeBackward1"


def _rounded_once(function: Any) -> Any:
    """The function, in float32 for halves where it adds to its products: a bias, or shifted products of a group."""
    wide = once(function)

    @functools.wraps(function)
    def rounded(x: Any, w: Any, *bias: Any, groups: int, **static: Any) -> Any:
        return (wide if bias or groups > 1 else function)(x, w, *bias, groups=groups, **static)

    return rounded


_SAVES: Any = {0: (1,), 1: (0,), 2: ()}
CONVOLUTION = Op("convolution", _rounded_once(_convolution), saves=_SAVES, label=_label)
TRANSPOSED = Op("conv_transpose", _rounded_once(_conv_transposed), saves=_SAVES, label=_label)


def _operands(input: Any, weight: Any, bias: Any, name: str) -> tuple[Tensor, ...]:
    require_tensor(input, name)
    require_tensor(weight, name, "weight", 2)
    return (input, weight) if bias is None else (input, weight, bias)


def _numbers(given: Any, name: str, ndim: int) -> tuple[int, ...]:
    numbers = each(given, ndim)
    if len(numbers) != ndim:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {ndim} values to match the convolution "
            f"dimensions, but got {name}={list(numbers)}"
        )
    return numbers


def _padding(given: Any, ndim: int) -> Any:
    if isinstance(given, str):
        if given not in ("same", "valid"):
            raise RuntimeError(f"Invalid padding string: '{given}'")
        return given
    numbers = _numbers(given, "padding", ndim)
    if min(numbers) < 0:
        raise RuntimeError("negative padding is not supported")
    return numbers


def _conv(ndim: int) -> Any:
    name = f"conv{ndim}d"

    def call(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        steps, pads = _numbers(stride, "stride", ndim), _padding(padding, ndim)
        static = steps, pads, _numbers(dilation, "dilation", ndim), groups
        if pads == "same" and any(d * (k - 1) % 2 for d, k in zip(static[2], weight.shape[2:], strict=False)):
            warn_once(UNEVEN_SAME)
        return apply(CONVOLUTION, static, *_operands(input, weight, bias, name))

    return _documented(
        call,
        name,
        f"""Convolution over {ndim} spatial dimensions.

    Args:
        input: `[batch, in, *space]` or `[in, *space]`.
        weight: `[out, in / groups, *kernel]`.
        bias: `[out]`, or None.
        stride: One number, or one for each dimension; so are padding and dilation.
        padding: Zeros on both sides, or `"same"` or `"valid"`.
        dilation: Distance between the elements of the kernel.
        groups: Into how many groups the channels are split.

    Raises:
        RuntimeError: Shapes, dtypes or numbers do not fit.
    """,
    )


def _conv_transpose(ndim: int) -> Any:
    name = f"conv_transpose{ndim}d"

    def call(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Tensor:
        steps, pads = _numbers(stride, "stride", ndim), _padding(padding, ndim)
        more = _numbers(output_padding, "output_padding", ndim)
        static = steps, pads, more, groups, _numbers(dilation, "dilation", ndim)
        return apply(TRANSPOSED, static, *_operands(input, weight, bias, name))

    return _documented(
        call,
        name,
        f"""Transposed convolution over {ndim} spatial dimensions.

    Args:
        input: `[batch, in, *space]` or `[in, *space]`.
        weight: `[in, out / groups, *kernel]`.
        bias: `[out]`, or None.
        stride: One number, or one for each dimension; so are the paddings and dilation.
        padding: How much the result is cut on both sides.
        output_padding: How much longer the result is at its end.
        groups: Into how many groups the channels are split.
        dilation: Distance between the elements of the kernel.

    Raises:
        RuntimeError: Shapes, dtypes or numbers do not fit.
    """,
    )


def _documented(call: Any, name: str, text: str) -> Any:
    call.__name__ = call.__qualname__ = name
    call.__doc__ = text
    return call


conv1d, conv2d, conv3d = _conv(1), _conv(2), _conv(3)
conv_transpose1d, conv_transpose2d, conv_transpose3d = _conv_transpose(1), _conv_transpose(2), _conv_transpose(3)
