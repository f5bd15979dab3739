import dataclasses
import math

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training import make_batch, make_params, sum_loss

from funcgrad.optim import clip_by_global_norm, sgd
from funcgrad.train import LossScale, Policy, TrainState, make_train_step

OPTIMIZER = sgd(0.1, momentum=0.9)
DYNAMIC = LossScale.dynamic(8.0, growth_factor=4.0, backoff_factor=0.25, growth_interval=3)


def test_every_field_of_a_scale_is_a_leaf_that_survives():
    odd = LossScale(*(jnp.asarray(value) for value in (3.0, 7, 1.5, 0.75, 11)))
    chex.assert_trees_all_equal(jax.jit(lambda scale: scale)(odd), odd)
    assert len(jax.tree.leaves(odd)) == len(dataclasses.fields(LossScale))


# What torch.amp.GradScaler of PyTorch 2.13 has as scale and growth tracker after these iterations.
def test_the_scale_follows_pytorchs_rule():
    scale, seen = DYNAMIC, []
    for is_finite in (True, True, False, True, True, True, True, False, False):
        scale = jax.jit(LossScale.adjust)(scale, is_finite)
        seen.append((float(scale.scale), int(scale.good_steps)))
    assert seen == [(8, 1), (8, 2), (2, 0), (2, 1), (2, 2), (8, 0), (8, 1), (2, 0), (0.5, 0)]


def test_a_scale_that_would_be_infinite_stays():
    scale = LossScale.dynamic(2.0**127, growth_interval=1).adjust(True)
    assert (float(scale.scale), int(scale.good_steps)) == (2.0**127, 0)


def test_a_static_scale_stays():
    scale = LossScale.static(512.0)
    for is_finite in (True, False) * 3:
        scale = scale.adjust(is_finite)
    assert float(scale.scale) == 512.0


@pytest.mark.parametrize(
    "options, text",
    [
        ({"scale": 0.0}, "scale is 0.0, expected a number above 0"),
        ({"growth_factor": 1.0}, "growth_factor is 1.0, expected a number above 1; for a fixed scale use LossScale.st"),
        ({"backoff_factor": 1.0}, "backoff_factor is 1.0, expected a number between 0 and 1"),
        ({"growth_interval": 0}, "growth_interval is 0, expected a number at least 1"),
    ],
)
def test_a_scale_says_what_it_wants(options, text):
    with pytest.raises(ValueError, match=text):
        LossScale.dynamic(**options)


def make_state(**options):
    return TrainState.create(make_params(), OPTIMIZER, **options)


@pytest.mark.parametrize("micro_batches", [1, 4])
def test_a_scale_changes_nothing_but_the_range(micro_batches):
    step = make_train_step(sum_loss, OPTIMIZER, micro_batches=micro_batches, clip=clip_by_global_norm(0.05), norms=True)
    plain, scaled = make_state(), make_state(loss_scale=DYNAMIC)
    for seed in range(4):
        plain, expected = step(plain, make_batch(8, seed=seed))
        scaled, metrics = step(scaled, make_batch(8, seed=seed))
        chex.assert_trees_all_close(metrics[:5], expected[:5], rtol=1e-6)
    chex.assert_trees_all_close(scaled.params, plain.params, rtol=1e-6)
    assert (float(scaled.loss_scale.scale), int(scaled.loss_scale.good_steps)) == (32.0, 1)


def test_a_scale_saves_small_gradients_of_float16():
    def loss(w, x):
        return (w * x * x).sum()  # its gradient of 1e-8 is below float16's smallest number

    step = make_train_step(loss, sgd(1.0), policy=Policy(compute=jnp.float16), norms=True)
    norms = []
    for loss_scale in (None, LossScale.static(2.0**15)):
        _, metrics = step(TrainState.create(jnp.float32(0), sgd(1.0), loss_scale=loss_scale), jnp.float32([1e-4]))
        norms.append(float(metrics.grad_norm))
    assert norms[0] == 0.0
    np.testing.assert_allclose(norms[1], 1e-8, rtol=1e-2)


@pytest.mark.parametrize("value", [math.inf, math.nan])
@pytest.mark.parametrize("micro_batches", [1, 4])
def test_an_update_that_is_not_finite_is_skipped_whole(value, micro_batches):
    batch = make_batch(8)
    batch["x"][2, 0], batch["weights"][2] = value, 1
    before = make_state(loss_scale=DYNAMIC)
    step = make_train_step(sum_loss, OPTIMIZER, micro_batches=micro_batches)
    after, metrics = step(make_state(loss_scale=DYNAMIC), batch)
    chex.assert_trees_all_equal((after.params, after.opt_state), (before.params, before.opt_state))
    assert (bool(metrics.is_finite), float(metrics.loss_scale), float(after.loss_scale.scale)) == (False, 8.0, 2.0)
    assert int(after.step) == 1
    after, metrics = step(after, make_batch(8))
    assert bool(metrics.is_finite)
    assert not np.array_equal(after.params["w1"], before.params["w1"])


def test_skipping_without_a_scale_also_keeps_the_collections():
    def loss(w, x, seen):
        return (w * x).sum(), {"mean": x.mean()}

    step = make_train_step(loss, sgd(1.0), skip_nonfinite=True)
    state = TrainState.create(jnp.float32(1), sgd(1.0), collections={"mean": jnp.float32(5)})
    state, metrics = step(state, jnp.array([1.0, jnp.nan]))
    assert (float(state.params), float(state.collections["mean"]), bool(metrics.is_finite)) == (1.0, 5.0, False)
    state, metrics = step(state, jnp.array([1.0, 2.0]))
    assert (float(state.params), float(state.collections["mean"]), bool(metrics.is_finite)) == (-2.0, 1.5, True)


def test_a_window_of_weight_zero_changes_nothing_when_skipping():
    batch = {**make_batch(8), "weights": np.zeros((8, 5), np.float32)}
    state, metrics = make_train_step(sum_loss, OPTIMIZER, micro_batches=2, skip_nonfinite=True)(make_state(), batch)
    chex.assert_trees_all_equal(state.params, make_state().params)
    assert (np.isnan(metrics.loss), float(metrics.weight)) == (True, 0.0)


def test_no_step_visits_the_host():
    step = make_train_step(sum_loss, OPTIMIZER, micro_batches=2)
    state, batch = make_state(loss_scale=DYNAMIC), jax.device_put(make_batch(8))
    state, _ = step(state, batch)
    with jax.transfer_guard("disallow"):
        step(state, batch)
