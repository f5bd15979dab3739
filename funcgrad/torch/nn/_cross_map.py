"""Normalization over neighbouring channels, as LuaTorch had it.

PyTorch adds channels up one after another, and its backward pass is that of a window which its forward pass does not
have near the first channels: both are followed.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._function import Function
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._module import Module
from funcgrad.trace import Number, Op, rolled


def _running(first: Any, added: Any, removed: Any) -> Any:
    """`first`, and what it becomes as rows are added and removed."""

    def step(total: Any, rows: tuple[Any, Any]) -> tuple[Any, Any]:
        total = total + rows[0] - rows[1]
        return total, total

    if not len(added):
        return first[None]
    return jnp.concatenate([first[None], rolled(jax.lax.scan)(step, first, (added, removed))[1]])


def _scale(x: Any, alpha: Number, k: Number, *, size: int) -> Any:
    """What a power of is divided by, for each element of `[batch, channels, height, width]`."""
    squares = jnp.moveaxis(x * x, 1, 0)
    channels, ahead = len(squares), int((size - 1) / 2 + 1)
    first = jnp.zeros_like(squares[0])
    for row in squares[:ahead]:
        first = first + row
    nothing = jnp.zeros((channels, *first.shape), x.dtype)
    added = jnp.concatenate([squares[ahead:], nothing])[: channels - 1]
    removed = jnp.concatenate([nothing[:ahead], squares[1:]])[: channels - 1]
    total = jnp.moveaxis(_running(first, added, removed), 0, 1)
    return total * (alpha.value / size).astype(x.dtype) + k.value.astype(x.dtype)


def _pulled_back(grad: Any, x: Any, output: Any, scale: Any, alpha: Number, beta: Number, *, size: int) -> Any:
    channels, behind = x.shape[1], int(size - (size - 1) / 2)
    ratios = jnp.moveaxis(grad * output / scale, 1, 0)
    padded = jnp.zeros((channels + size - 1, *ratios.shape[1:]), x.dtype).at[behind : behind + channels].set(ratios)
    first = padded[:size].sum(0)
    around = jnp.moveaxis(_running(first, padded[size:], padded[: channels - 1]), 0, 1)
    factor = (2 * alpha.value * beta.value / size).astype(x.dtype)
    return scale ** -beta.value.astype(x.dtype) * grad - factor * x * around


SCALE = Op("cross_map_scale", _scale)
PULLED_BACK = Op("cross_map_backward", _pulled_back)


class _CrossMap(Function):
    @staticmethod
    def forward(ctx: Any, input: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
        if input.ndim != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.ndim}D instead.")
        ctx.numbers = size, alpha, beta
        ctx.scale = apply(SCALE, (size,), input, float(alpha), float(k))
        output = ctx.scale**-beta * input
        ctx.save_for_backward(input, output)
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor | None, ...]:
        size, alpha, beta = ctx.numbers
        made = apply(PULLED_BACK, (size,), *grads, *ctx.saved_tensors, ctx.scale, float(alpha), float(beta))
        return made, None, None, None, None


_CrossMap.__name__ = _CrossMap.__qualname__ = "CrossMapLRN2d"  # as its node is called


class CrossMapLRN2d(Module):
    """Divided by a power of the mean square over `size` neighbouring channels.

    Args:
        size: How many channels; odd.
        alpha: Factor of the mean.
        beta: The power.
        k: Added to the mean.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Any:
        """The input, `[batch, channels, height, width]`, normalized over neighbouring channels."""
        return _CrossMap.apply(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
