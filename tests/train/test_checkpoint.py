import json

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from killed_training import STEPS, killed
from saved_states import assert_same, assert_sharded_arrays_come_back_in_their_place, make_state

from funcgrad.train import CheckpointError, Checkpoints


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "run", keep=2)


def test_saving_and_restoring_is_the_identity(checkpoints):
    checkpoints.save(5, make_state(2.0), info={"epoch": 3, "best": 0.25})
    restored = checkpoints.restore(make_state())
    assert_same(restored.state, make_state(2.0))
    assert (restored.steps, restored.info) == (5, {"epoch": 3, "best": 0.25})


def test_a_restored_state_can_be_donated(checkpoints):
    checkpoints.save(1, {"w": jnp.ones(1000)})
    state = checkpoints.restore({"w": jnp.zeros(1000)}).state
    assert float(jax.jit(lambda s: s["w"] + 1, donate_argnums=0)(state)[0]) == 2.0


def test_sharded_arrays_come_back_in_their_place(checkpoints):
    assert_sharded_arrays_come_back_in_their_place(checkpoints)


def test_the_newest_are_kept_and_the_newest_is_restored(checkpoints):
    for steps in (1, 2, 10, 9):
        checkpoints.save(steps, {"w": jnp.float32(steps)})
    assert checkpoints.steps() == [9, 10]
    assert float(checkpoints.restore({"w": jnp.float32(0)}).state["w"]) == 10.0
    assert float(checkpoints.restore({"w": jnp.float32(0)}, steps=9).state["w"]) == 9.0


def test_nothing_to_restore_is_none(checkpoints):
    assert checkpoints.restore(make_state()) is None


def test_what_was_not_finished_is_not_there_and_is_swept_away(checkpoints):
    checkpoints.save(1, make_state())
    unfinished = checkpoints.folder / ".unfinished-2"
    unfinished.mkdir()
    (unfinished / "arrays.npz").write_bytes(b"half")
    assert checkpoints.restore(make_state()).steps == 1
    checkpoints.save(2, make_state())
    assert not unfinished.exists()
    assert checkpoints.steps() == [1, 2]


@pytest.mark.parametrize("file", ["arrays.npz", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_a_damaged_checkpoint_is_told(checkpoints, file, damage):
    checkpoints.save(1, make_state())
    path = checkpoints.path(1) / file
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        place = (
            content.index(make_state().params["w"].__array__().tobytes())
            if file == "arrays.npz"
            else content.index(b'"sha256": "') + 12
        )
        content[place] ^= 1
        path.write_bytes(content)
    with pytest.raises(
        CheckpointError, match=r"0000000001 is damaged: .*Remove this folder to go on from the one before"
    ):
        checkpoints.restore(make_state())


@pytest.mark.parametrize("file", ["arrays.npz", "manifest.json"])
def test_any_byte_that_is_another_is_told_or_changes_nothing(checkpoints, file):
    """Nothing depends on some bytes of a zip archive, dates for example."""
    saved = {"w": jnp.arange(3.0), "half": jnp.ones(2, jnp.bfloat16)}
    checkpoints.save(1, saved, info={"best": 0.25})
    path = checkpoints.path(1) / file
    content, told = path.read_bytes(), 0
    for place, byte in enumerate(content):
        path.write_bytes(content[:place] + bytes([byte ^ 1 << place % 8]) + content[place + 1 :])
        try:
            restored = checkpoints.restore(saved)
        except CheckpointError:
            told += 1
        else:
            chex.assert_trees_all_equal((restored.state, restored.info), (saved, {"best": 0.25}))
    assert told > 0.7 * len(content)


def test_info_that_is_no_json_is_told_and_gives_the_state_back(checkpoints):
    state = make_state()
    with pytest.raises(CheckpointError, match=r"step 1 cannot be written: .*float32.*JSON: numbers, texts") as caught:
        checkpoints.save(1, state, info={"best": np.float32(1)})
    assert caught.value.state is state
    assert checkpoints.steps() == []


def test_damage_that_the_file_format_does_not_see_is_seen_by_the_checksum(checkpoints):
    checkpoints.save(1, {"w": jnp.ones(3)})
    np.savez(checkpoints.path(1) / "arrays.npz", **{"0": np.float32([1, 1, 2])})
    with pytest.raises(CheckpointError, match=r"the checksum of \['w'\] is another"):
        checkpoints.restore({"w": jnp.ones(3)})


@pytest.mark.parametrize(
    "like, text",
    [
        (make_state(width=4), r"'shape': \[2, 3\].* where .*'shape': \[2, 4\].* is expected"),
        ({"w": jnp.ones(3)}, r"expected 1\)\. Restore into a state of the same model, optimizer and options"),
    ],
)
def test_another_form_is_told(checkpoints, like, text):
    checkpoints.save(1, make_state())
    with pytest.raises(CheckpointError, match=text):
        checkpoints.restore(like)


def test_a_newer_format_is_refused(checkpoints):
    checkpoints.save(1, make_state())
    path = checkpoints.path(1) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    with pytest.raises(CheckpointError, match="has version 2 of its format, expected 1"):
        checkpoints.restore(make_state())


def test_nothing_is_unpickled(checkpoints):
    checkpoints.save(1, {"w": jnp.ones(3)})
    np.savez(checkpoints.path(1) / "arrays.npz", allow_pickle=True, **{"0": np.array([print], object)})
    with pytest.raises(CheckpointError, match="allow_pickle"):
        checkpoints.restore({"w": jnp.ones(3)})


def test_a_full_disk_loses_nothing(checkpoints, monkeypatch):
    checkpoints.save(1, make_state())

    def full(file, **arrays):
        file.write(b"some")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(CheckpointError, match=r"No space left.*untouched: \[1\]\. Make room or name another folder"):
        checkpoints.save(2, make_state())
    assert [path.name for path in checkpoints.folder.iterdir()] == ["0000000001"]
    assert_same(checkpoints.restore(make_state(2.0)).state, make_state())


def test_a_step_is_written_once(checkpoints):
    checkpoints.save(1, make_state())
    with pytest.raises(CheckpointError, match=r"is there already.*Restore it and go on"):
        checkpoints.save(1, make_state())


def test_a_step_that_is_not_there_is_told(checkpoints):
    checkpoints.save(1, make_state())
    with pytest.raises(CheckpointError, match=r"no checkpoint of step 7, only of \[1\]"):
        checkpoints.restore(make_state(), steps=7)


def test_keep_must_be_positive(tmp_path):
    with pytest.raises(ValueError, match="keep is 0, expected at least 1"):
        Checkpoints(tmp_path, keep=0)


def test_a_run_killed_at_any_moment_ends_with_the_bits_of_an_undisturbed_one():
    """Three kills here; `python tests/support/killed_training.py 50` does more."""
    final, alone, kills = killed(3)
    steps = [kill.step for kill in kills]
    assert steps == sorted(steps)
    assert steps[0] < STEPS
    np.testing.assert_array_equal(final, alone)
