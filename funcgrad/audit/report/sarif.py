"""The report for code scanning: SARIF 2.1.0, OASIS standard of 27 March 2020."""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from funcgrad.audit.audit import Audit, Judged
from funcgrad.audit.check import Check
from funcgrad.audit.checks import CHECKS
from funcgrad.audit.place import Place, shown_path
from funcgrad.audit.report.data import figures
from funcgrad.audit.report.words import LANGUAGES, effect, message, repair, stopped

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NUMBERS = {check.code: number for number, check in enumerate(CHECKS)}


def to_sarif(audit: Audit, language: str = "en") -> str:
    """One run: the checks as rules, the findings as results."""
    run = {
        "tool": {"driver": {"name": "funcgrad audit", "rules": [_rule(check, language) for check in CHECKS]}},
        "columnKind": "unicodeCodePoints",
        "language": language,
        "invocations": [_invocation(audit, language)],
        "results": [_result(each, language) for each in audit.judged],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(check: type[Check], language: str) -> dict[str, Any]:
    title, _, body = check.text().strip().partition("\n")
    return {
        "id": check.code,
        "name": "".join(part.capitalize() for part in check.name.split("-")),
        "shortDescription": {"text": title.partition(": ")[2]},
        "fullDescription": {"text": body.partition("\n\nExample::")[0].strip() or title.partition(": ")[2]},
        "help": {"text": check.texts[language]["repair"]},
        "defaultConfiguration": {"level": "error"},
    }


def _invocation(audit: Audit, language: str) -> dict[str, Any]:
    notes = [{"level": "error", "message": {"text": text}} for text in stopped(audit, language)]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}


def _result(judged: Judged, language: str) -> dict[str, Any]:
    finding, words = judged.finding, LANGUAGES[language]
    parts = (
        message(judged, language),
        f"{words['effect']}: {effect(judged, language)}",
        f"{words['repair']}: {repair(judged, language)}",
    )
    return {
        "ruleId": finding.code,
        "ruleIndex": NUMBERS[finding.code],
        "level": "note" if judged.is_harmless else "error",
        "message": {"text": " ".join(parts)},
        "locations": [{"physicalLocation": _location(finding.place)}],
        "properties": {
            "parameters": finding.parameters,
            "times": len(finding.hits),
            "effect": None if judged.effect is None else figures(judged.effect),
        },
    }


def _location(place: Place) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.line, "snippet": {"text": place.source}}
    if place.end:
        region |= {"startColumn": place.start + 1, "endColumn": place.end + 1}
    path = shown_path(place)
    uri = PurePath(path).as_uri() if os.path.isabs(path) else quote(PurePath(path).as_posix())
    return {"artifactLocation": {"uri": uri}, "region": region}
