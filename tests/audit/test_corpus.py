"""The corpus: small scripts with a mistake (`wrong_*`, marked at its line) and look-alikes that are right."""

from pathlib import Path

import pytest
from audited import audited, marked

ENDS_WITH_ERROR = {"FG011", "FG016"}
SCRIPTS = sorted((Path(__file__).parent / "corpus").glob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_exactly_what_is_marked_is_found(path):
    marks = marked(path.read_text())
    assert bool(marks) == path.stem.startswith("wrong_")
    audit = audited(path)
    assert {(each.finding.code, each.finding.place.line) for each in audit.judged} == marks
    assert (audit.error is not None) == any(code in ENDS_WITH_ERROR for code, _ in marks)
