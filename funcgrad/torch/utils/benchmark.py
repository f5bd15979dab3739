"""torch.utils.benchmark: how long a statement takes, its results waited for."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from timeit import Timer as _Timer
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.trace import synchronize as _synchronize


@dataclass
class Measurement:
    """How long a statement took.

    Attributes:
        number_per_run: Runs behind each of `raw_times`.
        raw_times: Seconds.
        label: What was measured, as the user calls it.
        sub_label: What tells it from others with the same label.
        description: Of this column of a table.
    """

    number_per_run: int
    raw_times: list[float]
    stmt: str = ""
    setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def times(self) -> list[float]:
        """Seconds for one run of the statement."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def mean(self) -> float:
        """Mean of `times`."""
        return statistics.fmean(self.times)

    @property
    def median(self) -> float:
        """Median of `times`."""
        return statistics.median(self.times)

    @property
    def iqr(self) -> float:
        """Distance between the quartiles of `times`."""
        if len(self.times) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.times, n=4, method="inclusive")
        return high - low

    def __repr__(self) -> str:
        head = ": ".join(text for text in (self.label or self.stmt, self.sub_label, self.description) if text)
        runs = f"{len(self.raw_times)} measurement{'s' if len(self.raw_times) > 1 else ''}, {self.number_per_run} runs"
        kind = "Median" if len(self.raw_times) > 1 else ""
        return f"<{type(self).__module__}.{type(self).__name__} object at {id(self):#x}>\n{head}\n" + (
            f"  {kind + ': ' if kind else ''}{_readable(self.median)}\n  {runs} , {self.num_threads} thread"
        )


class Timer:
    """Measures a statement.

    Args:
        stmt: Python code.
        setup: Run once before.
        global_setup: Without effect: for C++.
        timer: The clock.
        globals: The names that the code sees.
        label: What is measured.
        sub_label: What tells it from others with the same label.
        description: Of its column in a table.
        env: Of the measurement.
        num_threads: Shown only; the threads are XLA's.
        language: `python`.
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = time.perf_counter,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = "python",
    ) -> None:
        results: list[Any] = []
        names = {**(globals or {}), "_results_of_this_timer": results}
        kept = f"_results_of_this_timer.append({stmt})" if _is_expression(stmt) else stmt
        self._timer = _Timer(kept, setup, _waiting(timer, results), names)
        self._shown = {
            "stmt": stmt,
            "setup": setup,
            "label": label,
            "sub_label": sub_label,
            "description": description,
            "env": env,
            "num_threads": num_threads,
        }

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """One measurement of `number` runs, after some to warm up."""
        self._timer.timeit(max(number // 100, 2))
        return Measurement(number, [self._timer.timeit(number)], **self._shown)

    def blocked_autorange(self, callback: Any = None, min_run_time: float = 0.2) -> Measurement:
        """Measurements of blocks of runs, for at least `min_run_time` seconds."""
        number, _ = self._timer.autorange(callback)
        times: list[float] = []
        while sum(times) < min_run_time:
            times.append(self._timer.timeit(number))
        return Measurement(number, times, **self._shown)

    def adaptive_autorange(
        self, threshold: float = 0.1, *, min_run_time: float = 0.01, max_run_time: float = 10.0, callback: Any = None
    ) -> Measurement:
        """Measurements until their quartiles are closer than `threshold` of the median."""
        number, _ = self._timer.autorange(callback)
        times: list[float] = []
        while True:
            times.append(self._timer.timeit(number))
            made = Measurement(number, times, **self._shown)
            is_steady = len(times) > 3 and sum(times) > min_run_time and made.iqr < threshold * made.median
            if is_steady or sum(times) > max_run_time:
                return made


class Compare:
    """A table of measurements: a row for each label, a column for each description."""

    def __init__(self, results: list[Measurement]) -> None:
        self._results = list(results)

    def extend_results(self, results: list[Measurement]) -> None:
        """Add measurements."""
        self._results.extend(results)

    def trim_significant_figures(self) -> None:
        """Without effect."""

    def colorize(self, rowwise: bool = False) -> None:
        """Without effect."""

    def print(self) -> None:
        """Print the table."""
        print(self)

    def __str__(self) -> str:
        columns = list(dict.fromkeys(str(m.description or "") for m in self._results))
        rows: dict[str, dict[str, str]] = {}
        for m in self._results:
            name = " ".join(text for text in (m.label, m.sub_label or m.stmt) if text)
            rows.setdefault(name, {})[str(m.description or "")] = _readable(m.median)
        width = max(map(len, rows), default=0)
        lines = [" " * width + " | " + " | ".join(f"{c:>12}" for c in columns)]
        lines += [
            f"{name:<{width}} | " + " | ".join(f"{r.get(c, ''):>12}" for c in columns) for name, r in rows.items()
        ]
        return "\n".join(lines)


def _is_expression(stmt: str) -> bool:
    """Whether the statement has a result; one that nobody keeps would never be computed."""
    try:
        compile(stmt, "<stmt>", "eval")
    except SyntaxError:
        return False
    return True


def _waiting(timer: Callable[[], float], results: list[Any]) -> Callable[[], float]:
    """The clock, read when everything recorded so far is computed."""

    def read() -> float:
        _synchronize("Timer")
        now = timer()
        results.clear()
        return now

    return read


def _readable(seconds: float) -> str:
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds / 1e-9:.2f} ns"


__getattr__ = _missing_from(__name__)
