"""One step over many devices: each sums over its share of the batch, and the sums are added in one collective.

Devices change nothing but the order of an addition, because what is added is never a mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from funcgrad.train.loss import refuse_mean
from funcgrad.train.micro_batches import Accumulation, is_sum, leading_axis
from funcgrad.train.processes import put

AXIS = "data"


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
        everywhere, split = PartitionSpec(), PartitionSpec(AXIS)

        def local(params: Any, batch: Any, given: dict[str, Any]) -> tuple[Any, Any]:
            rng = given["rng"]
            own = None if rng is None else jax.random.fold_in(rng, jax.lax.axis_index(AXIS))
            sums = sums_of(params, batch, **{**given, "rng": own})
            refuse_mean(sums.loss, "devices add up what it returns")
            return self._added(sums)

        # Without vma checking gradients are those of the share, and the one psum below is the only collective.
        shared = jax.shard_map(
            local,
            mesh=self.mesh,
            in_specs=(everywhere, split, everywhere),
            out_specs=(everywhere, split),
            check_vma=False,
        )

        def sums_over_devices(params: Any, batch: Any, **given: Any) -> Accumulation[Any]:
            self._check(batch, self.mesh.size)
            sums, stacked = shared(params, batch, given)
            aux = jax.tree.map(lambda one, many: many if one is None else one, sums.aux, stacked, is_leaf=_is_part)
            return sums._replace(aux=aux)

        return sums_over_devices

    def _added(self, sums: Accumulation[Any]) -> tuple[Accumulation[Any], Any]:
        """Sums over all devices, and the aux values that stay apart, with the device as leading axis."""
        apart = jax.tree.map(lambda leaf: None if is_sum(leaf) else leaf[None], sums.aux, is_leaf=is_sum)
        added = jax.tree.map(lambda leaf: leaf if is_sum(leaf) else None, sums.aux, is_leaf=is_sum)
        floating, fixed = _parted(sums.collections)
        share = [leaf / self.mesh.size for leaf in floating]
        scale = getattr(sums.gradient, "scale", None)
        gradient = sums.gradient.sums
        loss, gradient, aux, floating = jax.lax.psum((sums.loss, gradient, added, share), AXIS)
        stage = type(sums.gradient)(gradient, *([] if scale is None else [scale]))
        return Accumulation(loss, stage, aux, _joined(sums.collections, floating, fixed)), apart

    def _split(self, leaf: Any) -> jax.Array:
        if not self.mesh.is_multi_process:
            return jax.device_put(leaf, self._by_rows())
        leaf = np.asarray(leaf)  # each process takes its rows: nothing is sent, and nothing compared
        return jax.make_array_from_callback(leaf.shape, self._by_rows(), lambda rows: leaf[rows])

    def _by_rows(self) -> NamedSharding:
        return NamedSharding(self.mesh, PartitionSpec(AXIS))

    def _sharding(self, leaf: Any) -> NamedSharding:
        return NamedSharding(self.mesh, self._spec(jnp.shape(leaf)) if self.shard_state else PartitionSpec())

    def _spec(self, shape: tuple[int, ...]) -> PartitionSpec:
        """The largest axis that the devices divide is split; without one the array is on each device in full."""
        divided = [axis for axis, size in enumerate(shape) if size and size % self.mesh.size == 0]
        if not divided:
            return PartitionSpec()
        longest = max(divided, key=lambda axis: shape[axis])
        return PartitionSpec(*[AXIS if axis == longest else None for axis in range(len(shape))])

    def _check(self, batch: Any, devices: int) -> None:
        examples = leading_axis(batch)
        if examples % devices:
            raise ValueError(
                f"the batch has {examples} examples for {devices} devices, expected a multiple. "
                "Fill it up with examples of weight 0, which change nothing."
            )


def _is_part(leaf: Any) -> bool:
    return leaf is None or is_sum(leaf)


def _parted(collections: Any) -> tuple[list[Any], list[Any]]:
    leaves = jax.tree.leaves(collections)
    return [leaf for leaf in leaves if _floats(leaf)], [leaf for leaf in leaves if not _floats(leaf)]


def _joined(collections: Any, floating: list[Any], fixed: list[Any]) -> Any:
    """Statistics as the mean over devices; counts, which are the same on each, as they are."""
    means, counts = iter(floating), iter(fixed)
    return jax.tree.map(lambda leaf: next(means) if _floats(leaf) else next(counts), collections)


def _floats(leaf: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jnp.floating))
