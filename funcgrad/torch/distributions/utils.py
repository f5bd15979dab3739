"""What the families of distributions share: parameters of one shape, and the two faces of a probability."""

from __future__ import annotations

import functools
from collections.abc import Callable
from numbers import Number
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._grad_mode import enable_grad
from funcgrad.torch._ops.activation import softmax
from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._ops.joining import broadcast_tensors
from funcgrad.torch._ops.promotion import check_broadcast
from funcgrad.torch._ops.random import randn
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import get_default_dtype


def finfo(x: Tensor) -> Any:
    """The limits of a floating dtype."""
    return jnp.finfo(np.dtype(x._aval.dtype))


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Tensors and numbers, all as tensors of one shape.

    Args:
        values: Tensors, and Python numbers, which take the dtype of the first tensor, or the default dtype.

    Raises:
        ValueError: Something else.
        RuntimeError: Shapes that do not broadcast.
    """
    if not all(isinstance(value, Tensor | Number) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    dtype = next((value.dtype for value in values if isinstance(value, Tensor)), get_default_dtype())
    tensors = [x if isinstance(x, Tensor) else tensor(x, dtype=dtype) for x in values]
    if len({x.shape for x in tensors}) == 1:
        return tuple(tensors)
    check_broadcast(tensors)
    return broadcast_tensors(*tensors)


def standard_normal(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Numbers from N(0, 1), drawn as PyTorch draws a reparameterised sample."""
    return randn(shape, dtype=like.dtype)


def clipped_sigmoid(x: Tensor) -> Tensor:
    """The sigmoid, kept a rounding error away from 0 and 1."""
    limits = finfo(x)
    return x.sigmoid().clamp(min=float(limits.tiny), max=1.0 - float(limits.eps))


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The lower triangular matrix of which a vector, of shape (*, n), has the elements, row by row.

    Args:
        vec: The elements.
        diag: The highest diagonal that has any.
    """
    shift = 1 + 2 * diag
    rows = (-shift + ((1 + 2 * diag) ** 2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if not round(rows) - rows < float(finfo(vec).eps):
        raise ValueError(
            f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as the lower triangular part of "
            "a square D x D matrix."
        )
    size = round(rows)
    i, j = np.tril_indices(size, diag)
    flat = vec.new_zeros((*vec.shape[:-1], size * size))
    return flat.index_copy(-1, tensor(i * size + j), vec).reshape(*vec.shape[:-1], size, size)


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The elements of a lower triangular matrix, of shape (*, n, n), row by row.

    Args:
        mat: The matrix.
        diag: The highest diagonal to take.

    Raises:
        ValueError: There is no such diagonal.
    """
    size = mat.shape[-1]
    if diag < -size or diag >= size:
        raise ValueError(f"diag ({diag}) provided is outside [{-size}, {size - 1}].")
    i, j = np.tril_indices(size, diag)
    return mat.flatten(-2).index_select(-1, tensor(i * size + j))


def one_of(probs: Any, logits: Any) -> bool:
    """Whether the probabilities were given, not the logits.

    Raises:
        ValueError: Both or neither was given.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    return probs is not None


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities a rounding error away from 0 and 1."""
    eps = float(finfo(probs).eps)
    return probs.clamp(min=eps, max=1 - eps)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities from log-odds, or from log-probabilities over the last dimension."""
    return logits.sigmoid() if is_binary else softmax(logits, dim=-1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Log-odds, or log-probabilities, from probabilities."""
    inside = clamp_probs(probs)
    return inside.log() - (-inside).log1p() if is_binary else inside.log()


def sum_rightmost(value: Tensor, dims: int) -> Tensor:
    """The sum over the last `dims` dimensions."""
    return value if dims == 0 else value.reshape(*value.shape[: value.ndim - dims], -1).sum(-1)


class lazy_property:
    """An attribute that is computed, with gradients, when first read, and then kept on the instance."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute
        functools.update_wrapper(self, compute)  # pyright: ignore[reportArgumentType]

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with enable_grad():
            value = self.compute(instance)
        instance.__dict__[self.compute.__name__] = value
        return value


def _standard_normal(shape: tuple[int, ...], dtype: Any, device: Any) -> Tensor:
    """PyTorch's own name and arguments of `standard_normal`, which libraries of distributions use."""
    return randn(shape, dtype=dtype, device=device)


_sum_rightmost = sum_rightmost
