import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcgrad.train import TrainState, fit, make_train_step, print_loss

OPTIMIZER = optax.sgd(0.1, momentum=0.9)


def loss_fn(w, batch):
    return jnp.mean((batch["x"] @ w - batch["y"]) ** 2)


def make_state():
    return TrainState.create(jnp.zeros(3), OPTIMIZER)


def make_batches(count, rows=4):
    draw = np.random.default_rng(0).standard_normal
    return [{"x": draw((rows, 3), np.float32), "y": draw(rows, np.float32)} for _ in range(count)]


def train_step(loss=loss_fn):
    return make_train_step(loss, OPTIMIZER)


@pytest.mark.parametrize("scan", [False, True])
def test_fit_is_the_step_repeated(scan):
    step, state, losses = train_step(), make_state(), []
    for batch in make_batches(7):
        state, metrics = step(state, batch)
        losses.append(float(metrics.loss))
    fitted, metrics = fit(step, make_state(), make_batches(7), visit_every=3, scan=scan)
    chex.assert_trees_all_close(fitted, state, rtol=1e-6)
    np.testing.assert_allclose(metrics.loss, losses, rtol=1e-6)


def test_a_second_fit_with_scan_traces_nothing():
    step = train_step(chex.assert_max_traces(loss_fn, n=1))
    state, _ = fit(step, make_state(), make_batches(6), visit_every=3, scan=True)
    state, _ = fit(step, state, make_batches(6), visit_every=3, scan=True)
    assert int(state.step) == 12


def test_unequal_batches_are_run_one_by_one():
    batches = make_batches(3) + make_batches(1, rows=2)
    one_by_one, _ = fit(train_step(), make_state(), batches)
    scanned, _ = fit(train_step(), make_state(), batches, scan=True)
    chex.assert_trees_all_equal(scanned, one_by_one)


@pytest.mark.parametrize("scan", [False, True])
def test_callbacks_see_every_visit(scan):
    seen = []

    def callback(visit):
        seen.append((visit.steps, int(visit.state.step), visit.metrics.loss.shape))

    fit(train_step(), make_state(), make_batches(5), visit_every=2, scan=scan, callbacks=[callback])
    assert seen == [(2, 2, (2,)), (4, 4, (2,)), (5, 5, (1,))]


def test_every_callback_runs_at_the_last_visit():
    seen = []
    fit(train_step(), make_state(), make_batches(4), visit_every=2, callbacks=[lambda _: True, seen.append])
    assert len(seen) == 1


def test_true_from_a_callback_stops_the_loop():
    state, metrics = fit(
        train_step(), make_state(), make_batches(9), visit_every=2, callbacks=[lambda visit: visit.steps >= 4]
    )
    assert int(state.step) == len(metrics.loss) == 4


def test_print_loss(capsys):
    fit(train_step(), make_state(), make_batches(2), visit_every=1, callbacks=[print_loss])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [["step", "1", "loss"], ["step", "2", "loss"]]


@pytest.mark.parametrize("scan", [False, True])
def test_metrics_are_fetched_once_a_visit(scan, monkeypatch):
    fetches, device_get = [], jax.device_get
    monkeypatch.setattr(jax, "device_get", lambda tree: fetches.append(tree) or device_get(tree))
    fit(train_step(), make_state(), make_batches(6), visit_every=3, scan=scan)
    assert len(fetches) == 2


def test_a_batch_of_another_structure_is_named():
    batches = [*make_batches(2), {"x": np.ones((4, 3), np.float32)}]
    with pytest.raises(ValueError, match=r"batch 2 has the structure .* but batch 0 had .*same keys"):
        fit(train_step(), make_state(), batches)


def test_no_batches_is_an_error():
    with pytest.raises(ValueError, match=r"expected at least one batch.*used up"):
        fit(train_step(), make_state(), iter(()))


def test_visit_every_must_be_positive():
    with pytest.raises(ValueError, match="visit_every is 0, expected at least 1"):
        fit(train_step(), make_state(), make_batches(1), visit_every=0)
