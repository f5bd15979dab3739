"""What a chart consists of: panels of lines on scales. How it looks is `layout.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from funcgrad.compare.report.scale import Linear, Log


@dataclass(frozen=True)
class Line:
    """A curve with its name at its end."""

    ink: str  # a run, or a ground of `style.py`
    label: str  # empty for none
    steps: np.ndarray
    values: np.ndarray
    width: float = 2.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Band:
    """Steps with something in common."""

    first: float
    last: float
    label: str = ""


@dataclass(frozen=True)
class Gap:
    """The area between two curves, with what it means."""

    ink: str
    label: str
    steps: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Panel:
    """One plot of a chart, over the steps of a run."""

    title: str
    caption: str
    scale: Linear | Log
    lines: tuple[Line, ...]
    bands: tuple[Band, ...] = ()
    gaps: tuple[Gap, ...] = ()
    limits: tuple[tuple[float, str], ...] = ()  # horizontal marks: a figure and its name
    caption_ink: str = "muted"


@dataclass(frozen=True)
class Chart:
    """A finding, and the panels that show it."""

    key: str  # the name of its file
    title: str  # the finding
    text: str  # how to read the panels
    steps: int
    panels: tuple[Panel, ...] = field(default=())
