"""Tests for eight devices, whichever tests/conftest.py makes; `tests/train/test_eight_devices.py` runs them.

python -m pytest tests/support/eight_devices.py --noconftest --jax-devices 8
"""

from functools import cache

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import collectives
from training import make_batch, make_params, mean_loss, sum_loss

from funcgrad.optim import clip_by_global_norm
from funcgrad.tolerances import tolerance
from funcgrad.train import DataParallel, LossScale, TrainState, accumulate, make_train_step, mean, unscale

CLOSE = tolerance("float32", "gradient")
ROWS, DEVICES = 8, range(1, 9)
OPTIMIZER = optax.sgd(0.1, momentum=0.9)
scales = st.sampled_from([None, 1.0, 3.0, 2.0**15])
every_layout = pytest.mark.parametrize("shard_state", [False, True], ids=["replicated", "split"])

whole = jax.jit(jax.value_and_grad(mean_loss))
SUMS = {parts: accumulate(sum_loss, micro_batches=parts) for parts in (1, 2)}


@cache
def sums_over(devices, parts, shard_state):
    parallel = DataParallel.over(jax.devices()[:devices], shard_state=shard_state)
    return jax.jit(parallel.over_devices(SUMS[parts]))


@st.composite
def problems(draw):
    """Parameters and a batch whose weights are not all zero; rows of weight 0 are common."""
    batch = make_batch(ROWS, seed=draw(st.integers(0, 20)))
    batch["weights"][draw(st.integers(0, ROWS)) :] = 0
    batch["weights"][draw(st.integers(0, ROWS - 1)), 0] += 1
    return make_params(draw(st.integers(0, 20))), batch


def filled_up(batch, devices, parts):
    """The batch with rows of weight 0, so that every device has the same number of rows and every part one at least."""
    rows = -(-ROWS // devices) if parts == 1 else max(parts, -(-ROWS // devices))
    missing = rows * devices - ROWS
    return {
        name: np.concatenate([leaf, np.zeros((missing, *leaf.shape[1:]), leaf.dtype)]) for name, leaf in batch.items()
    }


@settings(deadline=None, max_examples=15, derandomize=True)
@given(problems(), st.sampled_from(DEVICES), st.sampled_from(sorted(SUMS)), st.booleans(), scales)
def test_any_number_of_devices_finds_the_gradient_of_the_whole_batch(problem, devices, parts, shard_state, scale):
    params, batch = problem
    scale = None if scale is None else jnp.float32(scale)
    sums_of = sums_over(devices, parts, shard_state)
    sums = sums_of(params, filled_up(batch, devices, parts), rng=None, collections=None, scale=scale)
    gradient = sums.gradient if scale is None else unscale(sums.gradient)
    chex.assert_trees_all_close((sums.loss.finish(), mean(gradient).tree), whole(params, batch), **CLOSE)


def run(step, state, place, steps=5):
    for seed in range(steps):
        state, metrics = step(state, place(make_batch(16, seed=seed)))
    return state, metrics


@every_layout
@pytest.mark.parametrize("loss_scale", [None, LossScale.dynamic(8.0, growth_interval=2)], ids=["plain", "scaled"])
def test_eight_devices_train_as_one(shard_state, loss_scale):
    options = {"clip": clip_by_global_norm(0.05), "micro_batches": 2, "norms": True}
    state = lambda: TrainState.create(make_params(hidden=8), OPTIMIZER, loss_scale=loss_scale)  # noqa: E731
    parallel = DataParallel.over(shard_state=shard_state)
    assert parallel.mesh.size == 8
    expected = run(make_train_step(sum_loss, OPTIMIZER, **options), state(), lambda batch: batch)
    step = make_train_step(sum_loss, OPTIMIZER, parallel=parallel, **options)
    found = run(step, parallel.place_state(state()), parallel.place_batch)
    chex.assert_trees_all_close(found, expected, **CLOSE)


@every_layout
def test_the_same_devices_give_the_same_bits_again(shard_state):
    parallel = DataParallel.over(shard_state=shard_state)
    step = make_train_step(sum_loss, OPTIMIZER, parallel=parallel)
    first, again = (
        run(step, parallel.place_state(TrainState.create(make_params(hidden=8), OPTIMIZER)), parallel.place_batch)
        for _ in range(2)
    )
    chex.assert_trees_all_equal(first, again)


@every_layout
def test_the_same_step_is_one_program(shard_state):
    parallel = DataParallel.over(shard_state=shard_state)
    step = make_train_step(sum_loss, OPTIMIZER, parallel=parallel)
    run(step, parallel.place_state(TrainState.create(make_params(hidden=8), OPTIMIZER)), parallel.place_batch)
    assert step._cache_size() == 1


@every_layout
@pytest.mark.parametrize("micro_batches", [1, 2])
def test_the_compiled_program_has_one_reduction(shard_state, micro_batches):
    parallel = DataParallel.over(shard_state=shard_state)
    step = make_train_step(sum_loss, OPTIMIZER, parallel=parallel, micro_batches=micro_batches)
    state = parallel.place_state(TrainState.create(make_params(hidden=8), OPTIMIZER))
    found = collectives(step.lower(state, parallel.place_batch(make_batch(16))).compile())
    assert len(found.pop("all-reduce")) == 1
    assert set(found) == ({"all-gather", "reduce-scatter"} if shard_state else set())
