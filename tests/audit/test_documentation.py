"""The page on the audit: its table names the checks there are, and its Python runs."""

import re
from pathlib import Path

from funcgrad.audit import audit, starter
from funcgrad.audit.checks import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def test_the_table_names_every_check():
    rows = re.findall(r"^\| (FG\d{3}) \| ([\w-]+) \|", PAGE.read_text(), re.MULTILINE)
    assert rows == [(check.code, check.name) for check in CHECKS]


def test_the_python_of_the_page_runs():
    assert audit(starter(str(PAGE))).error is None
