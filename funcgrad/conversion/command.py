"""The command `funcgrad functionalize`: its options, what it prints and writes."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from funcgrad.conversion.conversion import Conversion, convert
from funcgrad.conversion.finding import USUAL


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    usual = ", ".join(USUAL)
    parser.add_argument(
        "target", metavar="SCRIPT[:STEP]", help=f"a Python file, and its function that does one step ({usual})"
    )
    parser.add_argument(
        "arguments", nargs="*", help="what the script finds in sys.argv; after -- if it begins with a dash"
    )
    parser.add_argument("--emit", type=_python_file, metavar="FILE", help="write the step there as JAX and optax")
    parser.add_argument("--steps", type=_count, default=2, metavar="N", help="compare so many steps (default: 2)")


def main(given: argparse.Namespace) -> int:
    """Make a script's step a pure function, print its certificate, and write its source.

    Raises:
        NoStepError: The script does not call the function.
        FunctionalizationError: The step cannot be a pure function, or cannot be written.
        LaunchError: The script cannot be run.
    """
    script, name = _split(given.target)
    made = convert(script, given.arguments, name, given.steps, given.emit is not None)
    print(_told(made))
    if given.emit is not None and made.source is not None:
        arrays = given.emit.with_suffix(".npz")
        given.emit.write_text(made.source, encoding="utf-8")
        np.savez(arrays, **made.pure.arrays())  # pyright: ignore[reportArgumentType] - no array is called allow_pickle
        lines = made.source.count("\n")
        print(f"written to {given.emit} ({lines} lines), which gives the same results; the arrays to {arrays}")
    return 0


def _told(made: Conversion) -> str:
    fixed = f"; fixed: {', '.join(made.fixed)}" if made.fixed else ""
    return "\n".join(
        [
            f"{made.place}: {made.name}({', '.join(made.arguments)}){fixed}",
            f"state: {', '.join(made.owners)}",
            f"certificate: {made.pure.certificate}",
        ]
    )


def _split(target: str) -> tuple[str, str]:
    """The script and the function that a target names; a colon may be part of a path."""
    script, colon, name = target.rpartition(":")
    is_name = bool(colon) and all(part.isidentifier() for part in name.split("."))
    return (script, name) if is_name and not Path(target).exists() else (target, "")


def _python_file(text: str) -> Path:
    if not text.endswith(".py"):
        raise argparse.ArgumentTypeError(f"{text!r} given, expected a file that ends in .py")
    return Path(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} given, expected a whole number of at least 1")
    return int(text)
