"""Runs over two processes, which talk over loopback, against the same runs in one process."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from funcgrad.tolerances import tolerance

TESTS = Path(__file__).parent
BOUND = tolerance("float32", "gradient")["rtol"]  # of the largest element of each array


@pytest.fixture
def launcher():
    return runpy.run_path(str(TESTS.parent / "examples" / "two_processes" / "launch.py"))


def test_the_example_ends_with_the_numbers_of_one_process(launcher, capfd):
    difference, first, last = launcher["main"](processes=2)
    assert difference < BOUND
    assert last < 0.8 * first
    assert f"largest relative difference: {difference:.1e}" in capfd.readouterr().out


@pytest.mark.parametrize("checkpoints", ["Checkpoints", "OrbaxCheckpoints"])
def test_split_parameters_checkpoints_and_stops_are_common_to_all_processes(launcher, monkeypatch, checkpoints):
    if checkpoints == "OrbaxCheckpoints":
        pytest.importorskip("orbax.checkpoint", reason="pip install -e '.[orbax]'")
    monkeypatch.setenv("CHECKPOINTS", checkpoints)
    run = launcher["run"]
    monkeypatch.setitem(run.__globals__, "TRAIN", TESTS / "support" / "process_of_two.py")
    alone, together = run(1), run(2)
    for name, expected in alone.items():
        np.testing.assert_allclose(together[name], expected, rtol=0, atol=BOUND * np.abs(expected).max())


def test_a_process_that_fails_ends_the_others(launcher, monkeypatch, tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("import sys, time\nsys.exit(3) if sys.argv[1] == '1' else time.sleep(60)")
    run = launcher["run"]
    monkeypatch.setitem(run.__globals__, "TRAIN", script)
    with pytest.raises(SystemExit, match=r"ended with \[None, 3\], expected zeros"):
        run(2)
