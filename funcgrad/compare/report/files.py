"""The files of the report."""

from __future__ import annotations

from pathlib import Path

from funcgrad.compare.experiment import Settings
from funcgrad.compare.measure import Run
from funcgrad.compare.report.charts import make_charts
from funcgrad.compare.report.figures import to_json
from funcgrad.compare.report.page import to_html
from funcgrad.compare.report.png import require_matplotlib, write_png
from funcgrad.compare.verdict import Verdict


def prepare(folder: Path) -> None:
    """Make the folder, so that what stands in the way is said before the training and not after it.

    Raises:
        OSError: if the folder cannot be made.
        ModuleNotFoundError: if matplotlib, which draws the pictures, is missing.
    """
    require_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)


def write_report(folder: Path, settings: Settings, runs: dict[str, Run], verdict: Verdict) -> list[str]:
    """Write everything and return the names of the files, the page first."""
    charts = make_charts(runs, verdict)
    for chart in charts:
        write_png(chart, folder / f"{chart.key}.png")
    (folder / "compare.html").write_text(to_html(settings, runs, verdict, charts), encoding="utf-8")
    (folder / "compare.json").write_text(to_json(settings, runs, verdict), encoding="utf-8")
    return ["compare.html", *(f"{chart.key}.png" for chart in charts), "compare.json"]
