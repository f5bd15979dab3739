"""Records what examples print and return, with the real torch: `python tests/support/record/examples.py`.

Other scripts of pairs, and another file for the record, may follow as arguments: `... OUT.json SCRIPT`.
"""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
STATEFUL = sorted(SUPPORT.parents[1].glob("examples/*/stateful.py"))


def record(script):
    sys.path[0] = str(script.parent)  # as `python script.py` has it
    main = runpy.run_path(str(script))["main"]
    with contextlib.redirect_stdout(io.StringIO()) as stdout:
        metrics = main()
    return {"metrics": metrics, "stdout": stdout.getvalue().splitlines()}


def main(out=SUPPORT / "recorded" / "examples.json", *scripts):
    records = {script.parent.name: record(script) for script in map(Path, scripts or STATEFUL)}
    Path(out).write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
