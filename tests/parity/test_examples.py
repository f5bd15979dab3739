"""The stateful examples under the real PyTorch: they still print what is recorded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / "tests" / "support" / "recorded" / "examples.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_the_stateful_script_prints_what_is_recorded(name):
    command = [sys.executable, ROOT / "examples" / name / "stateful.py"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == RECORDED[name]["stdout"]
    assert run.stderr == ""
