"""Charts of the page, as SVG in the page's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

from funcgrad.audit.timeline import Used

HEIGHT = 220  # of the tallest column, in pixels
BLOCK = 14  # of a block, at most
COLUMN = 12  # width of a column and the gap behind it
MARGIN = 28


def timeline(updates: Sequence[Used], words: dict[str, str]) -> str:
    """A column for each update: above the line what it used, below it what was cleared before it."""
    above = max(len(each.fresh) + len(each.stale) for each in updates)
    below = max(len(each.lost) for each in updates)
    block = min(BLOCK, HEIGHT / max(above, below, 1))
    axis = above * block + 6
    width, height = len(updates) * COLUMN + 2 * MARGIN, axis + below * block + 24
    parts = [f'<line x1="{MARGIN}" x2="{width - MARGIN}" y1="{axis:g}" y2="{axis:g}" stroke="var(--line)"/>']
    for column, each in enumerate(updates):
        x = MARGIN + column * COLUMN
        stack = [*((n, "fresh") for n in each.fresh), *((n, "stale") for n in each.stale)]
        blocks = [_block(x, axis - (k + 1) * block, block, kind, n) for k, (n, kind) in enumerate(stack)]
        blocks += [_block(x, axis + k * block, block, "lost", n) for k, n in enumerate(each.lost)]
        parts.append(f"<g><title>{words['update']} {each.number}</title>{''.join(blocks)}</g>")
    for column in range(0, len(updates), max(1, len(updates) // 10)):
        label = f'<text x="{MARGIN + column * COLUMN}" y="{height - 6:g}">{updates[column].number}</text>'
        parts.append(label)
    return f'<svg width="{width}" height="{height:g}" role="img">{"".join(parts)}</svg>'


def _block(x: float, y: float, height: float, kind: str, number: int) -> str:
    gap = 1 if height > 3 else 0
    shape = f'x="{x}" y="{y:g}" width="{COLUMN - 2}" height="{height - gap:g}" fill="var(--{kind})"'
    return f"<rect {shape}><title>backward {number}</title></rect>"


OF_CURVES = {"written": "stale", "repaired": "fresh"}
"""The colours of the two curves."""


def losses(curves: Sequence[tuple[float, float]]) -> str:
    """Two lines over the backward passes: as written, and repaired."""
    finite = [x for pair in curves for x in pair if math.isfinite(x)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    width, height = 520, 130
    lines = [
        f'<polyline points="{_points([pair[k] for pair in curves], low, high, width, height)}" fill="none" '
        f'stroke="var(--{colour})" stroke-width="2"/>'
        for k, colour in enumerate(OF_CURVES.values())
    ]
    ends = f'<text x="0" y="12">{high:.3g}</text><text x="0" y="{height - 2}">{low:.3g}</text>'
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img">{ends}{"".join(lines)}</svg>'


def _points(values: Sequence[float], low: float, high: float, width: int, height: int) -> str:
    across, tall = width - 60, height - 20
    span = high - low or 1.0
    return " ".join(
        f"{50 + across * k / max(len(values) - 1, 1):.1f},{8 + tall * (high - value) / span:.1f}"
        for k, value in enumerate(values)
        if math.isfinite(value)
    )
