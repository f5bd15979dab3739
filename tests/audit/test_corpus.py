"""The corpus: small scripts with a mistake (`wrong_*`, marked at its line) and look-alikes that are right."""

import re
from pathlib import Path

import pytest
from audited import audited, marked

ENDS_WITH_ERROR = {"FG011", "FG016", "FG021"}
LINK = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+(\"\"\")?$", re.MULTILINE)
SCRIPTS = sorted((Path(__file__).parent / "corpus").glob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_exactly_what_is_marked_is_found(path):
    marks = marked(path.read_text())
    assert bool(marks) == path.stem.startswith("wrong_")
    audit = audited(path)
    assert {(each.finding.code, each.finding.place.line) for each in audit.judged} == marks
    assert bool(audit.errors) == any(code in ENDS_WITH_ERROR for code, _ in marks)


def test_sixty_scripts_follow_a_public_thread_and_half_of_these_are_right():
    linked = [path.stem.partition("_")[0] for path in SCRIPTS if LINK.search(path.read_text())]
    assert len(linked) >= 60
    assert abs(linked.count("right") - linked.count("wrong")) <= len(linked) / 10


def test_a_repaired_window_is_clipped_as_it_was_and_measured():
    (judged,) = audited(Path(__file__).parent / "corpus" / "wrong_accumulation_clipped.py").judged
    assert judged.effect is not None
