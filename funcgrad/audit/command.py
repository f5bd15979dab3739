"""The commands `funcgrad audit` and `funcgrad explain`: their options, what they print and return."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from funcgrad.audit import pytorch
from funcgrad.audit.apart import ApartError, audit_apart
from funcgrad.audit.audit import ALL, audit
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.confinement import confined, readable_for
from funcgrad.audit.page import SUFFIXES, run_page
from funcgrad.audit.report import FORMATS
from funcgrad.audit.report.words import LANGUAGES
from funcgrad.audit.run import Bounds
from funcgrad.launch import run_script, show_error

DEFAULTS = Bounds()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `audit`."""
    parser.add_argument("target", metavar="TARGET", help="a Python file, or a .md, .html or .ipynb page with code")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the target finds in sys.argv")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the report is written")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="in English or in Korean")
    parser.add_argument("--backend", choices=("funcgrad", "torch"), default="funcgrad", help="what runs the script")
    parser.add_argument("--each", action="store_true", help="audit TARGET and each argument as a target of its own")
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
    if given.each:
        return max(_audit(target, [], given) for target in [given.target, *given.arguments])
    return _audit(given.target, given.arguments, given)


def _audit(target: str, arguments: Sequence[str], given: argparse.Namespace) -> int:
    codes, bounds = given.select - given.ignore, Bounds(given.steps, given.seconds)
    if given.backend == "torch":
        found = audit(partial(pytorch.run_script, target, arguments), codes, bounds, pytorch.load())
    elif _is_apart(target):
        return _show_apart(target, arguments, codes, bounds, given)
    else:
        found = audit(starter(target, arguments), codes, bounds)
    print(FORMATS[given.format](found, given.language).removesuffix("\n"))
    for error in found.errors:
        show_error(error)
    return found.status


def _show_apart(
    target: str, arguments: Sequence[str], codes: Collection[str], bounds: Bounds, given: argparse.Namespace
) -> int:
    try:
        answer = audit_apart(target, arguments, codes, bounds, given.format, given.language)
    except ApartError as error:
        print(f"funcgrad audit: {error}", file=sys.stderr)
        return 1
    print(answer.report.removesuffix("\n"))
    print(answer.errors, end="", file=sys.stderr)
    return answer.status


def starter(target: str, arguments: Sequence[str] = ()) -> Callable[[], None]:
    """What runs a target from its start: a script as it is, a page confined."""
    if not _is_page(target):
        return partial(run_script, target, arguments)

    def start() -> None:
        with confined(readable_for(target)):
            run_page(target, arguments)

    return start


def _is_page(target: str) -> bool:
    return Path(target).suffix.lower() in SUFFIXES


def _is_apart(target: str) -> bool:
    """Whether its code is run in a process of its own; on Windows nothing is."""
    return _is_page(target) and sys.platform != "win32"


def order_of(target: str) -> tuple[str, ...]:
    """The events of a usual update of a script or a page.

    Raises:
        ValueError: It made no update.
        LaunchError: It cannot be run.
    """
    try:
        order = _order_apart(target) if _is_apart(target) else audit(starter(target), (), DEFAULTS).order
    except ApartError as error:
        raise ValueError(str(error)) from None
    if not order:
        raise ValueError(f"{target!r} made no update; expected a script with a training loop")
    return order


def _order_apart(target: str) -> tuple[str, ...]:
    return tuple(json.loads(audit_apart(target, (), (), DEFAULTS, "json", "en").report)["order"])


def explain(code: str, language: str = "en") -> str:
    """The documentation of a check, by its code or its name, with the repair in a language.

    Raises:
        ValueError: There is no such check.
    """
    for check in BY_CODE.values():
        if code.upper() == check.code or code == check.name:
            words, repair = LANGUAGES[language], check.texts[language]["repair"]
            return f"{check.text().strip()}\n\n{words['repair']}: {repair}\n"
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
