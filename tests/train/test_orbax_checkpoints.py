import shutil

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from killed_training import killed
from saved_states import OPTIMIZER, assert_same, assert_sharded_arrays_come_back_in_their_place, make_state
from training import make_batch, make_params, sum_loss

from funcgrad.train import CheckpointError, EarlyStop, OrbaxCheckpoints, TrainState, fit, make_train_step

pytest.importorskip("orbax.checkpoint", reason="pip install -e '.[orbax]'")


@pytest.fixture
def checkpoints(tmp_path):
    return OrbaxCheckpoints(tmp_path / "run", keep=2)


def test_saving_and_restoring_is_the_identity_though_the_state_is_donated(checkpoints):
    state = make_state(2.0)
    checkpoints.save(5, state, info={"epoch": 3})
    jax.jit(lambda state: state.params, donate_argnums=0)(state)
    restored = checkpoints.restore(make_state())
    assert_same(restored.state, make_state(2.0))
    assert (restored.steps, restored.info) == (5, {"epoch": 3})


def test_the_newest_are_kept_and_each_can_be_restored(checkpoints):
    assert checkpoints.restore(make_state()) is None
    for steps in (1, 2, 10):
        checkpoints.save(steps, make_state(float(steps)))
    checkpoints.wait()
    assert checkpoints.steps() == [2, 10]
    assert_same(OrbaxCheckpoints(checkpoints.folder).restore(make_state()).state, make_state(10.0))
    assert_same(checkpoints.restore(make_state(), steps=2).state, make_state(2.0))


def test_sharded_arrays_come_back_in_their_place(checkpoints):
    assert_sharded_arrays_come_back_in_their_place(checkpoints)


def test_a_run_in_pieces_ends_with_the_bits_of_one_in_a_piece(tmp_path):
    step, batches = make_train_step(sum_loss, OPTIMIZER), [make_batch(8, seed=seed) for seed in range(7)]
    start = lambda: TrainState.create(make_params(), OPTIMIZER, rng=None)  # noqa: E731
    alone, _ = fit(step, start(), batches, visit_every=2)
    fit(step, start(), batches[:4], visit_every=2, checkpoints=OrbaxCheckpoints(tmp_path))
    patience = EarlyStop(of=lambda visit: -visit.steps, patience=1)
    state, metrics = fit(
        step, start(), batches, visit_every=2, checkpoints=OrbaxCheckpoints(tmp_path), callbacks=[patience]
    )
    chex.assert_trees_all_equal(state, alone)
    assert len(metrics.loss) == 3


@pytest.mark.parametrize("part", ["arrays", "about"])
def test_a_damaged_checkpoint_is_told(checkpoints, part):
    checkpoints.save(1, make_state())
    checkpoints.wait()
    shutil.rmtree(checkpoints.folder / "1" / part)
    with pytest.raises(CheckpointError, match=r"run/1 is damaged: .*Remove this folder to go on from the one before"):
        OrbaxCheckpoints(checkpoints.folder).restore(make_state())


def test_another_form_and_other_steps_are_told(checkpoints):
    checkpoints.save(1, make_state())
    with pytest.raises(CheckpointError, match=r"'shape': \[2, 3\].* where .*'shape': \[2, 4\].* is expected"):
        checkpoints.restore(make_state(width=4))
    with pytest.raises(CheckpointError, match=r"no checkpoint of step 7, only of \[1\]"):
        checkpoints.restore(make_state(), steps=7)
    with pytest.raises(CheckpointError, match=r"has a checkpoint of step 1, expected new steps"):
        checkpoints.save(1, make_state())


class FullDisk:
    """What orbax's manager does there; the real one leaves coroutines behind that nobody awaits."""

    def all_steps(self):
        return []

    def save(self, *_, **__):
        raise OSError(28, "No space left on device")

    wait_until_finished = save


def test_a_full_disk_is_told_and_gives_the_state_back(checkpoints, monkeypatch):
    monkeypatch.setattr(OrbaxCheckpoints, "_manager", FullDisk())
    state = {"w": jnp.ones(3)}
    with pytest.raises(CheckpointError, match=r"step 1 could not be written: .*No space left") as caught:
        checkpoints.save(1, state)
    assert caught.value.state is state
    with pytest.raises(CheckpointError, match=r"The last checkpoint could not be written: .*No space left"):
        checkpoints.wait()


def test_a_run_killed_at_any_moment_ends_with_the_bits_of_an_undisturbed_one():
    """Two kills here; `python tests/support/killed_training.py 50 OrbaxCheckpoints` does more."""
    final, alone, _ = killed(2, "OrbaxCheckpoints", steps=15)
    np.testing.assert_array_equal(final, alone)
