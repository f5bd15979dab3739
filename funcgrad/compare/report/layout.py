"""The layout of a chart: where every stroke and every word goes, in pixels from the top left.

`svg.py` and `png.py` only draw what stands here, so that the page and the pictures are the same.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from funcgrad.compare.report.chart import Band, Chart, Gap, Line, Panel
from funcgrad.compare.report.scale import round_step

SMALL, NORMAL = 11.5, 13.0
LETTER = 0.56  # mean width of a letter, in font sizes
LEFT, GUTTER = 38.0, 26.0
HEAD, FOOT, PLOT = 48.0, 26.0, 210.0
LABEL_GAP = 16.0
MOST_POINTS = 600  # a curve on the page needs no more

Point = tuple[float, float]


class Stroke(NamedTuple):
    """A line through points."""

    points: list[Point]
    ink: str
    width: float = 1.0
    opacity: float = 1.0
    dashed: bool = False


class Fill(NamedTuple):
    """A filled outline."""

    points: list[Point]
    ink: str
    opacity: float = 1.0


class Text(NamedTuple):
    """A line of words; y is its baseline."""

    x: float
    y: float
    words: str
    ink: str
    size: float = SMALL
    anchor: str = "start"
    bold: bool = False


class Scene(NamedTuple):
    """A chart ready to be drawn, first marks first."""

    width: float
    height: float
    marks: list[Stroke | Fill | Text]


class Box(NamedTuple):
    """Where the curves of a panel go."""

    left: float
    top: float
    right: float
    bottom: float

    def x(self, steps: ArrayLike, last: int) -> np.ndarray:
        """Return the pixels of steps on the axis from 0 to `last`."""
        return self.left + (self.right - self.left) * np.asarray(steps, np.float64) / last

    def y(self, places: np.ndarray) -> np.ndarray:
        """Return the pixels of places on a scale."""
        return self.bottom - (self.bottom - self.top) * places


def arrange(chart: Chart, width: float, *, stacked: bool = False) -> Scene:
    """Lay the panels of a chart side by side, or one below the other."""
    columns = 1 if stacked else len(chart.panels)
    rows = len(chart.panels) // columns
    height = HEAD + PLOT + FOOT
    cell = (width - GUTTER * (columns - 1)) / columns
    marks: list[Stroke | Fill | Text] = []
    for index, panel in enumerate(chart.panels):
        row, column = divmod(index, columns)
        left, top = column * (cell + GUTTER), row * (height + GUTTER)
        box = Box(left + LEFT, top + HEAD, left + cell - _label_room(panel), top + HEAD + PLOT)
        marks += _panel(panel, box, chart.steps)
    return Scene(width, rows * height + GUTTER * (rows - 1), marks)


def text_width(words: str, size: float) -> float:
    """Return about how wide words will be."""
    return len(words) * size * LETTER


def _panel(panel: Panel, box: Box, steps: int) -> list[Stroke | Fill | Text]:
    head: list[Stroke | Fill | Text] = [
        Text(box.left - LEFT, box.top - 32, panel.title, "ink", NORMAL, bold=True),
        Text(box.left - LEFT, box.top - 14, panel.caption, panel.caption_ink),
    ]
    bands = [mark for band in panel.bands for mark in _band(band, box, steps)]
    gaps = [mark for gap in panel.gaps for mark in _gap(gap, panel, box, steps)]
    limits = [mark for value, name in panel.limits for mark in _limit(value, name, panel, box)]
    curves = [stroke for line in panel.lines for stroke in _curve(line, panel, box, steps)]
    return head + bands + _axes(panel, box, steps) + gaps + limits + curves + _labels(panel, box, steps)


def _axes(panel: Panel, box: Box, steps: int) -> list[Stroke | Fill | Text]:
    marks: list[Stroke | Fill | Text] = []
    for value, label in panel.scale.ticks():
        y = float(box.y(panel.scale.place(np.array(value))))
        marks.append(Stroke([(box.left, y), (box.right, y)], "grid"))
        marks.append(Text(box.left - 6, y + 4, label, "muted", anchor="end"))
    marks.append(Text(box.right, box.bottom + 18, f"step {steps}", "muted", anchor="end"))
    room = text_width(f"step {steps} ..", SMALL)
    ticks = np.arange(0, steps, max(1, round_step(steps / 4)))
    places = [(step, float(box.x(step, steps))) for step in ticks]
    free = [(step, x) for step, x in places if x < box.right - room]
    return marks + [Text(x, box.bottom + 18, f"{step:.0f}", "muted", anchor="middle") for step, x in free]


def _band(band: Band, box: Box, steps: int) -> list[Stroke | Fill | Text]:
    left, right = (float(box.x(np.array(step), steps)) for step in (band.first, band.last))
    outline = [(left, box.top), (right, box.top), (right, box.bottom), (left, box.bottom)]
    marks: list[Stroke | Fill | Text] = [Fill(outline, "band")]
    if band.label and text_width(band.label, SMALL) < right - left:
        marks.append(Text((left + right) / 2, box.top + 14, band.label, "muted", anchor="middle"))
    return marks


def _gap(gap: Gap, panel: Panel, box: Box, steps: int) -> list[Stroke | Fill | Text]:
    lower, upper = (_points(gap.steps, values, panel, box, steps) for values in (gap.lower, gap.upper))
    x, y = (np.mean([lower[len(lower) * 2 // 3][axis], upper[len(upper) * 2 // 3][axis]]) for axis in (0, 1))
    return [Fill(lower + upper[::-1], gap.ink, 0.12), Text(float(x), float(y) + 4, gap.label, gap.ink, anchor="middle")]


def _limit(value: float, name: str, panel: Panel, box: Box) -> list[Stroke | Fill | Text]:
    y = float(box.y(panel.scale.place(np.array(value))))
    return [
        Stroke([(box.left, y), (box.right, y)], "muted", dashed=True),
        Text(box.right - 4, y - 6, name, "muted", anchor="end"),
    ]


def _curve(line: Line, panel: Panel, box: Box, steps: int) -> list[Stroke]:
    points = _points(line.steps, line.values, panel, box, steps)
    return [Stroke(points, line.ink, line.width, line.opacity)] if points else []


def _points(at: np.ndarray, values: np.ndarray, panel: Panel, box: Box, steps: int) -> list[Point]:
    # A curve ends where it stops being finite: what comes after it has no place.
    finite = np.isfinite(values)
    end = len(values) if finite.all() else int(np.argmin(finite))
    every = slice(0, end, max(1, end // MOST_POINTS))
    x, y = box.x(np.asarray(at)[every], steps), box.y(panel.scale.place(np.asarray(values)[every]))
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _labels(panel: Panel, box: Box, steps: int) -> list[Text]:
    curves = [(_points(line.steps, line.values, panel, box, steps), line) for line in panel.lines if line.label]
    ends = [(points[-1][1], line) for points, line in curves if points]
    heights = _apart([y for y, _ in ends], box.bottom)
    return [
        Text(box.right + 6, y + 4, line.label, line.ink, NORMAL, bold=True)
        for y, (_, line) in zip(heights, ends, strict=True)
    ]


def _apart(heights: list[float], bottom: float) -> list[float]:
    """Move labels down, and from the bottom up again, until they no longer touch; their order stays."""
    order = sorted(range(len(heights)), key=lambda index: (round(heights[index] / 4), index))
    placed = list(heights)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + LABEL_GAP)
    limit = bottom
    for index in reversed(order):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - LABEL_GAP
    return placed


def _label_room(panel: Panel) -> float:
    return 12 + max(text_width(line.label, NORMAL) for line in panel.lines)
