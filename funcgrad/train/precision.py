"""Precision: what is computed in which dtype, and a loss scale that keeps small gradients from vanishing.

The order: the summed loss is scaled, gradients are added up scaled, then unscaled, divided by their weight, clipped
and applied. The scale stays the same within a window, and changes after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

FIRST_SCALE, GROWTH, BACKOFF, INTERVAL = 2.0**16, 2.0, 0.5, 2000  # PyTorch's GradScaler


@dataclass(frozen=True)
class Policy:
    """The dtypes of a step. Parameters, optimizer state and gradients keep the dtype in which the state holds them.

    Example:
        >>> Policy(compute=jnp.bfloat16).to_compute({"w": jnp.ones(2), "ids": jnp.arange(2)})["w"].dtype.name
        'bfloat16'
    """

    compute: Any = jnp.float32  # of parameters and batch inside the loss function
    output: Any = jnp.float32  # of the loss

    def to_compute(self, tree: Any) -> Any:
        """The tree with its floating leaves in the dtype of computation."""
        return _cast(tree, self.compute)

    def to_output(self, tree: Any) -> Any:
        """The tree with its floating leaves in the dtype of the loss."""
        return _cast(tree, self.output)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class LossScale:
    """The factor of the loss, and how it follows what became of the gradients. Every field is a leaf.

    A step whose gradients are not all finite is skipped and shrinks the scale; after enough good steps in a row it
    grows, as PyTorch's GradScaler does. A scale that would be infinite stays.

    Example:
        >>> scale = LossScale.dynamic(8.0, growth_interval=1)
        >>> float(scale.adjust(True).scale), float(scale.adjust(False).scale)
        (16.0, 4.0)
    """

    scale: jax.Array  # float32[]
    good_steps: jax.Array  # int32[], in a row since the last change
    growth_factor: jax.Array  # float32[]
    backoff_factor: jax.Array  # float32[]
    growth_interval: jax.Array  # int32[]

    @classmethod
    def dynamic(
        cls,
        scale: float = FIRST_SCALE,
        *,
        growth_factor: float = GROWTH,
        backoff_factor: float = BACKOFF,
        growth_interval: int = INTERVAL,
    ) -> LossScale:
        """Return a scale that grows and shrinks.

        Args:
            scale: the first scale.
            growth_factor: what it is multiplied by after `growth_interval` good steps in a row.
            backoff_factor: what it is multiplied by after a step that was skipped.
            growth_interval: how many good steps make it grow.

        Raises:
            ValueError: if a number is out of range.
        """
        _check(scale > 0, "scale", scale, "above 0")
        _check(growth_factor > 1, "growth_factor", growth_factor, "above 1; for a fixed scale use LossScale.static")
        _check(0 < backoff_factor < 1, "backoff_factor", backoff_factor, "between 0 and 1")
        _check(growth_interval >= 1, "growth_interval", growth_interval, "at least 1")
        return cls._of(scale, growth_factor, backoff_factor, growth_interval)

    @classmethod
    def static(cls, scale: float) -> LossScale:
        """Return a scale that stays. Steps whose gradients are not finite are skipped all the same.

        Raises:
            ValueError: if the scale is not above 0.
        """
        _check(scale > 0, "scale", scale, "above 0")
        return cls._of(scale, 1.0, 1.0, INTERVAL)

    @classmethod
    def _of(cls, scale: float, growth: float, backoff: float, interval: int) -> LossScale:
        return cls(jnp.float32(scale), jnp.int32(0), jnp.float32(growth), jnp.float32(backoff), jnp.int32(interval))

    def adjust(self, is_finite: Any) -> LossScale:
        """Return the scale of the next step; `is_finite` says whether all gradients of this one were."""
        factors = self.growth_factor, self.backoff_factor, self.growth_interval
        scale, good_steps = adjusted(self.scale, self.good_steps, is_finite, *factors)
        return replace(self, scale=scale, good_steps=good_steps)


def adjusted(
    scale: jax.Array, good_steps: jax.Array, is_finite: Any, growth: Any, backoff: Any, interval: Any
) -> tuple[jax.Array, jax.Array]:
    """The scale and the count of good steps after a step; factors of a wider dtype are multiplied in theirs.

    Source: `torch.amp.GradScaler.update`, PyTorch 2.13.
    """
    is_due = good_steps + 1 == interval
    grown = (scale * growth).astype(scale.dtype)
    good = jnp.where(is_due & jnp.isfinite(grown), grown, scale)
    next_scale = jnp.where(is_finite, good, (scale * backoff).astype(scale.dtype))
    return next_scale, jnp.where(is_due | ~jnp.asarray(is_finite), 0, good_steps + 1).astype(good_steps.dtype)


def unscaled(grads: Any, scale: jax.Array) -> Any:
    """The gradients divided by the scale, in their own dtypes: by its reciprocal, as PyTorch does."""
    inverse = 1 / scale
    return jax.tree.map(lambda grad: (grad * inverse).astype(grad.dtype), grads)


def all_finite(tree: Any) -> jax.Array:
    """Whether no element of the tree is infinite or nan."""
    leaves = [jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]
    return jnp.all(jnp.stack(leaves)) if leaves else jnp.asarray(True)


def _cast(tree: Any, dtype: Any) -> Any:
    def cast(leaf: Any) -> Any:
        return jnp.asarray(leaf, dtype) if jnp.issubdtype(jnp.result_type(leaf), jnp.floating) else leaf

    return jax.tree.map(cast, tree)


def _check(is_legal: bool, name: str, value: Any, expected: str) -> None:
    if not is_legal:
        raise ValueError(f"{name} is {value}, expected a number {expected}.")
