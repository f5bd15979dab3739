"""Records what the scripts print: `python tests/support/record/scripts.py`, with the real torch."""

import json
import subprocess
import sys
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]


def printed(script):
    return subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    found = {script.stem: printed(script) for script in sorted(SUPPORT.glob("scripts/*.py"))}
    (SUPPORT / "recorded" / "scripts.json").write_text(json.dumps(found, indent=1) + "\n")
