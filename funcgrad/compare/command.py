"""The command `funcgrad compare`: its options, and what it prints and returns."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

from funcgrad.compare.digits import draw_batches, load_digits
from funcgrad.compare.experiment import RUNS, Settings, run_experiment
from funcgrad.compare.measure import Run
from funcgrad.compare.report import prepare, progress, write_report
from funcgrad.compare.report.table import coloured, conclusions, plain, table, title
from funcgrad.compare.verdict import judge

DEFAULTS = Settings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    options: tuple[tuple[str, Callable[[str], float], float, str], ...] = (
        ("--steps", _number(int, 1), DEFAULTS.steps, "training steps of every run"),
        ("--seed", _number(int, 0, 2**63 - 1), DEFAULTS.seed, "of the first weights, the split and the batches"),
        ("--lr", _number(float, 0), DEFAULTS.lr, "learning rate"),
        ("--momentum", _number(float, 0), DEFAULTS.momentum, "momentum of SGD"),
        ("--batch-size", _number(int, 1), DEFAULTS.batch_size, "digits in a batch"),
        ("--hidden", _number(int, 1), DEFAULTS.hidden, "hidden units of the model"),
    )
    for option, kind, default, text in options:
        metavar = "N" if isinstance(default, int) else "X"
        parser.add_argument(option, type=kind, default=default, metavar=metavar, help=f"{text} (default: {default})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write an HTML page, PNG plots and JSON there")


def main(namespace: argparse.Namespace) -> int:
    """Run the comparison.

    Returns:
        0 if the functional and the stateful run agree, 1 if they differ by more than the tolerance, 2 for a mistake
        in how the command is called.

    Raises:
        ModuleNotFoundError: if scikit-learn, or matplotlib for `--out`, is missing; the text says how to install it.
    """
    settings = Settings(**{name: getattr(namespace, name) for name in Settings.__dataclass_fields__})
    try:
        digits = load_digits(settings.seed)
        batches = draw_batches(digits, settings.steps, settings.batch_size, settings.seed)
        if namespace.out is not None:
            prepare(namespace.out)
    except (ValueError, OSError) as error:
        print(f"funcgrad compare: {error}", file=sys.stderr)
        return 2
    print(f"{title(settings)}\n", flush=True)
    with progress(settings.steps * len(RUNS)) as advance:
        runs = run_experiment(settings, digits, batches, advance)
    return _report(settings, runs, namespace.out)


def _report(settings: Settings, runs: dict[str, Run], out: Path | None) -> int:
    verdict = judge(runs)
    paint = coloured if sys.stdout.isatty() and "NO_COLOR" not in os.environ else plain
    print(f"{table(runs, verdict, paint)}\n\n{conclusions(verdict, paint)}\n")
    if out is None:
        print("--out DIR writes a page with pictures, and all figures as JSON.")
    else:
        page, *others = write_report(out, settings, runs, verdict)
        print(f"{out / page}\n  and beside it:\n  {', '.join(others)}")
    return 0 if verdict.agrees else 1


def _number(kind: Callable[[str], float], least: float, most: float = math.inf) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not (least <= value <= most and math.isfinite(value)):
            name = "a whole number" if kind is int else "a number"
            bounds = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"{text!r} given, expected {name} {bounds}")
        return value

    return parse
