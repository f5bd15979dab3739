"""The example pairs: the stateful script prints what PyTorch printed, and its functional twin prints the same."""

import json
from pathlib import Path

import chex
import pytest

from funcgrad.launch import run_script

ROOT = Path(__file__).parents[1]
RECORDER = ROOT / "tests" / "support" / "record" / "examples.py"
RECORDED = json.loads((RECORDER.parents[1] / "recorded" / "examples.json").read_text())
# Sums in another order move the last two of float32's seven digits over these runs; a loss of 1e-9 is only rounding.
CLOSE = {"rtol": 1e-5, "atol": 1e-9}


@pytest.mark.parametrize("script", ["stateful", "functional"])
@pytest.mark.parametrize("name", RECORDED)
def test_script_prints_and_returns_what_pytorch_did(name, script, tmp_path):
    out = tmp_path / "record.json"
    run_script(str(RECORDER), [str(out), str(ROOT / "examples" / name / f"{script}.py")])
    run = json.loads(out.read_text())[name]
    assert run["stdout"] == RECORDED[name]["stdout"]
    chex.assert_trees_all_close(run["metrics"], RECORDED[name]["metrics"], **CLOSE)


def test_every_pair_is_recorded():
    assert {folder.parent.name for folder in ROOT.glob("examples/*/functional.py")} == set(RECORDED)


@pytest.mark.parametrize("script", ["stateful", "functional"])
def test_gradient_descent_draws_its_picture_when_asked(script, tmp_path):
    out = tmp_path / "curve.png"
    run_script(str(ROOT / "examples" / "gradient_descent" / f"{script}.py"), ["--out", str(out)])
    assert out.read_bytes().startswith(b"\x89PNG")
