"""The commands `funcgrad audit` and `funcgrad explain`: their options, what they print and return."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from funcgrad.audit.audit import ALL, audit
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.confinement import confined
from funcgrad.audit.page import SUFFIXES, run_page
from funcgrad.audit.report import to_json, to_text
from funcgrad.audit.run import Bounds
from funcgrad.launch import run_script, show_error

DEFAULTS = Bounds()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `audit`."""
    parser.add_argument("target", metavar="TARGET", help="a Python file, or a .md, .html or .ipynb page with code")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the target finds in sys.argv")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--select", type=_codes, default=ALL, metavar="CODES", help="make only these checks")
    parser.add_argument("--ignore", type=_codes, default=frozenset(), metavar="CODES", help="leave these checks out")
    parser.add_argument("--steps", type=_count, default=DEFAULTS.steps, metavar="N", help="end the script there")
    parser.add_argument("--seconds", type=_count, default=int(DEFAULTS.seconds), metavar="N", help="end a run then")


def main(given: argparse.Namespace) -> int:
    """Audit a script or a page, and print the report.

    Returns:
        1 if there are findings that are not harmless, or the script fails; else 0.

    Raises:
        LaunchError: The target cannot be run.
    """
    found = audit(
        starter(given.target, given.arguments), given.select - given.ignore, Bounds(given.steps, given.seconds)
    )
    print(to_json(found) if given.json else to_text(found), end="\n" if given.json else "")
    if found.error is not None:
        show_error(found.error)
    return int(found.error is not None or any(not each.is_harmless for each in found.judged))


def starter(target: str, arguments: Sequence[str] = ()) -> Callable[[], None]:
    """What runs a target from its start: a script as it is, a page confined."""
    if Path(target).suffix.lower() not in SUFFIXES:
        return partial(run_script, target, arguments)

    def start() -> None:
        with confined():
            run_page(target, arguments)

    return start


def explain(code: str) -> str:
    """The documentation of a check, by its code or its name.

    Raises:
        ValueError: There is no such check.
    """
    for check in BY_CODE.values():
        if code.upper() == check.code or code == check.name:
            return f"{check.text().strip()}\n\nRepair: {check.repair}\n"
    raise ValueError(f"no check {code!r}; expected one of {', '.join(BY_CODE)}, or its name")


def _codes(text: str) -> frozenset[str]:
    codes = frozenset(part.upper() for part in re.split(r"[\s,]+", text) if part)
    for code in codes - ALL:
        raise argparse.ArgumentTypeError(f"unknown check {code!r}; expected {', '.join(sorted(ALL))}")
    return codes


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} given, expected a whole number of at least 1")
    return int(text)
