"""Gradient accumulation: one batch as several micro-batches, with the memory of one.

Only sums are added up, so the result is that of the whole batch for any number of micro-batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, overload

import jax
import jax.numpy as jnp

from funcgrad.train.accumulation import Accumulated, summing_dtype
from funcgrad.train.arguments import check_kind
from funcgrad.train.loss import LossFn, Outcome, call, refuse_mean
from funcgrad.train.precision import Policy
from funcgrad.train.shards import gathering_again
from funcgrad.train.stages import Scaled, Summed

Stage = TypeVar("Stage")


class Accumulation(NamedTuple, Generic[Stage]):
    """The sums over a batch."""

    loss: Accumulated[jax.Array]  # of float[], never scaled
    gradient: Stage  # Summed, or Scaled under a loss scale
    aux: Any  # Accumulated parts added up; all else stacked, with the micro-batch as leading axis
    collections: Any  # as the last micro-batch left them


class Accumulate(Protocol):
    """`(params, batch)` to the sums over the batch."""

    @overload
    def __call__(
        self, params: Any, batch: Any, *, rng: Any = None, collections: Any = None, scale: None = None
    ) -> Accumulation[Summed[Any]]: ...
    @overload
    def __call__(
        self, params: Any, batch: Any, *, rng: Any = None, collections: Any = None, scale: jax.Array
    ) -> Accumulation[Scaled[Any]]: ...


def accumulate(
    loss_fn: Callable[..., Any],
    *,
    micro_batches: int = 1,
    has_aux: bool = False,
    policy: Policy | None = None,
    dtype: Any = None,
) -> Accumulate:
    """Return the function from parameters and a batch to its summed loss and summed gradient.

        loss = sum over micro-batches of loss_fn(params, part);    gradient = d loss.total / d params

    Args:
        loss_fn: `loss_fn(params, batch)`, with `rng` and `collections` after them where they are given. It returns
            `Accumulated(sum, weight)`, which `weighted_sum` makes, and both have to be additive: over a batch cut in
            two they are the sums of what they are over the parts. A mean has no weight and is refused.
        micro_batches: into how many parts of equal size the leading axis is cut. The last part is smaller, or left
            out, where they do not divide it.
        has_aux: whether `loss_fn` returns `(loss, aux)`.
        policy: the dtypes of computation.
        dtype: the dtype of the gradient's sum; by default that of each parameter, and float32 for 16-bit ones.

    Returns:
        A pure function `(params, batch, *, rng, collections, scale)`. Micro-batch i draws from `fold_in(rng, i)`.
        Collections pass from one micro-batch to the next, as in a loop.

    Raises:
        TypeError: when called, if `loss_fn` returns a mean.
        ValueError: if there are not so many examples as micro-batches, or leaves differ in their leading axis.

    Example:
        >>> from funcgrad.train import mean, weighted_sum
        >>> sums = accumulate(lambda w, x: weighted_sum((w - x) ** 2), micro_batches=2)
        >>> result = sums(jnp.float32(0), jnp.array([1.0, 2.0, 6.0]))
        >>> float(mean(result.gradient).tree)
        -6.0
    """
    gradient = _with_gradient(loss_fn, has_aux, policy)

    def accumulated(params: Any, batch: Any, *, rng: Any = None, collections: Any = None, scale: Any = None) -> Any:
        sums = _whole if micro_batches == 1 else _scanned(micro_batches, dtype)
        result = sums(gradient, params, batch, rng, collections, scale)
        refuse_mean(result.loss, "accumulate adds up what it returns")
        return result

    _check_count(micro_batches)
    return accumulated


def gradient_of(
    loss_fn: LossFn, *, micro_batches: int, has_aux: bool, policy: Policy | None, dtype: Any
) -> Callable[..., Accumulation[Any]]:
    """`accumulate` for a step: a single batch may have a mean as its loss."""
    if micro_batches != 1:
        return accumulate(loss_fn, micro_batches=micro_batches, has_aux=has_aux, policy=policy, dtype=dtype)
    gradient = _with_gradient(loss_fn, has_aux, policy)

    def whole(params: Any, batch: Any, *, rng: Any = None, collections: Any = None, scale: Any = None) -> Any:
        return _whole(gradient, params, batch, rng, collections, scale)

    return whole


def _with_gradient(loss_fn: LossFn, has_aux: bool, policy: Policy | None) -> Callable[..., Any]:
    """The function from parameters, batch, key, collections and scale to `((total, outcome), gradient)`."""
    check_kind("policy", policy, Policy, "Policy(compute=jnp.bfloat16)")

    def total(params: Any, batch: Any, rng: Any, collections: Any, scale: Any) -> tuple[Any, Outcome]:
        outcome = call(loss_fn, params, batch, rng, collections, has_aux=has_aux, policy=policy)
        value = outcome.loss.total
        return (value if scale is None else value * scale.astype(value.dtype)), outcome

    def gradient(params: Any, *rest: Any) -> Any:
        return jax.value_and_grad(gathering_again(total, params), has_aux=True)(params, *rest)

    return gradient


def _whole(gradient: Any, params: Any, batch: Any, rng: Any, collections: Any, scale: Any) -> Accumulation[Any]:
    (_, outcome), grads = gradient(params, batch, rng, collections, scale)
    return Accumulation(outcome.loss, staged(grads, outcome.loss.weight, scale), outcome.aux, outcome.collections)


def _scanned(count: int, dtype: Any) -> Callable[..., Accumulation[Any]]:
    def run(gradient: Any, params: Any, batch: Any, rng: Any, collections: Any, scale: Any) -> Accumulation[Any]:
        def micro(carry: Any, numbered: Any) -> tuple[Any, Any]:
            (sums, collections), (index, part) = carry, numbered
            key = None if rng is None else jax.random.fold_in(rng, index)
            (_, outcome), grads = gradient(params, part, key, collections, scale)
            refuse_mean(outcome.loss, "micro_batches adds up what it returns")
            sums = jax.tree.map(lambda total, grad: total + grad.astype(total.dtype), sums, grads)
            return (sums, outcome.collections), (outcome.loss, outcome.aux)

        parts, rest = _split(batch, count)
        full = jax.tree.leaves(parts)[0].shape[0]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, dtype or summing_dtype(leaf.dtype)), params)
        carry, results = jax.lax.scan(micro, (zeros, collections), (jnp.arange(full), parts))
        if rest is not None:
            carry, last = micro(carry, (full, rest))
            results = jax.tree.map(lambda many, one: jnp.concatenate([many, jnp.asarray(one)[None]]), results, last)
        (sums, collections), (losses, aux) = carry, results
        loss = _summed(losses)
        return Accumulation(loss, staged(sums, loss.weight, scale), add_up(aux), collections)

    return run


def add_up(aux: Any) -> Any:
    """Stacked aux values with every Accumulated summed over the leading axis."""
    return jax.tree.map(lambda leaf: _summed(leaf) if is_sum(leaf) else leaf, aux, is_leaf=is_sum)


def is_sum(leaf: Any) -> bool:
    """Whether a part of an aux tree is added up; `is_leaf` for such trees."""
    return isinstance(leaf, Accumulated)


def _summed(stacked: Any) -> Any:
    return jax.tree.map(lambda leaf: jnp.sum(leaf, axis=0, dtype=summing_dtype(leaf.dtype)), stacked)


def staged(grads: Any, weight: Any, scale: Any) -> Any:
    """A summed gradient at its stage: Scaled where there is a loss scale."""
    sums = Accumulated(grads, weight)
    return Summed(sums) if scale is None else Scaled(sums, scale)


def _split(batch: Any, count: int) -> tuple[Any, Any]:
    """The full micro-batches, stacked, and the smaller last one or None."""
    examples = leading_axis(batch)
    if count > examples:
        raise ValueError(
            f"micro_batches is {count}, but the batch has {examples} examples. Use at most one for each example."
        )
    size = -(-examples // count)
    full = examples // size
    parts = jax.tree.map(lambda leaf: leaf[: full * size].reshape(full, size, *leaf.shape[1:]), batch)
    return parts, jax.tree.map(lambda leaf: leaf[full * size :], batch) if examples % size else None


def leading_axis(batch: Any) -> int:
    """How many examples a batch has.

    Raises:
        ValueError: if its leaves do not agree on it.
    """
    shapes = {jax.tree_util.keystr(path): jnp.shape(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(batch)}
    sizes = {shape[:1] for shape in shapes.values()}
    if len(sizes) != 1 or sizes == {()}:
        raise ValueError(
            f"the batch has leaves of shapes {shapes}, expected arrays with one leading axis of the same size. "
            "Repeat what is the same for all examples, or let loss_fn close over it."
        )
    return sizes.pop()[0]


def _check_count(micro_batches: int) -> None:
    if not isinstance(micro_batches, int):
        raise TypeError(f"micro_batches is {micro_batches!r}, expected an integer: into how many parts a batch is cut.")
    if micro_batches < 1:
        raise ValueError(f"micro_batches is {micro_batches}, expected at least 1.")
