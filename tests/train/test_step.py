import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from programs import instructions
from training import make_batch, make_params, mean_loss, sum_loss

from funcgrad.optim import clip_by_global_norm
from funcgrad.train import TrainState, make_train_step

OPTIMIZER = optax.sgd(0.1, momentum=0.9)
BATCH = (np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3), np.ones((4, 1), np.float32))
PARAMS = {"w": np.full((3, 1), 0.5, np.float32), "b": np.zeros((1, 1), np.float32)}


def loss_fn(params, batch):
    x, y = batch
    return jnp.mean((x @ params["w"] + params["b"] - y) ** 2)


def noisy_loss(params, batch, rng):
    return loss_fn(params, batch) + jax.random.normal(rng) * params["b"].sum()


def make_state(params=PARAMS, **options):
    return TrainState.create(params, OPTIMIZER, **options)


@pytest.mark.parametrize("loss, rng", [(loss_fn, None), (noisy_loss, jax.random.key(3))])
def test_equal_arguments_give_equal_bits(loss, rng):
    step = make_train_step(loss, OPTIMIZER, norms=True)
    first, again = (step(make_state(rng=rng), BATCH) for _ in range(2))
    chex.assert_trees_all_equal(first, again)


def test_step_is_gradient_descent():
    step = make_train_step(loss_fn, optax.sgd(0.1), norms=True)
    state, metrics = step(TrainState.create(PARAMS, optax.sgd(0.1)), BATCH)
    x, y = BATCH
    error = x @ PARAMS["w"] + PARAMS["b"] - y
    grads = {"w": 2 * x.T @ error / 4, "b": 2 * error.mean(axis=0, keepdims=True)}
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    chex.assert_trees_all_close(state.params, {k: PARAMS[k] - 0.1 * grads[k] for k in PARAMS}, rtol=1e-6)
    np.testing.assert_allclose(metrics.loss, (error**2).mean(), rtol=1e-6)
    np.testing.assert_allclose(metrics.grad_norm, norm, rtol=1e-6)
    np.testing.assert_allclose(metrics.update_norm, 0.1 * norm, rtol=1e-6)


def test_gradients_are_fresh_at_every_step():
    step = make_train_step(loss_fn, optax.sgd(0.0), norms=True)
    state = TrainState.create(PARAMS, optax.sgd(0.0))
    state, first = step(state, BATCH)
    for _ in range(3):
        state, metrics = step(state, BATCH)
        assert metrics.grad_norm == first.grad_norm


def test_many_steps_are_traced_once():
    step = make_train_step(chex.assert_max_traces(loss_fn, n=1), OPTIMIZER)
    state = make_state({"w": PARAMS["w"], "b": 0.0})
    for _ in range(5):
        state, _ = step(state, BATCH)
    assert int(state.step) == 5


def test_metrics_hold_only_what_was_asked_for():
    _, metrics = make_train_step(loss_fn, OPTIMIZER)(make_state(), BATCH)
    assert len(jax.tree.leaves(metrics)) == 1


def test_aux_is_reported():
    step = make_train_step(lambda p, b: (loss_fn(p, b), {"rows": b[0].shape[0]}), OPTIMIZER, has_aux=True)
    assert int(step(make_state(), BATCH)[1].aux["rows"]) == 4


def test_rng_differs_from_step_to_step_and_the_key_stays():
    step = make_train_step(lambda p, b, rng: (loss_fn(p, b), jax.random.normal(rng)), OPTIMIZER, has_aux=True)
    state = make_state(rng=jax.random.key(1))
    state, first = step(state, BATCH)
    state, second = step(state, BATCH)
    assert first.aux == jax.random.normal(jax.random.fold_in(jax.random.key(1), 0))
    assert second.aux == jax.random.normal(jax.random.fold_in(jax.random.key(1), 1))
    assert jnp.array_equal(jax.random.key_data(state.rng), jax.random.key_data(jax.random.key(1)))


def test_the_state_is_donated():
    state = make_state()
    make_train_step(loss_fn, OPTIMIZER)(state, BATCH)
    assert state.params["w"].is_deleted()


@pytest.mark.parametrize(
    "loss, options, text",
    [
        (lambda p, b: (b[0] @ p["w"])[:, 0], {}, r"shape \(4,\), expected one number .*\.mean\(\)"),
        (lambda p, b: jnp.argmax(b[0] @ p["w"]), {}, r"dtype int32, expected a floating dtype.*float32"),
        (lambda p, b: (loss_fn(p, b), 1), {}, r"a tuple of 2, expected one number.*has_aux=True"),
        (loss_fn, {"has_aux": True}, r"has_aux=True expects the pair \(loss, aux\).*drop has_aux"),
        (noisy_loss, {}, r"loss_fn\(params, batch\): missing.*'rng'.*rng=jax.random.key\(0\)"),
    ],
    ids=["a loss per example", "an integer loss", "aux unannounced", "aux missing", "rng missing"],
)
def test_a_wrong_loss_fn_is_told_what_to_do(loss, options, text):
    with pytest.raises(TypeError, match=text):
        make_train_step(loss, OPTIMIZER, **options)(make_state(), BATCH)


def test_a_loss_fn_without_rng_is_told_what_to_do():
    with pytest.raises(TypeError, match=r"\(params, batch, rng\): too many.*without rng"):
        make_train_step(loss_fn, OPTIMIZER)(make_state(rng=jax.random.key(0)), BATCH)


def test_integer_params_are_named():
    state = make_state({"w": PARAMS["w"], "table": np.arange(3)})
    with pytest.raises(TypeError, match=r"params\['table'\] has dtype int\d+, expected a floating dtype.*in the batch"):
        make_train_step(lambda p, b: p["w"].sum(), OPTIMIZER)(state, BATCH)


def test_a_loss_without_data_gets_none_as_its_batch():
    step = make_train_step(lambda w, batch: (w - 3) ** 2 + (0 if batch is None else 1), optax.sgd(0.5))
    state, metrics = step(TrainState.create(jnp.float32(1), optax.sgd(0.5)), None)
    assert (float(state.params), float(metrics.loss)) == (3.0, 4.0)


def test_accumulation_clips_decays_and_counts_once_an_update():
    optimizer, options = optax.adamw(0.1, weight_decay=0.5), {"clip": clip_by_global_norm(0.05), "norms": True}
    whole, parts = (TrainState.create(make_params(), optimizer) for _ in range(2))
    step = make_train_step(sum_loss, optimizer, **options)
    step_in_parts = make_train_step(sum_loss, optimizer, micro_batches=3, **options)
    for seed in range(3):
        whole, expected = step(whole, make_batch(8, seed=seed))
        parts, metrics = step_in_parts(parts, make_batch(8, seed=seed))
        chex.assert_trees_all_close(metrics, expected, rtol=1e-5)
    chex.assert_trees_all_close(parts.params, whole.params, rtol=1e-4)
    assert int(optax.tree.get(parts.opt_state, "count")) == 3


def test_clipping_is_that_of_the_mean_gradient():
    step = make_train_step(sum_loss, optax.sgd(1.0), clip=clip_by_global_norm(0.01), micro_batches=2, norms=True)
    _, metrics = step(TrainState.create(make_params(), optax.sgd(1.0)), make_batch(8))
    grads = jax.grad(mean_loss)(make_params(), make_batch(8))
    np.testing.assert_allclose(metrics.grad_norm, optax.tree.norm(grads), rtol=1e-5)
    np.testing.assert_allclose(metrics.update_norm, 0.01, rtol=1e-3)


def test_collections_are_replaced_and_reach_the_next_step():
    def loss(params, batch, rng, seen):
        return loss_fn(params, batch), {"key": rng}, {"rows": seen["rows"] + batch[0].shape[0]}

    state = make_state(rng=jax.random.key(0), collections={"rows": jnp.int32(0)})
    step = make_train_step(loss, OPTIMIZER, has_aux=True)
    for _ in range(3):
        state, _ = step(state, BATCH)
    assert int(state.collections["rows"]) == 12


def test_collections_that_are_not_returned_are_missed():
    step = make_train_step(lambda p, b, seen: loss_fn(p, b), OPTIMIZER)
    with pytest.raises(TypeError, match=r"a state with collections expects the pair \(loss, collections\)"):
        step(make_state(collections={"rows": jnp.int32(0)}), BATCH)


def test_moments_that_start_as_one_array_can_be_donated():
    zeros = jnp.zeros(3)
    twice = optax.GradientTransformation(lambda _: (zeros, zeros), lambda grads, state, _: (grads, state))
    step = make_train_step(lambda w, x: (w * x).sum(), twice)
    state, _ = step(TrainState.create(jnp.ones(3), twice), jnp.ones(3))
    assert int(state.step) == 1


def test_a_mean_with_micro_batches_is_refused():
    with pytest.raises(TypeError, match=r"loss_fn returned one number, but micro_batches adds up.*weighted_sum"):
        make_train_step(loss_fn, OPTIMIZER, micro_batches=2)(make_state(), BATCH)


def test_an_optimizer_that_wants_the_loss_gets_it():
    optimizer = optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau(factor=0.5, patience=1, cooldown=0))
    step = make_train_step(lambda p, b: 0 * loss_fn(p, b) + 3, optimizer)
    state = TrainState.create(PARAMS, optimizer)
    for _ in range(6):
        state, _ = step(state, BATCH)
    plateau = state.opt_state[1]
    assert float(plateau.best_value) == 3.0
    assert float(plateau.scale) < 1.0


def test_the_program_is_that_of_the_same_step_by_hand():
    def by_hand(params, opt_state, count, batch):
        loss, grads = jax.value_and_grad(loss_fn)(params, batch)
        updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, count + 1, loss

    state = make_state()
    expected = (
        jax.jit(by_hand, donate_argnums=(0, 1, 2)).lower(state.params, state.opt_state, state.step, BATCH).compile()
    )
    found = make_train_step(loss_fn, OPTIMIZER).lower(state, BATCH).compile()
    assert instructions(found) == instructions(expected)
    assert found.cost_analysis()["flops"] == expected.cost_analysis()["flops"]
