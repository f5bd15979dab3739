"""What is printed: 80 columns with the line underlined, and JSON that says the same."""

import html.parser
import json
import re
import string
import textwrap
import urllib.parse

import pytest
from audited import audited

from funcgrad.audit.checks import CHECKS
from funcgrad.audit.report import FORMATS, to_github, to_html, to_json, to_sarif, to_text
from funcgrad.audit.report.text import columns
from funcgrad.audit.report.words import LANGUAGES

FORGOTTEN = """\
import torch
torch.manual_seed(0)
w = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([w], lr=0.5)
for _ in range(3):
    if True:
        w.square().sum().backward()
    optimizer.step()
"""
TEXT = """\
script.py:7: FG001 missing-zero-grad
    7 | w.square().sum().backward()
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  The update in line 8 used gradients that hold 2 to 3 backward passes; all but
  the last had been used by earlier updates. In: w.
  Effect: an update where there should be none; loss after 3 backward passes 2,
  repaired 0.
  Repair: Call optimizer.zero_grad() before this backward(), or after step().

1 finding in 3 steps
"""
RIGHT = FORGOTTEN.replace("if True:", "if not optimizer.zero_grad():")


@pytest.fixture
def audit_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def audit(source):
        (tmp_path / "script.py").write_text(source)
        return audited(tmp_path / "script.py")

    return audit


def test_text(audit_of):
    assert to_text(audit_of(FORGOTTEN)) == TEXT


def test_a_right_loop_is_told_so(audit_of):
    verdict = "no findings in 3 steps\nYour order is zero_grad, backward, step. Every update used each of its gradients once.\n"
    assert to_text(audit_of(RIGHT)) == "\n".join(textwrap.wrap(verdict.partition("\n")[2], 80)).join(
        ["no findings in 3 steps\n", "\n"]
    )


def test_an_order_that_is_another_one_in_disguise_is_told_which(audit_of):
    source = RIGHT.replace(
        "if not optimizer.zero_grad():", "if True:\n        y = torch.nn.Identity()(w)\n        optimizer.zero_grad()"
    )
    text = to_text(audit_of(source)).replace("\n", " ")
    assert "forward, zero_grad, backward, step: equivalent to zero_grad, forward, backward, step." in text


def test_json_holds_the_figures(audit_of):
    report = json.loads(to_json(audit_of(FORGOTTEN)))
    (finding,) = report["findings"]
    assert finding["file"].endswith("script.py")
    assert {name: finding[name] for name in ("code", "line", "column", "end_column", "parameters", "times")} == {
        "code": "FG001", "line": 7, "column": 9, "end_column": 36, "parameters": ["w"], "times": 2,
    }  # fmt: skip
    assert finding["effect"]["loss"] == 2
    assert (report["steps"], report["errors"], report["ended_by_bounds"]) == (3, [], False)


def test_no_line_is_longer_than_80_columns(audit_of):
    source = FORGOTTEN.replace("w.square()", f"(w + {' + '.join(['0.0'] * 30)}).square()")
    assert max(map(len, to_text(audit_of(source)).splitlines())) <= 80


SARIF_LEVELS = {"none", "note", "warning", "error"}


def check_sarif(log):
    """The parts of the SARIF 2.1.0 schema that a report of ours uses: what is required, and of which type."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert isinstance(driver["name"], str)
        assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
        assert re.fullmatch("[a-z]{2}(-[A-Z]{2})?", run["language"])
        assert [rule["id"] for rule in driver["rules"]] == sorted({rule["id"] for rule in driver["rules"]})
        for rule in driver["rules"]:
            assert all(rule[part]["text"] for part in ("shortDescription", "fullDescription", "help"))
            assert rule["defaultConfiguration"]["level"] in SARIF_LEVELS
        for invocation in run["invocations"]:
            assert isinstance(invocation["executionSuccessful"], bool)
            for note in invocation["toolExecutionNotifications"]:
                assert note["level"] in SARIF_LEVELS
                assert isinstance(note["message"]["text"], str)
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["level"] in SARIF_LEVELS
            assert isinstance(result["message"]["text"], str)
            for location in result["locations"]:
                check_location(location["physicalLocation"])


def check_location(physical):
    region, uri = physical["region"], physical["artifactLocation"]["uri"]
    assert region["startLine"] >= 1
    assert 1 <= region["startColumn"] < region["endColumn"]
    assert isinstance(region["snippet"]["text"], str)
    assert urllib.parse.quote(uri, safe="/:%") == uri


def test_sarif(audit_of):
    log = json.loads(to_sarif(audit_of(FORGOTTEN)))
    check_sarif(log)
    (result,) = log["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("FG001", "error")
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "script.py"}
    assert physical["region"] == {
        "startLine": 7, "startColumn": 9, "endColumn": 36, "snippet": {"text": "        w.square().sum().backward()"},
    }  # fmt: skip
    assert result["message"]["text"].endswith("Call optimizer.zero_grad() before this backward(), or after step().")


def test_sarif_says_that_a_script_stopped(audit_of):
    log = json.loads(to_sarif(audit_of(f"{RIGHT}1 / 0\n")))
    check_sarif(log)
    (invocation,) = log["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].endswith("division by zero")


def test_github_annotations(audit_of):
    first, last = to_github(audit_of(FORGOTTEN)).splitlines()
    head = "::error file=script.py,line=7,title=FG001 missing-zero-grad,col=9,endColumn=35::The update in line 8 used "
    assert first.startswith(head)
    assert "In: w.%0AEffect: an update where there should be none" in first
    assert last == "1 finding in 3 steps"


def test_a_page_is_whole_and_loads_nothing(audit_of):
    audit = audit_of(FORGOTTEN.replace("w.square()", "((w < 9) * w.square())") + "# & more")
    page = to_html(audit)
    assert not re.search(r"<script|<link|src=|url\(|https?:", page)
    html.parser.HTMLParser().feed(page)
    assert "<pre><mark>((w &lt; 9) * w.square()).sum().backward()</mark></pre>" in page
    columns = re.findall(r"<g><title>update (\d+)</title>(.*?)</g>", page)
    used = [(blocks.count("--fresh"), blocks.count("--stale"), blocks.count("--lost")) for _, blocks in columns]
    assert used == [(1, 0, 0), (1, 1, 0), (1, 2, 0)]
    assert page.count("<polyline") == 2


def test_the_page_shows_what_was_cleared_unused(audit_of):
    page = to_html(
        audit_of(FORGOTTEN.replace("    optimizer.step()", "    optimizer.zero_grad()\n    optimizer.step()"))
    )
    assert [blocks.count("--lost") for blocks in re.findall(r"<g>.*?</g>", page)] == [1, 1, 1]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_both_languages_say_the_same_things(check):
    english, korean = check.texts["en"], check.texts["ko"]
    assert english.keys() == korean.keys()
    for kind, text in english.items():
        assert names_in(korean[kind]) == names_in(text)
        assert re.search("[가-힣]", korean[kind])


def names_in(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_words_of_reports_are_there_in_both_languages():
    assert LANGUAGES["en"].keys() == LANGUAGES["ko"].keys()


def test_korean_text_is_80_columns_wide_and_underlines_what_it_means(audit_of):
    source = FORGOTTEN.replace("w.square()", "손실 = 1; (손실 * w).square()")
    text = to_text(audit_of(source), "ko")
    assert max(map(columns, text.splitlines())) <= 80
    line, mark = text.splitlines()[1:3]
    assert columns(line.partition("(손실")[0]) == columns(mark.partition("^")[0])
    assert mark.count("^") == columns("(손실 * w).square().sum().backward()")
    assert "고치기: 이 backward() 앞이나 step() 뒤에서" in text
    assert text.endswith("업데이트 3번에서 찾은 것 1\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
def test_every_format_in_every_language(write, language, audit_of):
    assert "FG001" in write(audit_of(FORGOTTEN), language)
    assert "FG001 " not in write(audit_of(RIGHT), language)
