"""One step over many devices: each sums over its share of the batch, and the sums are added up.

Devices change nothing but the order of an addition, because what is added is never a mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from funcgrad.train.accumulation import summing_dtype
from funcgrad.train.loss import refuse_mean
from funcgrad.train.micro_batches import Accumulation, is_sum, leading_axis, staged
from funcgrad.train.processes import put
from funcgrad.train.shards import AXIS, is_shard, shard_of

EVERYWHERE, SPLIT = PartitionSpec(), PartitionSpec(AXIS)


@dataclass(frozen=True)
class DataParallel:
    """Devices that share each batch between them.

    Example:
        >>> parallel = DataParallel.over(jax.devices()[:1])
        >>> parallel.place_batch(jnp.ones((4, 2))).sharding.is_fully_addressable
        True
    """

    mesh: Mesh  # with one axis, "data"
    shard_state: bool = False  # whether parameters and optimizer state are split between devices, or on each in full

    @classmethod
    def over(cls, devices: Any = None, *, shard_state: bool = False) -> DataParallel:
        """Return a layout over these devices; by default over all of them, those of other processes included."""
        return cls(Mesh(np.asarray(jax.devices() if devices is None else devices), (AXIS,)), shard_state)

    def place_state(self, state: Any) -> Any:
        """Put a state on the devices, in the layout that the step keeps it in."""
        return jax.tree.map(lambda leaf: put(leaf, self._sharding(leaf)), state)

    def place_batch(self, batch: Any) -> Any:
        """Put a batch on the devices, split along its leading axis; of several processes each hands in all of it.

        Raises:
            ValueError: if the number of examples is no multiple of the number of devices.
        """
        self._check(batch, self.mesh.size)
        return jax.tree.map(self._split, batch)

    def place_share(self, share: Any) -> Any:
        """Put a batch on the devices of which each process has read its own rows and no others.

        Args:
            share: this process's rows, as many as any other's; the batch is the rows of all in the order of processes.

        Raises:
            ValueError: if the number of its rows is no multiple of the number of its devices.
        """
        self._check(share, len(self.mesh.local_devices))
        return jax.tree.map(
            lambda leaf: jax.make_array_from_process_local_data(self._by_rows(), np.asarray(leaf)), share
        )

    def constrained(self, state: Any) -> Any:
        """Inside a program, keep a state in its layout."""
        return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, self._sharding(leaf)), state)

    def over_devices(self, sums_of: Callable[..., Accumulation[Any]]) -> Callable[..., Accumulation[Any]]:
        """The sums over a batch from the sums over each device's share of it."""

        def sums_over_devices(params: Any, batch: Any, **given: Any) -> Accumulation[Any]:
            self._check(batch, self.mesh.size)
            layout = jax.tree.map(self.spec, params)
            # Without vma checking gradients are those of the share, and nothing is sent but what is written here.
            shared = jax.shard_map(
                partial(self._local, sums_of, layout),
                mesh=self.mesh,
                in_specs=(layout, SPLIT, EVERYWHERE),
                out_specs=(layout, EVERYWHERE, SPLIT),
                check_vma=False,
            )
            gradient, (loss, added, collections), apart = shared(params, batch, given)
            gradient = staged(gradient, loss.weight, given["scale"])
            return Accumulation(loss, gradient, _joined(added, apart), collections)

        return sums_over_devices

    def _local(
        self, sums_of: Callable[..., Accumulation[Any]], layout: Any, params: Any, batch: Any, given: dict[str, Any]
    ) -> tuple[Any, Any, Any]:
        """On one device: its part of the gradient, what all devices have alike, and the aux values of its own."""
        rng = given["rng"]
        own = None if rng is None else jax.random.fold_in(rng, jax.lax.axis_index(AXIS))
        sums = sums_of(jax.tree.map(shard_of, params, layout), batch, **{**given, "rng": own})
        refuse_mean(sums.loss, "devices add up what it returns")
        return _added(sums, self.mesh.size)

    def _split(self, leaf: Any) -> jax.Array:
        if not self.mesh.is_multi_process:
            return jax.device_put(leaf, self._by_rows())
        leaf = np.asarray(leaf)  # each process takes its rows: nothing is sent, and nothing compared
        return jax.make_array_from_callback(leaf.shape, self._by_rows(), lambda rows: leaf[rows])

    def _by_rows(self) -> NamedSharding:
        return NamedSharding(self.mesh, SPLIT)

    def _sharding(self, leaf: Any) -> NamedSharding:
        return NamedSharding(self.mesh, self.spec(leaf))

    def spec(self, leaf: Any) -> PartitionSpec:
        """The longest axis that the devices divide is split; without one the array is on each device in full."""
        shape = jnp.shape(leaf)
        divided = [axis for axis, size in enumerate(shape) if size and size % self.mesh.size == 0]
        if not divided or not self.shard_state:
            return EVERYWHERE
        longest = max(divided, key=lambda axis: shape[axis])
        return PartitionSpec(*[None] * longest, AXIS)

    def _check(self, batch: Any, devices: int) -> None:
        examples = leading_axis(batch)
        if examples % devices:
            raise ValueError(
                f"the batch has {examples} examples for {devices} devices, expected a multiple. "
                "Fill it up with examples of weight 0, which change nothing."
            )


def _added(sums: Accumulation[Any], devices: int) -> tuple[Any, Any, Any]:
    """The one reduction of an update, inside a program; the gradients of shards are summed up before."""
    aux, apart = _parted(is_sum, sums.aux)
    statistics, counts = _parted(_floats, sums.collections)
    shards, gradient = _parted(is_shard, sums.gradient.sums.total)
    gradient = jax.tree.map(lambda leaf: leaf.astype(summing_dtype(leaf.dtype)), gradient)
    statistics = jax.tree.map(lambda leaf: leaf / devices, statistics)
    loss, aux, statistics, gradient = jax.lax.psum((sums.loss, aux, statistics, gradient), AXIS)
    shards = jax.tree.map(lambda shard: shard.part, shards, is_leaf=is_shard)
    apart = jax.tree.map(lambda leaf: leaf[None], apart)
    return _joined(shards, gradient), (loss, aux, _joined(statistics, counts)), apart


def _parted(chosen: Callable[[Any], bool], tree: Any) -> tuple[Any, Any]:
    """Two trees of the same form: that of the chosen parts and that of the others, with None for what is not there."""
    first = jax.tree.map(lambda leaf: leaf if chosen(leaf) else None, tree, is_leaf=_is_part)
    second = jax.tree.map(lambda leaf: None if chosen(leaf) else leaf, tree, is_leaf=_is_part)
    return first, second


def _joined(first: Any, second: Any) -> Any:
    """The tree of which these are the two parts."""
    return jax.tree.map(lambda one, other: other if one is None else one, first, second, is_leaf=_is_part)


def _is_part(leaf: Any) -> bool:
    return leaf is None or is_sum(leaf) or is_shard(leaf)


def _floats(leaf: Any) -> bool:
    return leaf is not None and bool(jnp.issubdtype(leaf.dtype, jnp.floating))
