from functools import partial

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from programs import collectives
from training import make_batch, make_params, mean_loss, sum_loss

from funcgrad.optim import clip_by_global_norm
from funcgrad.train import Accumulated, DataParallel, LossScale, TrainState, accumulate, make_train_step, weighted_sum

OPTIMIZER = optax.adam(0.01)
CLOSE = {"rtol": 1e-4, "atol": 1e-6}  # Adam divides by the gradient's size, which magnifies the rounding of its sum
PARALLEL = DataParallel.over()


def make_state(**options):
    return TrainState.create(make_params(), OPTIMIZER, **options)


def run(step, state, place=lambda batch: batch, steps=3):
    for seed in range(steps):
        state, metrics = step(state, place(make_batch(8, seed=seed)))
    return state, metrics


@pytest.mark.parametrize("micro_batches", [1, 2])
@pytest.mark.parametrize("shard_state", [False, True], ids=["replicated", "split"])
def test_four_devices_give_the_numbers_of_one(micro_batches, shard_state):
    options = {"clip": clip_by_global_norm(0.05), "norms": True, "micro_batches": micro_batches}
    parallel = DataParallel.over(shard_state=shard_state)
    assert parallel.mesh.size == 4
    scale = LossScale.dynamic(8.0, growth_interval=2)
    expected = run(make_train_step(sum_loss, OPTIMIZER, **options), make_state(loss_scale=scale))
    step = make_train_step(sum_loss, OPTIMIZER, parallel=parallel, **options)
    found = run(step, parallel.place_state(make_state(loss_scale=scale)), parallel.place_batch)
    chex.assert_trees_all_close(found, expected, **CLOSE)


@pytest.mark.parametrize("micro_batches", [1, 2])
def test_an_update_has_one_collective(micro_batches):
    step = make_train_step(sum_loss, OPTIMIZER, parallel=PARALLEL, micro_batches=micro_batches)
    state, batch = PARALLEL.place_state(make_state()), PARALLEL.place_batch(make_batch(8))
    assert list(collectives(step.lower(state, batch).compile())) == ["all-reduce"]


def test_gradients_of_16_bits_are_added_over_devices_in_float32():
    """256 + 1 is 256 in bfloat16."""
    loss = lambda w, x: weighted_sum(w * x)  # noqa: E731
    x = jnp.asarray([256, 1, 1, 1], jnp.bfloat16)
    for shard_state in (False, True):
        sums_of = DataParallel.over(shard_state=shard_state).over_devices(accumulate(loss))
        w = jnp.ones(4, jnp.bfloat16)
        sums = jax.jit(partial(sums_of, rng=None, collections=None, scale=None))(w, x)
        total = sums.gradient.sums.total
        assert (total.dtype, total.tolist()) == (jnp.float32, [259.0] * 4)


def test_a_state_that_was_not_placed_comes_out_placed():
    parallel = DataParallel.over(shard_state=True)
    state, _ = make_train_step(sum_loss, OPTIMIZER, parallel=parallel)(make_state(), make_batch(8))
    assert state.params["w1"].addressable_shards[0].data.shape == (3, 1)


def test_statistics_are_averaged_and_counts_stay():
    def loss(w, x, seen):
        return weighted_sum(w * x), {"mean": x.mean(), "count": seen["count"] + 1}

    step = make_train_step(loss, OPTIMIZER, parallel=PARALLEL)
    seen = {"mean": jnp.float32(0), "count": jnp.int32(0)}
    state = PARALLEL.place_state(TrainState.create(jnp.float32(1), OPTIMIZER, collections=seen))
    state, _ = step(state, PARALLEL.place_batch(np.arange(8, dtype=np.float32)))
    assert (float(state.collections["mean"]), int(state.collections["count"])) == (3.5, 1)


def test_aux_sums_are_added_and_the_rest_keeps_the_device_as_leading_axis():
    def loss(w, x, rng):
        return weighted_sum(w * x), {
            "sum": Accumulated(x.sum(), x.shape[0]),
            "first": x[0],
            "drawn": jax.random.normal(rng),
        }

    step = make_train_step(loss, OPTIMIZER, parallel=PARALLEL, has_aux=True)
    state = PARALLEL.place_state(TrainState.create(jnp.float32(1), OPTIMIZER, rng=jax.random.key(0)))
    _, metrics = step(state, PARALLEL.place_batch(np.arange(8, dtype=np.float32)))
    assert float(metrics.aux["sum"]) == 3.5
    assert metrics.aux["first"].tolist() == [0, 2, 4, 6]
    assert len(set(metrics.aux["drawn"].tolist())) == 4


def test_a_batch_that_does_not_divide_is_told_how_to_fill_up():
    with pytest.raises(ValueError, match=r"7 examples for 4 devices, expected a multiple\. Fill it up .* weight 0"):
        PARALLEL.place_batch(make_batch(7))


def test_a_mean_over_devices_is_refused():
    step = make_train_step(mean_loss, OPTIMIZER, parallel=PARALLEL)
    with pytest.raises(TypeError, match="returned one number, but devices add up"):
        step(PARALLEL.place_state(make_state()), PARALLEL.place_batch(make_batch(8)))
