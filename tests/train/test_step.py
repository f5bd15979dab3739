import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

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
