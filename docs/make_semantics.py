"""Writes docs/semantics.md from the docstrings of the tests' scenarios: `python docs/make_semantics.py`."""

import sys
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "semantics.md"
LEDGER = ROOT / "tests" / "support" / "known_differences.toml"
sys.path.append(str(ROOT / "tests" / "support"))

from semantics_scenarios import SCENARIOS  # noqa: E402

INTRODUCTION = """\
# PyTorch's behaviour, row by row

Every row below is something that PyTorch 2.13 does and that `funcgrad.torch` does too. Each row is a test: a small
function was run once with the real PyTorch, what it showed was written down, and the test runs the same function with
`funcgrad.torch` and compares. The title of a table leads to its functions, named by the number of the row.
"""
DIFFERENCES = """\
## Known differences

Where `funcgrad.torch` (the shim) is different from PyTorch, on purpose or for now. A *node* is what `grad_fn` shows. A
test fails when a difference is gone.
"""


def page() -> str:
    """The whole page."""
    sections = sorted(_sections(), key=lambda section: section[1][0])
    return "\n".join([INTRODUCTION, *(_section(*section) for section in sections), DIFFERENCES, _differences()])


def _sections() -> Iterator[tuple[str, list[str]]]:
    """The names of the scenarios, by the file that they stand in."""
    names = sorted(SCENARIOS, key=_file)
    for file, group in groupby(names, key=_file):
        yield file, sorted(group)


def _file(name: str) -> str:
    return SCENARIOS[name].__module__.rpartition(".")[2]


def _section(file: str, names: list[str]) -> str:
    title = file.replace("_", " ").capitalize()
    rows = [(_number(name), SCENARIOS[name].__doc__ or "") for name in names]
    return f"## [{title}](../tests/support/semantics/{file}.py)\n\n{_table(('Item', 'Behaviour'), rows)}"


def _number(name: str) -> str:
    """The number of an item: `87` of `item_087_…`, `S1` of `item_S01_…`."""
    number = name.split("_")[1]
    return f"S{int(number[1:])}" if number.startswith("S") else str(int(number))


def _differences() -> str:
    """What differs and why, with all the operators that it concerns."""
    concerned: dict[str, tuple[list[str], list[str]]] = {}
    for operator, entries in tomllib.loads(LEDGER.read_text(encoding="utf-8")).items():
        for entry in entries:
            operators, parts = concerned.setdefault(entry["why"], ([], []))
            operators.append(f"`{operator}`")
            parts.append(entry["what"])
    rows = [(_listed(operators), _listed(parts), why) for why, (operators, parts) in concerned.items()]
    return _table(("Where", "What differs", "Why"), rows)


def _listed(names: list[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
