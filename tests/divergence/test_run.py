"""Files of runs: what is damaged is refused with a text that says how."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy_run import train

from funcgrad.divergence.run import RunError, load


@pytest.fixture
def path(tmp_path):
    return train(tmp_path / "run.npz", steps=1)


def rewritten(path, change):
    """The archive after `change(members)` on its dictionary of names to bytes."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def changed_index(path, **entries):
    def change(members):
        members["run.json"] = json.dumps({**json.loads(members["run.json"]), **entries})

    return rewritten(path, change)


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


KEY = "1/grad/first.weight"


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(
        RunError, match=r"cannot read '.*none\.npz': No such file or directory; expected a recorded run"
    ):
        load(str(tmp_path / "none.npz"))


@pytest.mark.parametrize("length", [0, 10, 1000, -30])
def test_a_cut_file_is_damaged(path, length):
    Path(path).write_bytes(Path(path).read_bytes()[:length])
    with pytest.raises(RunError, match="is damaged or no recorded run"):
        load(path)


def test_a_flipped_bit_is_found(path):
    whole = bytearray(Path(path).read_bytes())
    whole[whole.index(KEY.encode()) + len(KEY) + 40] ^= 1
    Path(path).write_bytes(whole)
    with pytest.raises(RunError, match="is damaged"):
        load(path)


def test_another_archive_is_no_run(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.ones(2))
    with pytest.raises(RunError, match=r"it has no run\.json; expected a file of record_run\.py"):
        load(str(tmp_path / "x.npz"))


@pytest.mark.parametrize("text", ["[]", '{"format": "other"}', "{}"])
def test_an_index_of_another_program_is_refused(path, text):
    with pytest.raises(RunError, match=r"its run\.json is of another program"):
        load(rewritten(path, lambda members: members.update({"run.json": text})))


def test_an_index_that_is_no_json_is_damaged(path):
    with pytest.raises(RunError, match=r"its run\.json is not JSON; record the run again"):
        load(rewritten(path, lambda members: members.update({"run.json": b"{\xff"})))


def test_another_version_says_how_to_record_again(path):
    with pytest.raises(RunError, match="has version 2 of the format, expected 1; record the run again with the file"):
        load(changed_index(path, version=2))


def test_a_listed_array_that_is_not_there_is_named(path):
    with pytest.raises(RunError, match=f"'{KEY}' is listed but not there"):
        load(rewritten(path, lambda members: members.pop(f"{KEY}.npy")))


@pytest.mark.parametrize(
    "array, told", [(np.ones(3, np.float32), r"float32 of shape \(3,\)"), (np.array(["x"] * 64), "<U1 of shape")]
)
def test_an_array_that_is_not_as_listed_is_named(path, array, told):
    with pytest.raises(RunError, match=f"'{KEY}' is {told}.*expected 64 numbers; record the run again"):
        load(rewritten(path, lambda members: members.update({f"{KEY}.npy": npy(array)})))


def test_a_pickled_array_is_refused(path):
    with pytest.raises(RunError, match="Object arrays cannot be loaded"):
        load(rewritten(path, lambda members: members.update({f"{KEY}.npy": npy(np.array([{}], object))})))


@pytest.mark.parametrize(
    "entries",
    [
        {"arrays": {KEY: {}}},
        {"arrays": []},
        {"arrays": {"x": {"shape": [], "stride": 1, "dtype": "float32"}}},
        {"arrays": {KEY: {"shape": [16, 4], "stride": 0, "dtype": "float32"}}},
        {"steps": [3]},
        {"steps": None},
        {"modules": 3},
    ],
)
def test_a_list_that_does_not_fit_is_damaged(path, entries):
    with pytest.raises(RunError, match="is damaged: its list does not fit"):
        load(changed_index(path, **entries))


def test_a_run_without_updates_is_refused(path):
    with pytest.raises(RunError, match=r"holds no update; expected at least one call of optimizer\.step\(\)"):
        load(changed_index(path, steps=[]))


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(path, monkeypatch):
    monkeypatch.setattr("funcgrad.divergence.run.LARGEST_FILE", 1000)
    with pytest.raises(RunError, match="record fewer steps or fewer megabytes"):
        load(path)
