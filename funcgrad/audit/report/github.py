"""The report for GitHub Actions: workflow commands that become annotations of the lines."""

from __future__ import annotations

from funcgrad.audit.audit import Audit, Judged
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.place import shown_path
from funcgrad.audit.report.words import LANGUAGES, effect, message, repair, stopped, summary


def to_github(audit: Audit, language: str = "en") -> str:
    """A command a finding; the last line is for the log."""
    lines = [_annotation(each, language) for each in audit.judged]
    lines += [f"::error title=funcgrad audit::{_data(text)}" for text in stopped(audit, language)]
    return "\n".join([*lines, summary(audit, language)]) + "\n"


def _annotation(judged: Judged, language: str) -> str:
    place, words = judged.finding.place, LANGUAGES[language]
    check = BY_CODE[judged.finding.code]
    properties = {"file": shown_path(place), "line": place.line, "title": f"{check.code} {check.name}"}
    if place.end:
        properties |= {"col": place.start + 1, "endColumn": place.end}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    text = "\n".join(
        [
            message(judged, language),
            f"{words['effect']}: {effect(judged, language)}",
            f"{words['repair']}: {repair(judged, language)}",
        ]
    )
    return f"::{'notice' if judged.is_harmless else 'error'} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
