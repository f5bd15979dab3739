"""What the runs are called and the colour that each has wherever it appears.

The colours stay apart for colour-blind readers, and carry text on their background.
"""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """How a run appears."""

    letter: str
    name: str  # beside a curve
    title: str  # in a table
    light: str  # colour on a light ground
    dark: str  # colour on a dark ground


RUN_STYLES = {
    "a": Style("a", "functional", "functional", "#1c2126", "#e8eaed"),
    "b": Style("b", "in its place", "zero_grad in its place", "#0067a5", "#58b4f0"),
    "c": Style("c", "forgotten", "zero_grad forgotten", "#c24a00", "#ff8c42"),
    "d": Style("d", "before step", "zero_grad before step", "#6a6f76", "#a2a8b0"),
    "e": Style("e", "after step", "zero_grad after step", "#007a5e", "#3fcfa5"),
    "f none": Style("f", "None", "cleared to None", "#8a5d00", "#e3b341"),
    "f zeros": Style("f", "zeros", "cleared to zeros", "#8a3ffc", "#b78cff"),
}
GROUNDS = {
    "paper": ("#ffffff", "#14171a"),
    "ink": ("#1c2126", "#e8eaed"),
    "muted": ("#62686f", "#9aa1a9"),
    "grid": ("#e4e6e9", "#2b3036"),
    "band": ("#f1f3f5", "#1d2227"),
}
LIGHT = {name: light for name, (light, _) in GROUNDS.items()} | {run: style.light for run, style in RUN_STYLES.items()}
DARK = {name: dark for name, (_, dark) in GROUNDS.items()} | {run: style.dark for run, style in RUN_STYLES.items()}
