import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcgrad.train import LossScale, TrainState

OPTIMIZER = optax.sgd(0.1, momentum=0.9)


def make_state(rng=None, **options):
    return TrainState.create({"w": jnp.arange(3.0), "b": jnp.float32(1)}, OPTIMIZER, rng=rng, **options)


def full_state():
    return make_state(jax.random.key(0), loss_scale=LossScale.dynamic(), collections={"mean": jnp.ones(3)})


@pytest.mark.parametrize("make", [make_state, full_state])
def test_round_trip_keeps_every_field(make):
    state = make()
    leaves, structure = jax.tree.flatten(state)
    back = jax.tree.unflatten(structure, leaves)
    assert type(back) is TrainState
    for before, after in zip(state, back, strict=True):
        chex.assert_trees_all_equal(after, before)


def test_every_field_is_a_child_of_the_pytree():
    keys = {path[0].name for path, _ in jax.tree_util.tree_leaves_with_path(full_state())}
    assert keys == set(TrainState._fields)


def test_create_copies_what_the_caller_holds():
    w = jnp.arange(3.0)
    state = TrainState.create({"w": w}, OPTIMIZER)
    state.params["w"].delete()
    np.testing.assert_array_equal(w, [0, 1, 2])


def test_create_takes_numpy_and_makes_no_weak_type():
    state = TrainState.create({"w": np.ones(2, np.float32), "b": 1.0}, OPTIMIZER)
    assert all(isinstance(leaf, jax.Array) and not leaf.weak_type for leaf in jax.tree.leaves(state))


def test_state_is_frozen():
    with pytest.raises(AttributeError):
        make_state().step = 3
