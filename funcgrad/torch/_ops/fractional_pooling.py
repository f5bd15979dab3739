"""Fractional max-pools (Graham, 2014): the largest element of windows whose places are drawn for each channel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._grad_mode import is_grad_enabled
from funcgrad.torch._ops.random import rand
from funcgrad.torch._ops.rows import named, require_tensor
from funcgrad.torch._ops.windows import each
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import DRAWN_AT
from funcgrad.trace import Op

_LONG_NAMES = {2: ("height", "width"), 3: ("time", "height", "width")}
_DRAWN_FIRST = {2: (1, 0), 3: (0, 1, 2)}
"""Which of a channel's samples places the windows along each dimension."""


def _starts(sample: Any, length: int, count: int, kernel: int) -> Any:
    """Where the windows of each channel begin along one dimension: `[batch, channels, count]`.

    All of it is rounded to the dtype of the samples, as PyTorch does.
    """
    last = jnp.full((*sample.shape, 1), length - kernel, np.int64)
    if count < 2:
        return last[..., :count]
    step = jnp.asarray(length - kernel, sample.dtype) / jnp.asarray(count - 1, sample.dtype)
    i = jnp.arange(count - 1).astype(sample.dtype)
    begins = ((i + sample[..., None]) * step).astype(np.int64) - (sample * step).astype(np.int64)[..., None]
    return jnp.concatenate([begins, last], -1)


def _fractional_max_pool(
    x: Any, samples: Any, *, kernel: tuple[int, ...], size: tuple[int, ...]
) -> tuple[jax.Array, jax.Array]:
    """The maxima, and their positions within the channel."""
    ndim = len(kernel)
    space, lead = x.shape[-ndim:], x.shape[:-ndim]
    samples = samples[: math.prod(lead[:-1])].reshape(*lead, ndim)
    places: Any = np.zeros((1,) * (len(lead) + 2 * ndim), np.int64)
    for axis, (k, out, length) in enumerate(zip(kernel, size, space, strict=True)):
        begins = _starts(samples[..., _DRAWN_FIRST[ndim][axis]], length, out, k)
        along = begins[..., None] + np.arange(k)  # [batch, channels, out, kernel]
        shape = [1] * (2 * ndim)
        shape[axis], shape[ndim + axis] = out, k
        places = places * length + along.reshape(*lead, *shape)
    places = jnp.broadcast_to(places, (*lead, *size, *kernel)).reshape(*lead, math.prod(size), math.prod(kernel))
    flat = x.reshape(*lead, math.prod(space))
    if not math.prod(kernel) or not places.size:
        return jnp.full((*lead, *size), -np.inf, x.dtype), jnp.zeros((*lead, *size), np.int64)
    windows = jax.lax.stop_gradient(jnp.take_along_axis(flat[..., None, :], places, -1))
    chosen = jnp.take_along_axis(places, _first_max(windows), -1)[..., 0]
    values = jnp.take_along_axis(flat, chosen, -1)
    return values.reshape(*lead, *size), chosen.reshape(*lead, *size)


def _first_max(windows: Any) -> Any:
    """The place of each window's first maximum, or of its last nan."""
    is_nan = windows != windows
    last_nan = windows.shape[-1] - 1 - jnp.argmax(is_nan[..., ::-1], -1, keepdims=True)
    return jnp.where(is_nan.any(-1, keepdims=True), last_nan, jnp.argmax(windows, -1, keepdims=True))


POOLS = {
    ndim: Op(
        f"fractional_max_pool{ndim}d",
        _fractional_max_pool,
        saves={0: (0, 1), 1: ()},
        label=f"FractionalMaxPool{ndim}D",
    )
    for ndim in (2, 3)
}


def _sizes(given: Any, ndim: int, key: str) -> tuple[int, ...]:
    found = each(given, ndim)
    if len(found) != ndim:
        raise RuntimeError(f"fractional_max_pool{ndim}d: {key} must either be a single Int or tuple of Ints")
    return found


def _check(x: Tensor, kernel: Sequence[int], size: Sequence[int], samples: Tensor) -> None:
    """Refuse what does not fit.

    Raises:
        RuntimeError: PyTorch's text.
    """
    ndim = len(kernel)
    name = "fractional_max_pool2d()" if ndim == 2 else "fractional_max_pool3d_out()"
    shape = list(x.shape)
    if len(shape) not in (ndim + 1, ndim + 2):
        raise RuntimeError(f"{name}: Expected {ndim + 1}D or {ndim + 2}D tensor, but got: {shape}")
    for axis in range(len(shape) - ndim - 1, len(shape)):
        if not shape[axis]:
            raise RuntimeError(
                f"{name}: Expected input to have non-zero size for non-batch dimensions, but got{shape} with dimension "
                f"{axis} being empty."
            )
    for k, out, length, axis in zip(kernel, size, shape[-ndim:], _LONG_NAMES[ndim], strict=True):
        if out + k - 1 > length - (ndim == 3):  # PyTorch wants one more there
            raise RuntimeError(f"{name}: pool {axis} {k} too large relative to input {axis} {length}")
    if min(size) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {[*shape[:-ndim], *size]}")
    _check_samples(samples, x, ndim)


def _check_samples(samples: Tensor, x: Tensor, ndim: int) -> None:
    if samples.dtype is not x.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    batch = x.shape[0] if x.ndim == ndim + 2 else 1
    if samples.shape[0] < batch:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.shape[1] != x.shape[-ndim - 1]:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.shape[2] != ndim:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {ndim}; got {samples.shape[2]}.")


def _shares(x: Tensor, ratio: Any, ndim: int, name: str) -> list[int]:
    """How many windows there are along each dimension, for so large a share of it.

    Raises:
        ValueError: No share is given, or too many.
    """
    if ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if ndim == 2 and len(ratio) > 2:
        raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
    ratios = ratio if isinstance(ratio, Sequence) else (ratio,) * ndim
    return [int(n * share) for n, share in zip(x.shape[-ndim:], ratios, strict=True)]


def _pool_of(ndim: int) -> Any:
    name = f"fractional_max_pool{ndim}d"

    def call(
        input: Tensor,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> Any:
        require_tensor(input, name)
        if output_size is None:
            output_size = _shares(input, output_ratio, ndim, name)
        if _random_samples is None:
            batch = 1 if input.ndim == ndim + 1 else input.shape[0]
            _random_samples = rand(batch, input.size(-ndim - 1), ndim, dtype=input.dtype)
        kernel, size = _sizes(kernel_size, ndim, "kernel_size"), _sizes(output_size, ndim, "output_size")
        _check(input, kernel, size, _random_samples)
        if _random_samples.requires_grad and is_grad_enabled():
            raise RuntimeError(DRAWN_AT.format(name))
        made = tuple(apply(POOLS[ndim], (kernel, size), input, _random_samples))
        return made if return_indices else made[0]

    call.__doc__ = f"""The largest element of each window, of places that are drawn for each channel.

    Args:
        input: `[batch, channels, *space]` or `[channels, *space]`, {ndim} dimensions of space.
        kernel_size: The windows' size, one number or one for each dimension.
        output_size: How many windows there are along each dimension.
        output_ratio: The same as a share of the input's size, where `output_size` is None.
        return_indices: Whether to return positions within the channel, int64, as well.
        _random_samples: `[batch, channels, {ndim}]` numbers between 0 and 1 that place the windows; drawn if None.

    Returns:
        The maxima, or maxima and positions.

    Raises:
        ValueError: Neither a size nor a ratio is given.
        RuntimeError: Shapes or numbers do not fit.
    """
    return named(call, name)


fractional_max_pool2d, fractional_max_pool3d = _pool_of(2), _pool_of(3)
