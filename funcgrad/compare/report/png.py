"""Charts as PNG pictures, drawn by matplotlib on a light ground."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from funcgrad.compare.report.chart import Chart
from funcgrad.compare.report.layout import Fill, Stroke, Text, arrange
from funcgrad.compare.report.style import LIGHT

WIDTH, MARGIN, DPI = 860.0, 36.0, 200
TITLE, LINE = 19.0, 19.0
LETTERS = 116  # in a line of the explanation

MISSING = """\
The pictures are drawn by matplotlib, which is not installed.
Install what the comparison needs: pip install "funcgrad[demo]\""""


def require_matplotlib() -> None:
    """Fail early.

    Raises:
        ModuleNotFoundError: if matplotlib is missing; the text says how to install it.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(MISSING, name=error.name) from None


def write_png(chart: Chart, path: Path) -> None:
    """Draw a chart below its title and its explanation."""
    from matplotlib.figure import Figure

    scene = arrange(chart, WIDTH - 2 * MARGIN)
    lines = textwrap.wrap(chart.text, LETTERS)
    head = MARGIN + TITLE + 6 + LINE * len(lines) + 14
    height = head + scene.height + MARGIN - 4
    figure = Figure(figsize=(WIDTH / 100, height / 100), facecolor=LIGHT["paper"])
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    axes.axis("off")
    _draw(axes, Text(MARGIN, MARGIN + TITLE - 4, chart.title, "ink", TITLE, bold=True), 0, 0)
    for index, words in enumerate(lines, 1):
        _draw(axes, Text(MARGIN, MARGIN + TITLE + 6 + LINE * index, words, "muted", 12.5), 0, 0)
    for mark in scene.marks:
        _draw(axes, mark, MARGIN, head)
    figure.savefig(path, dpi=DPI)


def _draw(axes: Any, mark: Stroke | Fill | Text, right: float, down: float) -> None:
    colour = LIGHT[mark.ink]
    if isinstance(mark, Text):
        align = {"start": "left", "middle": "center", "end": "right"}[mark.anchor]
        weight = "bold" if mark.bold else "normal"
        # A pixel of the layout is a hundredth of an inch, 0.72 points; DejaVu Sans runs wider than a browser's font.
        size = 0.72 * 0.92 * mark.size
        axes.text(mark.x + right, mark.y + down, mark.words, color=colour, size=size, ha=align, weight=weight)
        return
    xs, ys = ([point[axis] + offset for point in mark.points] for axis, offset in ((0, right), (1, down)))
    if isinstance(mark, Fill):
        axes.fill(xs, ys, color=colour, alpha=mark.opacity, linewidth=0)
        return
    pen = {"linestyle": (0, (4, 4))} if mark.dashed else {"solid_capstyle": "round", "solid_joinstyle": "round"}
    axes.plot(xs, ys, color=colour, alpha=mark.opacity, linewidth=0.72 * mark.width, **pen)
