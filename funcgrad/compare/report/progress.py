"""The progress bar: rich's where it is installed, a plain one otherwise, and none where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from funcgrad.compare.report.style import RUN_STYLES

BAR = 30


@contextmanager
def progress(total: int) -> Iterator[Callable[[str, int], None]]:
    """Show a bar while the block runs, and hand it a function that takes a run and how many steps it has made."""
    if not sys.stdout.isatty():
        yield lambda run, steps: None
        return
    try:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    except ModuleNotFoundError:
        yield from _plain(total)
        return
    name, share = TextColumn("{task.description:26}"), TextColumn("{task.percentage:3.0f} %")
    with Progress(name, BarColumn(), share, TimeElapsedColumn(), transient=True) as bar:
        task = bar.add_task("starting", total=total)
        yield lambda run, steps: bar.update(task, advance=steps, description=_name(run))


def _plain(total: int) -> Iterator[Callable[[str, int], None]]:
    done = 0

    def advance(run: str, steps: int) -> None:
        nonlocal done
        done += steps
        filled = BAR * done // total
        sys.stdout.write(f"\r{_name(run):26} [{'#' * filled:{BAR}}] {100 * done // total:3} %")
        sys.stdout.flush()

    yield advance
    sys.stdout.write("\r" + " " * 70 + "\r")


def _name(run: str) -> str:
    return f"{RUN_STYLES[run].letter}  {RUN_STYLES[run].title}"
