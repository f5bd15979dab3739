"""The checks against their own documentation: the example is found, at its line, and the look-alike is not."""

import re
import textwrap

import pytest
from audited import audited, marked

from funcgrad.audit.checks import BY_CODE, CHECKS

BLOCK = re.compile(r"^(\S[^\n]*)::\n\n((?:    [^\n]*\n|\n)+)", re.MULTILINE)


def blocks(check, kind):
    """Code blocks of a check's text whose introduction begins with a word."""
    return [textwrap.dedent(code) for head, code in BLOCK.findall(check.text()) if head.startswith(kind)]


def script(tmp_path, source):
    path = tmp_path / "script.py"
    path.write_text(source)
    return path


@pytest.mark.parametrize("code", BY_CODE)
def test_the_example_is_found_at_its_line_and_nothing_else(code, tmp_path):
    (source,) = blocks(BY_CODE[code], "Example")
    judged = audited(script(tmp_path, source)).judged
    assert {(each.finding.code, each.finding.place.line) for each in judged} == marked(source)
    assert not any(each.is_harmless for each in judged)


@pytest.mark.parametrize("code", BY_CODE)
def test_the_look_alike_is_silent(code, tmp_path):
    (source,) = blocks(BY_CODE[code], "Look-alike")
    audit = audited(script(tmp_path, source))
    assert audit.judged == []
    assert audit.errors == ()
    assert audit.steps > 0


def test_codes_are_numbered_and_documented_as_they_are_named():
    assert [check.code for check in CHECKS] == [f"FG{number:03}" for number in range(1, len(CHECKS) + 1)]
    for check in CHECKS:
        assert check.text().startswith(f"{check.code} {check.name}: ")
        assert {code for source in blocks(check, "Example") for code, _ in marked(source)} == {check.code}


class Producer:
    """As some loggers have: whatever it is asked for, it has."""

    name = "producer"

    def __getattr__(self, name):
        return Producer()


def test_what_runs_a_script_is_none_of_the_scripts_variables(tmp_path):
    all_there_could_be = Producer()
    (source,) = blocks(BY_CODE["FG017"], "Look-alike")
    audit = audited(script(tmp_path, f"{TAKES_ALL}{source}"))
    assert audit.errors == ()
    assert audit.judged == []
    del all_there_could_be


TAKES_ALL = """\
class Log:
    def __getattr__(self, name):
        return Log()

log = Log()
"""
