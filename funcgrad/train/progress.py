"""A progress bar for `fit`: drawn by rich, and nothing at all where rich is absent or no terminal is there."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from funcgrad.train.callbacks import Callback, Visit


@contextlib.contextmanager
def progress_bar(total: int | None = None) -> Iterator[Callback]:
    """Give a callback that shows how many steps are done and the latest loss, as of the last visit.

    Args:
        total: how many steps the run has from its beginning; without it the bar only moves.

    Example:
        >>> from funcgrad.train import fit, make_train_step, TrainState
        >>> import optax
        >>> step = make_train_step(lambda w, x: (w - x) ** 2, optax.sgd(0.5))
        >>> with progress_bar(total=2) as bar:
        ...     state, _ = fit(step, TrainState.create(0.0, optax.sgd(0.5)), [3.0, 3.0], visit_every=1, callbacks=[bar])
    """
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield _show_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[loss]}")
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total, loss="")

        def show(visit: Visit) -> None:
            progress.update(task, completed=visit.steps, loss=f"loss {visit.metrics.loss[-1]:.6g}")

        yield show


def _show_nothing(visit: Visit) -> None:
    pass
