"""The list of PyTorch's names that `funcgrad support` reads."""

import json
import subprocess
import sys
from pathlib import Path

from record import pytorch_names

SUPPORT = Path(pytorch_names.__file__).parents[1]
PRINTED = "import json; from record import pytorch_names; print(json.dumps(pytorch_names.names()))"


def test_names_are_those_of_pytorch():
    # in a process of its own: what other tests import of PyTorch adds names to it
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRINTED], cwd=SUPPORT, capture_output=True, text=True, check=True
    )
    listed = json.loads(pytorch_names.FILE.read_text())
    assert {path: names.split() for path, names in listed.items()} == json.loads(shown.stdout)
