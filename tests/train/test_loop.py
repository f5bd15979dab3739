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
    CheckpointError,
    Checkpoints,
    EarlyStop,
    JSONLog,
    StepMetrics,
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


@pytest.mark.parametrize("scan", [False, True])
def test_a_loss_without_data_has_batches_of_none(scan):
    step = make_train_step(lambda w, _: w @ w, OPTIMIZER)
    _, metrics = fit(step, TrainState.create(jnp.ones(3), OPTIMIZER), [None] * 3, scan=scan)
    np.testing.assert_allclose(metrics.loss, [3, 1.92, 0.6348], rtol=1e-4)


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


def test_nothing_waits_for_a_step_before_the_visit():
    """The loop with a step whose results note when they are looked at."""
    seen = []

    class Result:
        def __array__(self, dtype=None, copy=None):
            seen.append("looked at")
            return np.zeros((), np.float32)

        __float__ = __bool__ = block_until_ready = __array__

    def step(state, batch):
        seen.append("step")
        return Result(), StepMetrics(loss=Result())

    fit(step, Result(), range(4), visit_every=2)
    assert seen == ["step", "step", "looked at", "looked at"] * 2


@pytest.mark.parametrize("scan", [False, True])
@pytest.mark.parametrize("visit_every", [1, 2, 9])
def test_a_batch_of_another_structure_is_named(scan, visit_every):
    batches = [*make_batches(2), {"x": np.ones((4, 3), np.float32)}]
    with pytest.raises(ValueError, match=r"batch 2 has the structure .* but the first one had .*same keys"):
        fit(train_step(), make_state(), batches, scan=scan, visit_every=visit_every)


def test_step_by_step_no_batch_is_read_ahead():
    seen = []

    def batches():
        for number, batch in enumerate(make_batches(3)):
            seen.append(f"batch {number}")
            yield batch

    step = train_step()
    fit(lambda state, batch: (seen.append("step"), step(state, batch))[1], make_state(), batches())
    assert seen == ["batch 0", "step", "batch 1", "step", "batch 2", "step"]


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


def declining(values):
    return EarlyStop(of=lambda visit: values[visit.steps - 1], patience=2)


def test_early_stop_goes_on_with_its_memory(tmp_path):
    values = [3.0, 1.0, 2.0, 2.0, 0.5, 0.4]
    options = {"visit_every": 1, "checkpoints": Checkpoints(tmp_path, keep=9)}
    batches = make_batches(6)
    fit(train_step(), make_state(), batches[:3], callbacks=[declining(values)], **options)
    first, second = declining(values), declining([9.0] * 6)
    state, _ = fit(train_step(), make_state(), batches, callbacks=[first, print_loss, second], **options)
    assert (int(state.step), first.lowest, first.visits_since) == (4, 1.0, 2)
    assert (second.lowest, second.visits_since) == (9.0, 0)  # it was not there before
    again, metrics = fit(train_step(), make_state(), batches, callbacks=[declining(values)], **options)
    assert (int(again.step), len(metrics.loss)) == (4, 0)  # as the run that was not called again
    patient = EarlyStop(of=lambda visit: values[visit.steps - 1], patience=3)
    state, _ = fit(train_step(), make_state(), batches, callbacks=[patient], **options)
    assert (int(state.step), patient.lowest) == (6, 0.4)


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


def test_a_run_that_goes_on_may_ask_for_the_rest_of_the_batches(tmp_path):
    asked, options = [], {"visit_every": 2, "checkpoints": Checkpoints(tmp_path)}

    def batches(used):
        asked.append(used)
        return make_batches(7)[used:]

    fit(train_step(), make_state(), batches, callbacks=[lambda visit: visit.steps == 4], **options)
    state, _ = fit(train_step(), make_state(), batches, **options)
    chex.assert_trees_all_equal(state, fit(train_step(), make_state(), make_batches(7), visit_every=2)[0])
    assert asked == [0, 4]


def test_a_run_that_was_at_its_end_stays_there(tmp_path):
    for _ in range(2):
        state, metrics = fit(train_step(), make_state(), make_batches(3), checkpoints=Checkpoints(tmp_path))
    assert (int(state.step), len(metrics.loss)) == (3, 0)


@pytest.fixture
def ctrl_c():
    """Sets what Ctrl-C does: a shell starts a job in the background with Ctrl-C ignored."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda handler: signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("scan", [False, True])
def test_ctrl_c_saves_and_then_interrupts(scan, tmp_path, ctrl_c):
    def batches():
        for index, batch in enumerate(make_batches(8)):
            if index == 4:
                signal.raise_signal(signal.SIGINT)
            yield batch

    ctrl_c(signal.default_int_handler)
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(KeyboardInterrupt, match=r"checkpoint of step \d is written; the same call goes on"):
        fit(train_step(), make_state(), batches(), visit_every=3, scan=scan, checkpoints=checkpoints)
    assert checkpoints.steps()[-1] == (6 if scan else 5)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    state, _ = fit(train_step(), make_state(), make_batches(8), visit_every=3, scan=scan, checkpoints=checkpoints)
    alone, _ = fit(train_step(), make_state(), make_batches(8), visit_every=3, scan=scan)
    chex.assert_trees_all_close(state, alone, rtol=1e-6)


def pressing_ctrl_c_twice():
    yield from make_batches(2)
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_does_not_wait(tmp_path, ctrl_c):
    ctrl_c(signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        fit(train_step(), make_state(), pressing_ctrl_c_twice(), checkpoints=Checkpoints(tmp_path))
    assert Checkpoints(tmp_path).steps() == []


def test_a_job_in_the_background_goes_on(tmp_path, ctrl_c):
    ctrl_c(signal.SIG_IGN)
    fit(train_step(), make_state(), pressing_ctrl_c_twice(), checkpoints=Checkpoints(tmp_path))
    assert Checkpoints(tmp_path).steps() == [2]


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


def test_a_batch_of_weight_zero_is_told_from_a_spoilt_run(tmp_path):
    step = make_train_step(lambda w, batch: weighted_sum((batch["x"] @ w - 1) ** 2, batch["y"]), OPTIMIZER)
    batches = make_batches(3)
    batches[2]["y"][:] = 0
    with pytest.raises(
        FloatingPointError, match=r"loss of step 3 was nan, because the weights of its batch add up to 0"
    ):
        fit(step, make_state(), batches, visit_every=2, checkpoints=Checkpoints(tmp_path))
    assert Checkpoints(tmp_path).steps() == [2]


def test_a_full_disk_gives_the_state_back(tmp_path, monkeypatch):
    def full(file, **arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(CheckpointError, match=r"No space left on device.*This error's `state`") as caught:
        fit(train_step(), make_state(), make_batches(3), visit_every=2, checkpoints=Checkpoints(tmp_path))
    alone, _ = fit(train_step(), make_state(), make_batches(2))
    chex.assert_trees_all_equal(caught.value.state, alone)


def test_a_device_s_batches_are_stacked_where_they_are(monkeypatch):
    batches = [jax.device_put(batch) for batch in make_batches(4)]
    expected, _ = fit(train_step(), make_state(), make_batches(4), scan=True)
    monkeypatch.setattr(np, "stack", lambda leaves: pytest.fail("stacked on the host"))
    state = make_state()
    with pytest.raises(pytest.fail.Exception):
        fit(train_step(), make_state(), make_batches(4), scan=True)
    fitted, _ = fit(train_step(), state, batches, scan=True)
    chex.assert_trees_all_equal(fitted, expected)
