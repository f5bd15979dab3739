import json
import signal
import threading

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcgrad.train import (
    Checkpoints,
    EarlyStop,
    JSONLog,
    TrainState,
    evaluate,
    fit,
    make_eval_step,
    make_train_step,
    print_loss,
    weighted_sum,
)

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


def test_evaluation_reaches_the_callbacks():
    evaluate_loss = make_eval_step(lambda w, batch: {"error": weighted_sum((batch["x"] @ w - batch["y"]) ** 2)})
    held_out, seen = make_batches(2, rows=3), []
    state, _ = fit(
        train_step(),
        make_state(),
        make_batches(4),
        visit_every=2,
        evaluate=lambda state: evaluate(evaluate_loss, state, held_out),
        callbacks=[lambda visit: seen.append(visit.evaluation["error"])],
    )
    assert len(seen) == 2
    assert seen[1] == evaluate(evaluate_loss, state, held_out)["error"] != seen[0]


def test_early_stop_waits_for_its_patience():
    values = iter([3.0, 1.0, 0.95, 2.0, 0.5])
    stop = EarlyStop(of=lambda _: next(values), patience=2, margin=0.1)
    state, _ = fit(train_step(), make_state(), make_batches(9), visit_every=1, callbacks=[stop])
    assert (int(state.step), stop.lowest) == (4, 1.0)


def test_the_log_has_a_line_of_json_a_visit(tmp_path):
    path = tmp_path / "log.jsonl"
    fit(
        train_step(),
        make_state(),
        make_batches(3),
        visit_every=2,
        callbacks=[JSONLog(path)],
        evaluate=lambda _: {"error": float("nan")},
    )
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["steps"] for line in lines] == [2, 3]
    assert lines[0].keys() == {"steps", "loss", "evaluation"}
    assert lines[1]["evaluation"] == {"error": "nan"}


@pytest.mark.parametrize("scan", [False, True])
def test_a_run_in_pieces_ends_with_the_bits_of_one_in_a_piece(scan, tmp_path):
    options = {"visit_every": 2, "scan": scan}
    alone, _ = fit(train_step(), make_state(), make_batches(7), **options)
    checkpoints = Checkpoints(tmp_path)
    stop = lambda visit: visit.steps >= 4  # noqa: E731
    fit(train_step(), make_state(), make_batches(7), callbacks=[stop], checkpoints=checkpoints, **options)
    seen = []
    state, metrics = fit(
        train_step(), make_state(), make_batches(7), callbacks=[seen.append], checkpoints=checkpoints, **options
    )
    chex.assert_trees_all_equal(state, alone)
    assert ([visit.steps for visit in seen], len(metrics.loss)) == ([6, 7], 3)


def test_a_run_that_was_at_its_end_stays_there(tmp_path):
    for _ in range(2):
        state, metrics = fit(train_step(), make_state(), make_batches(3), checkpoints=Checkpoints(tmp_path))
    assert (int(state.step), len(metrics.loss)) == (3, 0)


@pytest.mark.parametrize("scan", [False, True])
def test_ctrl_c_saves_and_then_interrupts(scan, tmp_path):
    def batches():
        for index, batch in enumerate(make_batches(8)):
            if index == 4:
                signal.raise_signal(signal.SIGINT)
            yield batch

    checkpoints, before = Checkpoints(tmp_path), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=r"checkpoint of step \d is written; the same call goes on"):
        fit(train_step(), make_state(), batches(), visit_every=3, scan=scan, checkpoints=checkpoints)
    assert checkpoints.steps()[-1] == (6 if scan else 5)
    assert signal.getsignal(signal.SIGINT) is before
    state, _ = fit(train_step(), make_state(), make_batches(8), visit_every=3, scan=scan, checkpoints=checkpoints)
    alone, _ = fit(train_step(), make_state(), make_batches(8), visit_every=3, scan=scan)
    chex.assert_trees_all_close(state, alone, rtol=1e-6)


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    def batches():
        yield from make_batches(2)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(train_step(), make_state(), batches(), checkpoints=Checkpoints(tmp_path))
    assert Checkpoints(tmp_path).steps() == []


def test_no_checkpoint_is_written_of_spoilt_parameters(tmp_path):
    batches = make_batches(5)
    batches[3]["x"][0] = np.nan
    with pytest.raises(FloatingPointError, match=r"loss of step 4 was nan.*earlier checkpoint.*skip_nonfinite=True"):
        fit(train_step(), make_state(), batches, visit_every=2, checkpoints=Checkpoints(tmp_path))
    assert Checkpoints(tmp_path).steps() == [2]
    step = make_train_step(loss_fn, OPTIMIZER, skip_nonfinite=True)
    state, metrics = fit(step, make_state(), batches, visit_every=2, checkpoints=Checkpoints(tmp_path))
    assert metrics.is_finite.tolist() == [True, False, True]
    assert np.isfinite(state.params).all()


def test_fit_in_a_thread_leaves_signals_alone(tmp_path):
    done = []
    run = lambda: done.append(fit(train_step(), make_state(), make_batches(2), checkpoints=Checkpoints(tmp_path)))  # noqa: E731
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(done) == 1
