"""Scenes as SVG that takes its colours from the page around it."""

from __future__ import annotations

from html import escape

from funcgrad.compare.report.layout import Fill, Point, Scene, Stroke, Text


def to_svg(scene: Scene, description: str, css_class: str) -> str:
    """Return an `<svg>` element; its inks are the CSS variables `--<ink>` of the page."""
    marks = "".join(_element(mark) for mark in scene.marks)
    return (
        f'<svg class="{css_class}" viewBox="0 0 {scene.width:g} {scene.height:g}" role="img" '
        f'aria-label="{escape(description)}">{marks}</svg>'
    )


def variable(ink: str) -> str:
    """Return the CSS variable of an ink."""
    return "--" + ink.replace(" ", "-")


def _element(mark: Stroke | Fill | Text) -> str:
    colour = f"var({variable(mark.ink)})"
    if isinstance(mark, Text):
        weight = ' font-weight="600"' if mark.bold else ""
        return (
            f'<text x="{mark.x:.1f}" y="{mark.y:.1f}" font-size="{mark.size:g}" text-anchor="{mark.anchor}"{weight} '
            f'style="fill:{colour}">{escape(mark.words)}</text>'
        )
    if isinstance(mark, Fill):
        return f'<polygon points="{_points(mark.points)}" style="fill:{colour}" opacity="{mark.opacity:g}"/>'
    dashes = ' stroke-dasharray="4 4"' if mark.dashed else ""
    return (
        f'<polyline points="{_points(mark.points)}" fill="none" style="stroke:{colour}" stroke-width="{mark.width:g}" '
        f'stroke-linejoin="round" stroke-linecap="round" opacity="{mark.opacity:g}"{dashes}/>'
    )


def _points(points: list[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
