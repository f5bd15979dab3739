"""What holds on eight devices: in a process of its own, since JAX counts its devices once."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "support" / "eight_devices.py"


def test_one_to_eight_devices():
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(SCRIPT),
        "--noconftest",
        "--jax-devices",
        "8",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "13 passed" in done.stdout
