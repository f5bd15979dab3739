"""Shards: parameters cut over devices, each gathered where the loss needs it and its gradient summed back into the cut.

What was gathered is dropped after its use and gathered again by the backward pass, so that no device needs room for all
of the parameters at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
from jax.sharding import PartitionSpec

from funcgrad.train.accumulation import summing_dtype

AXIS = "data"  # of the mesh

# Gathering, and what another form of a gathered parameter comes from at next to no cost.
_DONE_AGAIN = {"all_gather", "transpose", "reshape", "convert_element_type", "broadcast_in_dim", "squeeze", "slice"}


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Shard:
    """This device's part of a parameter, inside a program over many devices."""

    part: jax.Array  # float[...], in the dtype in which gradients are summed
    axis: int = field(metadata={"static": True})  # along which the whole is cut
    dtype: Any = field(metadata={"static": True})  # of the whole


def is_shard(leaf: Any) -> bool:
    """Whether a leaf is a device's part; `is_leaf` for such trees."""
    return isinstance(leaf, Shard)


def shard_of(part: jax.Array, spec: PartitionSpec) -> Any:
    """The part as a shard; a parameter that is whole on each device stays an array."""
    return Shard(part.astype(summing_dtype(part.dtype)), spec.index(AXIS), part.dtype) if AXIS in spec else part


def gathered(params: Any, dtype: Any = None) -> Any:
    """The parameters with each shard in full, in its own dtype, or in this one: then no more than that is sent."""
    return jax.tree.map(lambda leaf: _whole(leaf, dtype) if is_shard(leaf) else leaf, params, is_leaf=is_shard)


def gathering_again(function: Callable[..., Any], params: Any) -> Callable[..., Any]:
    """The function of params and batch, to be differentiated, with a backward pass that gathers anew.

    Without shards it stays as it is.
    """
    if not any(map(is_shard, jax.tree.leaves(params, is_leaf=is_shard))):
        return function
    again = jax.checkpoint(function, policy=lambda primitive, *_, **__: primitive.name not in _DONE_AGAIN)

    def each_time(params: Any, batch: Any, *rest: Any) -> Any:
        # Or a compiler may gather before a loop over micro-batches, and keep it all for as long as that runs.
        return again(*jax.lax.optimization_barrier((params, batch)), *rest)

    return each_time


def _whole(shard: Shard, dtype: Any) -> jax.Array:
    def gather(part: jax.Array) -> jax.Array:
        return jax.lax.all_gather(part.astype(dtype or shard.dtype), AXIS, axis=shard.axis, tiled=True)

    def scatter(_: None, gradient: jax.Array) -> tuple[jax.Array]:
        # Summed in the dtype of the part, which may be wider than that of computation.
        wide = gradient.astype(shard.part.dtype)
        return (jax.lax.psum_scatter(wide, AXIS, scatter_dimension=shard.axis, tiled=True),)

    differentiable = jax.custom_vjp(gather)
    differentiable.defvjp(lambda part: (gather(part), None), scatter)
    return differentiable(shard.part)
