"""Embedding: rows of a table, looked up by index.

A lookup is a gather, and its gradient adds into the table; XLA does both several times faster than a product with
one-hot rows. Sparse gradients do not exist here.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._in_place import assign
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.reduction import vector_norm
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def rows_of(weight: Any, index: Any, padding: int | None, by_frequency: bool) -> Any:
    """Rows of the table; the padding row gets no gradient, others theirs, if asked divided by how often they occur."""
    rows = jnp.take(weight, index, axis=0, mode="fill", fill_value=np.nan)
    if by_frequency:
        count = jnp.zeros(weight.shape[0], weight.dtype).at[index.reshape(-1)].add(1)[index]
        rows = _divided_gradient(rows, count[..., None])
    if padding is None:
        return rows
    return jnp.where((index == padding)[..., None], jax.lax.stop_gradient(rows), rows)


@jax.custom_vjp
def _divided_gradient(x: Any, by: Any) -> Any:
    """x itself, whose gradient is divided by `by`."""
    return x


_divided_gradient.defvjp(lambda x, by: (x, by), lambda by, g: (g / by, jnp.zeros_like(by)))


def _embedding(weight: Any, index: Any, *, padding: int | None, by_frequency: bool) -> Any:
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{_legacy(index.dtype)} instead (while checking arguments for embedding)"
        )
    return rows_of(weight, index, padding, by_frequency)


def _legacy(dtype: Any) -> str:
    return f"{scalar_name(dtype)}Tensor"


def _renormalized(weight: Any, index: Any, longest: Any, *, power: float) -> Any:
    """The table with the rows that are looked up shortened to a norm of `longest`."""
    used = jnp.zeros(weight.shape[0], bool).at[index.reshape(-1)].set(True)
    norm = vector_norm(weight, p=power, dims=(1,), keepdim=True).astype(np.float64)
    factor = jnp.where(used[:, None] & (norm > longest.value), longest.value / (norm + 1e-7), 1)
    return weight * factor.astype(weight.dtype)


EMBEDDING = Op("embedding", _embedding, saves={0: (1,)}, anywhere=(1,))
RENORM = Op("embedding_renorm", _renormalized, anywhere=(1,))


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of a table.

    Args:
        input: Indices, int64 or int32, any shape.
        weight: `[rows, dim]`.
        padding_idx: A row that gets no gradient.
        max_norm: Rows that are looked up are shortened to this norm, in place.
        norm_type: The p of that norm.
        scale_grad_by_freq: Whether a row's gradient is divided by how often it is looked up in this call.
        sparse: Without effect: gradients are dense here, and give the same updates.

    Returns:
        `[*input.shape, dim]`.

    Raises:
        IndexError: An index is out of range.
    """
    require_tensor(input, "embedding", "indices", 2)
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    padding = _padding(padding_idx, weight._aval.shape[0], "Padding_idx")
    check_indices(input, weight._aval.shape[0])
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    return apply(EMBEDDING, (padding, scale_grad_by_freq), weight, input)


def _padding(index: int | None, rows: int, noun: str) -> int | None:
    if index is None:
        return None
    if not -rows <= index < rows:
        raise AssertionError(f"{noun} must be within num_embeddings")
    return index % rows


def check_indices(index: Tensor, rows: int) -> None:
    """Refuse indices outside the table.

    Raises:
        IndexError: There is one.
    """

    def check(found: np.ndarray) -> None:
        if found.size and not (np.min(found) >= 0 and np.max(found) < rows):
            raise IndexError("index out of range in self")

    expect(index, check)


def renormalize(weight: Tensor, index: Tensor, max_norm: float, norm_type: float) -> None:
    """Shorten the rows of the table that are looked up to a norm, in place and outside the graph."""
    with no_grad():
        assign(weight, apply(RENORM, (float(norm_type),), weight, index, float(max_norm)))
