"""The page on the audit: its table names the checks there are, and its Python runs."""

import json
import re
from pathlib import Path

import linter_table

from funcgrad.audit import audit, starter
from funcgrad.audit.checks import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def test_the_table_names_every_check():
    rows = re.findall(r"^\| (FG\d{3}) \| ([\w-]+) \|", PAGE.read_text(), re.MULTILINE)
    assert rows == [(check.code, check.name) for check in CHECKS]


def test_the_figures_of_the_corpus_are_those_of_the_corpus():
    scripts = {path: path.read_text() for path in (Path(__file__).parent / "corpus").glob("*.py")}
    wrong = [path for path in scripts if path.stem.startswith("wrong_")]
    linked = [path for path, source in scripts.items() if "https://github.com/" in source]
    told = re.search(
        r"holds (\d+) small scripts .* (\d+) with .* (\d+) look-alikes .* (\d+) of", PAGE.read_text(), re.DOTALL
    )
    assert tuple(map(int, told.groups())) == (len(scripts), len(wrong), len(scripts) - len(wrong), len(linked))


def test_the_table_of_other_tools_is_the_record():
    assert "\n".join(linter_table.rows()) in PAGE.read_text()
    assert sorted(code for codes in linter_table.GROUPS.values() for code in codes) == [check.code for check in CHECKS]


def test_the_record_of_other_tools_is_of_this_corpus():
    record = json.loads((Path(__file__).parent / "linters.json").read_text())
    names = [name for group in linter_table.corpus().values() for name in group]
    assert {entry["scripts"] for entry in record.values()} == {len(names)}
    assert all(entry["found"].keys() <= set(names) for entry in record.values())


def test_the_hook_of_the_page_is_that_of_the_repository():
    entry = re.compile("^ +entry: (.*)$", re.MULTILINE)
    hook = (PAGE.parents[1] / ".pre-commit-hooks.yaml").read_text()
    assert entry.search(PAGE.read_text())[1] == entry.search(hook)[1]


def test_the_python_of_the_page_runs():
    assert audit(starter(str(PAGE))).errors == ()
