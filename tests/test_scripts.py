"""Training scripts as courses write them, unmodified: they print what PyTorch prints for the same seeds."""

import json
from pathlib import Path

import pytest

from funcgrad.launch import run_script
from funcgrad.trace import EAGER, LONGEST, set_longest

SUPPORT = Path(__file__).parent / "support"
RECORDED = json.loads((SUPPORT / "recorded" / "scripts.json").read_text())
WHOLE_STEPS = {"dqn", "gcn", "vae", "word2vec"}
"""Run as `funcgrad run` does. The other scripts run operator by operator, since their steps take XLA long to compile."""


@pytest.fixture
def limit(name):
    set_longest(LONGEST if name in WHOLE_STEPS else EAGER)
    yield
    set_longest(LONGEST)


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("name", RECORDED)
def test_a_script_prints_what_pytorch_prints(name, capsys):
    run_script(str(SUPPORT / "scripts" / f"{name}.py"))
    assert capsys.readouterr().out.splitlines() == RECORDED[name]


def test_every_script_is_recorded():
    assert {script.stem for script in SUPPORT.glob("scripts/*.py")} == set(RECORDED)
