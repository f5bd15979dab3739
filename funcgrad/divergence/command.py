"""The command `funcgrad compare A B`: its options, what it prints and returns."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from funcgrad.divergence import recorder
from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.report import to_json, to_text
from funcgrad.divergence.run import Run, RunError, load
from funcgrad.divergence.script import record_script

STEPS, SECONDS, LIMIT = 10, 600, 64
RECORDED = ".npz"
SCRIPTS = (".py", ".pyw", ".ipynb")


def is_asked_for(arguments: Sequence[str]) -> bool:
    """Whether these arguments of `compare` name runs, or ask for the recorder."""
    named = (argument == "--recorder" or argument.lower().endswith((RECORDED, *SCRIPTS)) for argument in arguments)
    return any(named)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    runs = "a script, or a run that the recorder has written (.npz)"
    parser.add_argument("a", nargs="?", metavar="A", help=runs)
    parser.add_argument("b", nargs="?", metavar="B", help="another one")
    parser.add_argument("--steps", type=_count, default=STEPS, metavar="N", help=f"updates to compare ({STEPS})")
    parser.add_argument(
        "--ulp", type=_limit, default=LIMIT, metavar="N",
        help=f"distance that counts as equal, in units in the last place of the largest entry ({LIMIT})",
    )  # fmt: skip
    parser.add_argument("--seconds", type=_count, default=SECONDS, metavar="N", help=f"for each script ({SECONDS})")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.add_argument("--recorder", action="store_true", help="print the recorder, to be put beside a script")


def main(given: argparse.Namespace) -> int:
    """Compare two runs and print the report.

    Returns:
        0 if they agree, 1 if they differ.

    Raises:
        RunError: A run cannot be made or read, or there are not two.
    """
    if given.recorder:
        print(Path(recorder.__file__).read_text(encoding="utf-8"), end="")
        return 0
    if given.b is None:
        raise RunError("one run given, expected two: scripts, or .npz files of the recorder")
    a, b = (_run(target, given) for target in (given.a, given.b))
    found = compare_runs(a, b, given.ulp)
    print(to_json(found) if given.json else to_text(found))
    return 0 if found.agrees else 1


def _run(target: str, given: argparse.Namespace) -> Run:
    if target.lower().endswith(RECORDED):
        return load(target)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "run.npz")
        record_script(target, given.arguments, path, given.steps, given.seconds)
        return load(path).called(target)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} given, expected a whole number of at least 1")
    return int(text)


def _limit(text: str) -> float:
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not 0 <= limit < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} given, expected a number of at least 0")
    return limit
