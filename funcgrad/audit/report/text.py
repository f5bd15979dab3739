"""The report for a terminal: 80 columns, the source underlined."""

from __future__ import annotations

import textwrap
import unicodedata

from funcgrad.audit.audit import Audit, Judged
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.place import Place, shown_path
from funcgrad.audit.report.words import LANGUAGES, effect, message, repair, stopped, summary, verdict

WIDTH = 80
GUTTER = 8  # of the number and the line beside the source


def to_text(audit: Audit, language: str = "en") -> str:
    """The findings, what they sum to, and for a right loop that it is right."""
    lines = [summary(audit, language), *_wrapped(verdict(audit, language))]
    for text in stopped(audit, language):
        lines += _wrapped(text)
    return "\n\n".join([*(_block(each, language) for each in audit.judged), "\n".join(lines)]) + "\n"


def _block(judged: Judged, language: str) -> str:
    place, words = judged.finding.place, LANGUAGES[language]
    check = BY_CODE[judged.finding.code]
    lines = [f"{shown_path(place)}:{place.line}: {check.code} {check.name}", *_source(place)]
    for text in (
        message(judged, language),
        f"{words['harmless' if judged.is_harmless else 'effect']}: {effect(judged, language)}",
        f"{words['repair']}: {repair(judged, language)}",
    ):
        lines += _wrapped(text, "  ")
    return "\n".join(lines)


def _source(place: Place) -> list[str]:
    text = place.source
    if not text:
        return []
    indent = len(text) - len(text.lstrip())
    shown = text[indent:]
    while columns(shown) > WIDTH - GUTTER:
        shown = shown[:-1]
    start = max(place.start - indent, 0)
    end = min(place.end - indent, len(shown)) if place.end else len(shown)
    mark = " " * columns(shown[:start]) + "^" * max(columns(shown[start:end]), 1)
    return [f"{place.line:5} | {shown}", f"{' ' * 5} | {mark}"]


def columns(text: str) -> int:
    """How wide a terminal shows a text; Hangul takes two columns."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _wrapped(text: str, indent: str = "") -> list[str]:
    if text.isascii():
        return textwrap.wrap(
            text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
        )
    lines: list[str] = []
    for word in text.split():
        if lines and columns(f"{lines[-1]} {word}") <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return lines
