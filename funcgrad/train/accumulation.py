"""Accumulated: a weighted sum that is not divided yet.

Sums are added up and divided once. A mean is never averaged again, so no split of the data can change the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp

T = TypeVar("T")

MEAN = (
    "A mean cannot be added up: how much it weighs is lost. "
    "Return weighted_sum(losses, weights) from loss_fn, with one loss for each example or token, in place of a mean."
)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Accumulated(Generic[T]):
    """A sum over examples or tokens, and the weight that it will be divided by.

        total = sum_i weight_i * value_i;    weight = sum_i weight_i

    `plus` is associative and commutative up to rounding and `zero` is its neutral element, so micro-batches, ragged
    windows, devices and hosts may be added in any grouping.

    Example:
        >>> first, second = Accumulated(6.0, 3), Accumulated(10.0, 1)
        >>> float(first.plus(second).finish())  # a mean of the two means would be 6.0
        4.0
    """

    total: T  # pytree of floating arrays
    weight: Any  # []: how many examples or tokens, or the sum of their weights; None: a mean, which cannot be added

    @classmethod
    def zero(cls, like: T) -> Accumulated[T]:
        """Return the sum of nothing.

        Args:
            like: pytree of arrays or `jax.ShapeDtypeStruct`; 16-bit ones are summed in float32.
        """
        total = jax.tree.map(lambda leaf: jnp.zeros(jnp.shape(leaf), summing_dtype(jnp.result_type(leaf))), like)
        return cls(total, jnp.zeros(()))

    def plus(self, other: Accumulated[T]) -> Accumulated[T]:
        """Return the sum over both, in the dtypes of this one where they are wider.

        Raises:
            TypeError: if one of them is a mean.
            ValueError: if the totals differ in structure.
        """
        if self.weight is None or other.weight is None:
            raise TypeError(MEAN)
        return Accumulated(jax.tree.map(jnp.add, self.total, other.total), jnp.add(self.weight, other.weight))

    def finish(self) -> T:
        """Return the weighted mean, `total / weight`: the one division. A weight of zero gives nan."""
        if self.weight is None:
            return self.total
        return jax.tree.map(lambda leaf: leaf / jnp.asarray(self.weight, jnp.result_type(leaf)), self.total)


def weighted_sum(values: Any, weights: Any = None) -> Accumulated[jax.Array]:
    """Return the sum of losses, of examples or of tokens, and of their weights: what a loss function returns.

        total = sum weight_i * value_i;    weight = sum weight_i

    Args:
        values: float[...], one for each example or token, not averaged; 16-bit ones are summed in float32.
        weights: [...], of a shape that broadcasts to that of the values; 0 for padding. A value of weight 0 is left
            out even if it is nan. Without weights each value counts 1.

    Returns:
        The sums; both scalars.

    Raises:
        TypeError: if the values are not floating, or one number only: a mean, most often.
        ValueError: if the weights do not broadcast to the values.

    Example:
        >>> per_token = jnp.array([[2.0, 4.0], [9.0, jnp.nan]])
        >>> weighted_sum(per_token, jnp.array([[1, 1], [1, 0]]))
        Accumulated(total=Array(15., dtype=float32), weight=Array(3., dtype=float32))
    """
    values = jnp.asarray(values)
    if not jnp.issubdtype(values.dtype, jnp.floating):
        raise TypeError(f"weighted_sum was given values of {values.dtype}, expected floating losses. Cast them.")
    if values.ndim == 0:
        raise TypeError(
            "weighted_sum was given one number, expected a loss for each example or token. Give it the losses before "
            "their mean is taken. If the number is a sum, return Accumulated(sum, weight) with what it is divided by."
        )
    values = values.astype(summing_dtype(values.dtype))
    if weights is None:
        return Accumulated(values.sum(), jnp.asarray(values.size, values.dtype))
    weights = _broadcast(jnp.asarray(weights, values.dtype), values.shape)
    return Accumulated(jnp.sum(jnp.where(weights == 0, 0, values) * weights), weights.sum())


def summing_dtype(dtype: Any) -> Any:
    """The dtype that sums of this dtype are kept in: float32 for 16-bit floating ones, else its own."""
    is_narrow = jnp.issubdtype(dtype, jnp.floating) and jnp.dtype(dtype).itemsize < 4
    return jnp.dtype(jnp.float32) if is_narrow else jnp.dtype(dtype)


def _broadcast(weights: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    try:
        return jnp.broadcast_to(weights, shape)
    except ValueError:
        raise ValueError(
            f"weights have shape {weights.shape}, expected one that broadcasts to the values' {shape}. "
            "Give each value its weight, or each row one with weights[:, None]."
        ) from None
