"""A state with all that a checkpoint has to keep: 16 bits, no elements, a random key, a loss scale, integers."""

import chex
import jax
import jax.numpy as jnp
import optax

from funcgrad.train import DataParallel, LossScale, TrainState

OPTIMIZER = optax.adam(0.1)


def make_state(fill=1.0, width=3):
    return TrainState.create(
        {"w": jnp.full((2, width), fill), "half": jnp.full(3, fill, jnp.bfloat16), "empty": jnp.zeros((0, 2))},
        OPTIMIZER,
        rng=jax.random.key(int(fill)),
        loss_scale=LossScale.dynamic(3.0 * fill),
        collections={"count": jnp.int32(7 * fill)},
    )


def assert_same(found, expected):
    readable = [state._replace(rng=jax.random.key_data(state.rng)) for state in (found, expected)]
    chex.assert_trees_all_equal(*readable, strict=True)


def assert_sharded_arrays_come_back_in_their_place(checkpoints):
    parallel = DataParallel.over(shard_state=True)
    state = parallel.place_state({"w": jnp.arange(8.0)})
    checkpoints.save(1, state)
    restored = checkpoints.restore(parallel.place_state({"w": jnp.zeros(8)})).state
    assert restored["w"].sharding == state["w"].sharding
    chex.assert_trees_all_equal(restored, state)
