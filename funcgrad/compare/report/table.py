"""The report in the terminal: a table and a verdict, at most 80 columns wide and in ASCII.

Colour is added to finished text, so that it never changes a width.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np

from funcgrad.compare.experiment import RUNS, Settings
from funcgrad.compare.measure import Run
from funcgrad.compare.report.style import RUN_STYLES
from funcgrad.compare.verdict import LAST, REFERENCE, Finding, Verdict, percent

WIDTH = 80
NAME, COLUMNS = 26, (8, 10, 9, 9, 9, 9)  # together WIDTH
HEADS = (
    ("loss", "test", "gradient", "fresh", "batches", "distance"),
    ("", "accuracy", "used", "gradient", "in it", "from b"),
)
SECOND_HEAD = "with a second head that half of the batches do not use; distance from None"
LESSON = (
    "Why zero_grad exists: backward adds to .grad, and only zero_grad starts the sum anew. A functional gradient is a "
    "return value, so there is nothing to clear."
)

ANSI = {"a": "1", "b": "34", "c": "31", "d": "90", "e": "32", "f": "35", "f none": "33", "f zeros": "35"}

Paint = Callable[[str, str], str]  # the name of a run and text to colour


def plain(run: str, text: str) -> str:
    """Leave text as it is."""
    return text


def coloured(run: str, text: str) -> str:
    """Colour text for a terminal."""
    return f"\033[{ANSI[run]}m{text}\033[0m"


def title(settings: Settings) -> str:
    """Return what is compared, in one line."""
    sgd = f"lr {settings.lr:g}, momentum {settings.momentum:g}, seed {settings.seed}"
    return f"{len(RUNS)} runs of {settings.steps} steps with {settings.batch_size} digits, {sgd}"


def table(runs: dict[str, Run], verdict: Verdict, paint: Paint = plain) -> str:
    """Return the last figures of all runs, a line each."""
    first = [_line("", head) for head in HEADS]
    rows = {run: _row(run, figures, verdict) for run, figures in runs.items()}
    lines = [paint(run, row[:NAME]) + row[NAME:] for run, row in rows.items()]
    lines.insert(list(rows).index("f none"), f"\n{SECOND_HEAD}")
    return "\n".join([*first, *lines])


def cells(run: str, figures: Run, verdict: Verdict) -> tuple[str, ...]:
    """Return the figures of one run at its end, in the order of the columns."""
    return (
        _short(float(np.mean(figures.loss[-LAST:]))),
        percent(figures.accuracy[-1]),
        _short(figures.used_norm[-1]),
        _short(figures.fresh_norm[-1]),
        _short(figures.batches_in_grad[-1]),
        f"{verdict.differences[run].relative:.2g}" if run in REFERENCE else "-",
    )


def conclusions(verdict: Verdict, paint: Paint = plain) -> str:
    """Return the verdict in words, a paragraph for each finding."""
    return "\n".join([*(_paragraph(finding, paint) for finding in verdict.findings), "", textwrap.fill(LESSON, WIDTH)])


def _row(run: str, figures: Run, verdict: Verdict) -> str:
    style = RUN_STYLES[run]
    return _line(f"{style.letter}  {style.title}", cells(run, figures, verdict))


def _line(name: str, cells: tuple[str, ...]) -> str:
    return name.ljust(NAME) + "".join(cell.rjust(width) for cell, width in zip(cells, COLUMNS, strict=True))


def _short(value: float) -> str:
    return f"{value:.3g}"


def _paragraph(finding: Finding, paint: Paint) -> str:
    text = f"{finding.run}  {finding.claim}. {finding.detail}"
    head = f"{finding.run}  {finding.claim}."
    return textwrap.fill(text, WIDTH, subsequent_indent="   ").replace(head, paint(finding.run, head), 1)
