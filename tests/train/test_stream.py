import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training import make_batch, make_params, mean_loss, rows_of, sum_loss

from funcgrad.optim import adamw, clip_by_global_norm
from funcgrad.tolerances import tolerance
from funcgrad.train import Checkpoints, LossScale, TrainState, Window, make_stream_step, make_train_step, weighted_sum

CLOSE = tolerance("float32", "gradient")
OPTIMIZER = adamw(0.1, weight_decay=0.5)
OPTIONS = {"clip": clip_by_global_norm(0.05), "norms": True}


def make_state(**options):
    return TrainState.create(make_params(), OPTIMIZER, **options)


def run(step, state, batch, cuts):
    window = Window.empty(state)
    for rows in np.split(np.arange(8), cuts):
        window, _ = step.add(state, window, rows_of(batch, rows))
    return step.update(state, window)


@pytest.mark.parametrize("cuts", [[], [4], [1, 1, 7], [2, 4, 6]], ids=str)
@pytest.mark.parametrize("loss_scale", [None, LossScale.dynamic(8.0)], ids=["plain", "scaled"])
def test_a_window_updates_as_one_batch_of_all_its_examples(cuts, loss_scale):
    batch = make_batch(8)
    expected, metrics = make_train_step(sum_loss, OPTIMIZER, **OPTIONS)(make_state(loss_scale=loss_scale), batch)
    state, window, streamed = run(
        make_stream_step(sum_loss, OPTIMIZER, **OPTIONS), make_state(loss_scale=loss_scale), batch, cuts
    )
    # Adam's first update is lr * g / |g|: components near 0 would magnify rounding, so its memory is compared.
    chex.assert_trees_all_close(state.opt_state, expected.opt_state, rtol=1e-4, atol=1e-8)
    chex.assert_trees_all_close((streamed.loss, streamed.grad_norm), (metrics.loss, metrics.grad_norm), **CLOSE)
    chex.assert_trees_all_equal(window, Window.empty(state))
    assert int(state.step) == 1


def test_the_window_is_traced_once():
    chex.clear_trace_counter()
    step = make_stream_step(chex.assert_max_traces(sum_loss, n=1), OPTIMIZER)
    state = make_state()
    for _ in range(3):
        state, _, _ = run(step, state, make_batch(8), [2, 4, 6])


@pytest.mark.parametrize("loss_scale", [None, LossScale.dynamic(8.0)], ids=["plain", "scaled"])
def test_a_checkpoint_in_the_middle_of_a_window_goes_on_with_the_same_bits(tmp_path, loss_scale):
    step, batch, checkpoints = make_stream_step(sum_loss, OPTIMIZER, **OPTIONS), make_batch(8), Checkpoints(tmp_path)
    first, rest = rows_of(batch, slice(0, 3)), rows_of(batch, slice(3, 8))
    state = make_state(loss_scale=loss_scale)
    window, _ = step.add(state, Window.empty(state), first)
    checkpoints.save(1, (state, window))
    window, _ = step.add(state, window, rest)
    expected = step.update(state, window)
    fresh = make_state(loss_scale=loss_scale)
    state, window = checkpoints.restore((fresh, Window.empty(fresh))).state
    window, _ = step.add(state, window, rest)
    chex.assert_trees_all_equal(step.update(state, window), expected)


def test_each_batch_of_a_window_draws_its_own_numbers_and_hands_on_collections():
    def loss(w, x, rng, seen):
        return weighted_sum(w * x), jax.random.normal(rng), {"batches": seen["batches"] + 1}

    step = make_stream_step(loss, OPTIMIZER, has_aux=True)
    options = {"rng": jax.random.key(0), "collections": {"batches": jnp.int32(0)}}
    state = TrainState.create(jnp.float32(1), OPTIMIZER, **options)
    window, drawn = Window.empty(state), []
    for _ in range(3):
        window, aux = step.add(state, window, jnp.ones(2))
        drawn.append(float(aux))
    state, _, _ = step.update(state, window)
    assert len(set(drawn)) == 3
    assert int(state.collections["batches"]) == 3


def test_a_mean_is_refused():
    step = make_stream_step(mean_loss, OPTIMIZER)
    with pytest.raises(TypeError, match=r"returned one number, but a window adds up.*weighted_sum"):
        step.add(make_state(), Window.empty(make_state()), make_batch())
