"""Normalizations: mean 0 and variance 1 over a batch, a layer, groups of channels or one channel, then scaled.

All four share `standardized`. Running statistics are written in place, outside the graph, and never looked at.
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
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._in_place import assign
from funcgrad.torch._ops import normalization_checks as check
from funcgrad.torch._ops.promotion import HALVES, cast, computing
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._ops.windows import Span, padded, taps
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op

Axes = tuple[int, ...]


def _moments(x: Any, axes: Axes) -> tuple[Any, Any]:
    """Mean and biased variance, in two passes: exact also where the mean is large."""
    mean = jnp.mean(x, axes, keepdims=True)
    return mean, jnp.mean(jnp.square(x - mean), axes, keepdims=True)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3))
def standardized(x: Any, axes: Axes, eps: float, steady: bool = False) -> Any:
    """`(x - mean) / sqrt(variance + eps)` over some axes; if `steady`, 0 and not nan where that is 0 / 0."""
    return _standardized_forward(x, axes, eps, steady)[0]


def _standardized_forward(x: Any, axes: Axes, eps: float, steady: bool) -> tuple[Any, Any]:
    mean, variance = _moments(x, axes)
    scale = lax.rsqrt(variance + eps)
    if steady:
        scale = jnp.where(variance + eps == 0, 0, scale)
    return (x - mean) * scale, (x, mean, scale)


def _standardized_backward(axes: Axes, eps: float, steady: bool, kept: Any, g: Any) -> Any:
    x, mean, scale = kept
    y = (x - mean) * scale
    along = jnp.mean(g * y, axes, keepdims=True)
    return (scale * (g - jnp.mean(g, axes, keepdims=True) - y * along),)


standardized.defvjp(_standardized_forward, _standardized_backward)


def _wide(x: Any) -> Any:
    """Half precision is normalized in single precision."""
    return x.astype(np.float32) if x.dtype.itemsize < 4 else x


def _affine(y: Any, given: str, operands: Sequence[Any], shape: Sequence[int]) -> Any:
    """Scaled by the weight and moved by the bias, as far as they are `given`: letters of "wb"."""
    for letter, operand in zip(given, operands, strict=True):
        operand = _wide(operand).reshape(shape)
        y = y * operand if letter == "w" else y + operand
    return y


def _per_channel(x: Any) -> list[int]:
    return [1, -1, *[1] * (x.ndim - 2)]


def _batch_norm(x: Any, *affine: Any, given: str, eps: float) -> Any:
    check.batch_norm(x, given, affine, training=True)
    flat = _wide(x).reshape(*x.shape[:2], math.prod(x.shape[2:]))  # fewer axes make faster sums
    y = standardized(flat, (0, 2), eps) if x.size else flat
    return _affine(y, given, affine, (1, -1, 1)).reshape(x.shape).astype(x.dtype)


def _batch_norm_running(x: Any, mean: Any, variance: Any, *affine: Any, given: str, eps: float) -> Any:
    check.batch_norm(x, "mv" + given, (mean, variance, *affine), training=False)
    shape = _per_channel(x)
    scale = lax.rsqrt(_wide(variance) + eps).reshape(shape)
    y = (_wide(x) - _wide(mean).reshape(shape)) * scale
    return _affine(y, given, affine, shape).reshape(x.shape).astype(x.dtype)


def _moved_statistics(x: Any, mean: Any, variance: Any, momentum: Any, *, by_sample: bool = False) -> tuple[Any, Any]:
    """Running mean and unbiased variance, moved by `momentum` towards those of the batch, or of its mean sample."""
    check.batch_norm(x, "mv", (mean, variance), training=True)
    flat = _wide(x).reshape(*x.shape[:2], math.prod(x.shape[2:]))
    count = flat.shape[2] * (1 if by_sample else flat.shape[0])
    moments = _moments(flat, (2,) if by_sample else (0, 2))
    means, variances = (jnp.mean(m, (0, 2)) for m in moments)
    share = cast(momentum, means.dtype)

    def moved(old: Any, new: Any) -> Any:
        return (share * new + (1 - share) * _wide(old)).astype(old.dtype)

    return moved(mean, means), moved(variance, variances * (count / (count - 1)))


def _layer_norm(x: Any, *affine: Any, shape: tuple[int, ...], given: str, eps: float) -> Any:
    check.layer_norm(x, shape, given, affine, "LayerNormKernelImpl", "*, ")
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    y = standardized(_wide(x), axes, eps) if x.size else x
    return _affine(y, given, affine, shape).astype(x.dtype)


def _rms_norm(x: Any, *weight: Any, shape: tuple[int, ...], eps: float) -> Any:
    check.layer_norm(x, shape, "w" * len(weight), weight, "rms_norm", "*")
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    wide = _wide(x)
    y = wide * lax.rsqrt(jnp.mean(jnp.square(wide), axes, keepdims=True) + eps)
    return _affine(y, "w" * len(weight), weight, shape).astype(x.dtype)


def _group_norm(x: Any, *affine: Any, groups: int, given: str, eps: float) -> Any:
    check.group_norm(x, groups, given, affine)
    grouped = _wide(x).reshape(x.shape[0], groups, math.prod(x.shape[1:]) // groups)
    y = standardized(grouped, (2,), eps) if x.size else grouped
    y = y.reshape(x.shape)  # pyright: ignore[reportAttributeAccessIssue] - the partial hides the array's type
    return _affine(y, given, affine, _per_channel(x)).astype(x.dtype)


def _local_response(x: Any, alpha: Any, beta: Any, k: Any, *, size: int) -> Any:
    squares = jnp.square(x)
    s = Span(size, 1, size // 2, 1, x.shape[1])
    neighbours = sum(taps(padded(squares, 1, s, np.zeros((), x.dtype)), 1, s))
    alpha, beta, k = (cast(number, x.dtype) for number in (alpha, beta, k))
    return x / (k + alpha * (neighbours / size)) ** beta


def _instance_norm(x: Any, *affine: Any, given: str, eps: float) -> Any:
    check.batch_norm(x, given, affine, training=True)
    flat = _wide(x).reshape(*x.shape[:2], math.prod(x.shape[2:]))
    y = standardized(flat, (2,), eps, True) if x.size else flat
    return _affine(y, given, affine, (1, -1, 1)).reshape(x.shape).astype(x.dtype)


def _batch_node(equation: Equation) -> str:
    return "NativeBatchNorm" if equation.avals[0] and equation.avals[0].size else "Clone"


def _root_mean_square_node(equation: Equation) -> str:
    aval = equation.avals[0]
    return "ToCopy" if aval is not None and aval.dtype in HALVES else "Mul"


# A gradient needs the input, the statistics and the weight, but no bias.
_SAVES: Any = {0: (0, 1), 1: (0,), 2: ()}
_RUNNING_SAVES: Any = {0: (2, 3), 1: (2, 3), 2: (0, 1, 2, 3), 3: (0, 1, 2), 4: ()}
BATCH_NORM = Op("batch_norm", _batch_norm, saves=_SAVES, label=_batch_node)
BATCH_NORM_RUNNING = Op("batch_norm_running", _batch_norm_running, saves=_RUNNING_SAVES, label=_batch_node)
INSTANCE_NORM = Op("instance_norm", _instance_norm, saves=_SAVES, label="View")
INSTANCE_NORM_RUNNING = Op("instance_norm_running", _batch_norm_running, saves=_RUNNING_SAVES, label="View")
MOVED_BY_BATCH = Op("moved_by_batch", functools.partial(_moved_statistics, by_sample=False))
MOVED_BY_SAMPLES = Op("moved_by_samples", functools.partial(_moved_statistics, by_sample=True))
LAYER_NORM = Op("layer_norm", _layer_norm, saves=_SAVES, label="NativeLayerNorm")
RMS_NORM = Op("rms_norm", _rms_norm, saves=_SAVES, label=_root_mean_square_node)
GROUP_NORM = Op("group_norm", _group_norm, saves=_SAVES, label="NativeGroupNorm")
LOCAL_RESPONSE_NORM = Op("local_response_norm", _local_response, label="Div")


def _given(*operands: Tensor | None, letters: str = "wb") -> tuple[str, list[Tensor]]:
    """Which of the operands there are, as letters, and those."""
    found = [(letter, x) for letter, x in zip(letters, operands, strict=True) if x is not None]
    return "".join(letter for letter, _ in found), [x for _, x in found]


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: Any = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Each channel with the mean and variance of the batch, or with running ones.

    In training the running mean moves towards the batch's mean, and the running variance towards its unbiased
    variance: `running = (1 - momentum) * running + momentum * batch`.

    Args:
        input: `[batch, channels, ...]`.
        running_mean: `[channels]`, or None; changed in place in training.
        running_var: `[channels]`, or None; changed in place in training.
        weight: `[channels]`, or None.
        bias: `[channels]`, or None.
        training: Whether to use, and to learn, the statistics of the batch.
        momentum: The share of the batch; a number or a 0-dimensional tensor.
        eps: Added to the variance.
        cudnn_enabled: Has no effect.

    Raises:
        ValueError: Training with one value per channel.
        RuntimeError: Statistics, weight or bias do not fit.
    """
    check.eps(eps, training)
    if training:
        check.several_values(input.shape)
    elif running_mean is None or running_var is None:
        missing = "running_mean" if running_mean is None else "running_var"
        raise RuntimeError(f"{missing} must be defined in evaluation mode")
    given, affine = _given(weight, bias)
    if training:
        statistics, running = _given(running_mean, running_var, letters="mv")
        check.channels(input._aval, statistics, [x._aval for x in running])
        y = apply(BATCH_NORM, (given, eps), input, *affine)
    else:
        y = apply(BATCH_NORM_RUNNING, (given, eps), input, running_mean, running_var, *affine)
    check.no_gradient(running_mean=running_mean, running_var=running_var)
    if training:
        _move(MOVED_BY_BATCH, input, running_mean, running_var, momentum)
    return y


def _move(op: Op, input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, momentum: Any) -> None:
    """Move running statistics in place and outside the graph; an empty batch moves nothing."""
    if running_mean is None or running_var is None or not input._aval.size:
        return
    with no_grad():
        mean, variance = apply(op, (), input, running_mean, running_var, momentum)
        assign(running_mean, mean)
        assign(running_var, variance)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Each channel of each sample with its own mean and variance, or with running ones; arguments as `batch_norm`."""
    given, affine = _given(weight, bias)
    if use_input_stats:
        check.several_elements(input.shape)
        y = apply(INSTANCE_NORM, (given, eps), input, *affine)
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    else:
        y = apply(INSTANCE_NORM_RUNNING, (given, eps), input, running_mean, running_var, *affine)
    check.no_gradient(running_mean=running_mean, running_var=running_var)
    if use_input_stats:
        _move(MOVED_BY_SAMPLES, input, running_mean, running_var, float(momentum))
    return y


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """Mean 0 and variance 1 over the last dimensions.

    Args:
        input: `[..., *normalized_shape]`.
        normalized_shape: The sizes of these dimensions.
        weight: `normalized_shape`, or None.
        bias: `normalized_shape`, or None.
        eps: Added to the variance.
        cudnn_enable: Has no effect.

    Raises:
        RuntimeError: Shapes or dtypes do not fit.
    """
    require_tensor(input, "layer_norm")
    given, affine = _given(weight, bias)
    return apply(LAYER_NORM, (check.sizes_of(normalized_shape, "layer_norm"), given, eps), input, *affine)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divided by the root of the mean square over the last dimensions.

    `eps` is the smallest step of the dtype in which it is computed if None.
    """
    shape = check.sizes_of(normalized_shape, "rms_norm")
    if eps is None:
        eps = float(jnp.finfo(computing(input._aval.dtype)).eps) if input.dtype.is_floating_point else 0.0
    return apply(RMS_NORM, (shape, eps), input, *(() if weight is None else (weight,)))


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Mean 0 and variance 1 over each group of channels of each sample.

    Args:
        input: `[batch, channels, ...]`.
        num_groups: A divisor of the number of channels.
        weight: `[channels]`, or None.
        bias: `[channels]`, or None.
        eps: Added to the variance.
        cudnn_enabled: Has no effect.

    Raises:
        RuntimeError: Shapes do not fit.
    """
    check.group_values(input.shape, num_groups)
    given, affine = _given(weight, bias)
    return apply(GROUP_NORM, (num_groups, given, eps), input, *affine)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divided by `(k + alpha * mean)^beta`, with the mean square over `size` neighbouring channels."""
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {input.ndim} dimensions)"
        )
    return apply(LOCAL_RESPONSE_NORM, (size,), input, float(alpha), float(beta), float(k))
