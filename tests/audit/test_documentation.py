"""The page on the audit: its table names the checks there are, and its Python runs."""

import re
from pathlib import Path

from audited import marked

from funcgrad.audit import audit, starter
from funcgrad.audit.checks import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def test_the_table_names_every_check():
    rows = re.findall(r"^\| (FG\d{3}) \| ([\w-]+) \|", PAGE.read_text(), re.MULTILINE)
    assert rows == [(check.code, check.name) for check in CHECKS]


def test_the_figures_of_the_corpus_are_those_of_the_corpus():
    text = PAGE.read_text()
    scripts = {path: path.read_text() for path in (Path(__file__).parent / "corpus").glob("*.py")}
    wrong = [path for path in scripts if path.stem.startswith("wrong_")]
    linked = [path for path, source in scripts.items() if "https://github.com/" in source]
    told = re.search(r"holds (\d+) small scripts .* (\d+) with .* (\d+) look-alikes .* (\d+) of", text, re.DOTALL)
    assert tuple(map(int, told.groups())) == (len(scripts), len(wrong), len(scripts) - len(wrong), len(linked))
    rows = {codes(row[1]): int(row[2]) for row in re.finditer(r"^\| .*?\((FG.*?)\) \| (\d+) \|", text, re.MULTILINE)}
    marks = [code for path in wrong for code, _ in marked(scripts[path])]
    assert rows == {row: sum(code in row for code in marks) for row in rows}
    assert sorted(code for row in rows for code in row) == [check.code for check in CHECKS]


def codes(text):
    """Codes of a list such as `FG008 to FG011, FG019`."""
    text = re.sub(r" and |, ", " ", text)
    text = re.sub(r"FG(\d+) to FG(\d+)", lambda m: " ".join(f"FG{n:03}" for n in range(int(m[1]), int(m[2]) + 1)), text)
    return tuple(text.split())


def test_the_python_of_the_page_runs():
    assert audit(starter(str(PAGE))).error is None
