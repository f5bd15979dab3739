"""Reports of an audit: for people, for programs, for code hosts."""

from __future__ import annotations

from collections.abc import Callable

from funcgrad.audit.audit import Audit
from funcgrad.audit.report.data import to_json
from funcgrad.audit.report.github import to_github
from funcgrad.audit.report.page import to_html
from funcgrad.audit.report.sarif import to_sarif
from funcgrad.audit.report.text import to_text

FORMATS: dict[str, Callable[[Audit, str], str]] = {
    "text": to_text,
    "json": to_json,
    "sarif": to_sarif,
    "github": to_github,
    "html": to_html,
}
"""Each writes an audit in a language of `words.LANGUAGES`."""
