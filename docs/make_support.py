"""Writes docs/support.md from the operator table and the namespaces: `python docs/make_support.py`."""

import inspect
import re
import tomllib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from funcgrad.support.names import Found, Names, found, namespaces, signature_of
from funcgrad.torch._ops import ROWS
from funcgrad.torch._ops.rows import Row

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "support.md"
LEDGER = tomllib.loads((ROOT / "tests" / "support" / "known_differences.toml").read_text(encoding="utf-8"))

INTRODUCTION = """\
# What is there of PyTorch

The names of PyTorch 2.13 that `funcgrad.torch` has, with the arguments that they take. What a script needs and will not
find is said by `funcgrad support script.py`, which reads the script and does not run it.

## Operators

*f* is a function, `torch.abs`; *m* a method, `tensor.abs`; *i* an in-place method, `tensor.abs_`; *a* an attribute.
"""
IN_TABLE = ("torch", "torch.Tensor")


def page() -> str:
    """The whole page."""
    others = [names for names in namespaces() if names.path not in IN_TABLE and names.there]
    beside = [names for names in namespaces() if names.path in IN_TABLE]
    absent = [names for names in namespaces() if not names.there]
    return "\n".join([INTRODUCTION, _operators(), *map(_beside, beside), *map(_namespace, others), _absent(absent)])


def _operators() -> str:
    rows = sorted(ROWS, key=lambda row: (row.name.strip("_").lower(), row.name))
    named = [(name, list(group)) for name, group in groupby(rows, key=lambda row: row.name)]
    lines = [
        (f"`{name}`", ", ".join(map(_forms, group)), _arguments(group[0].call), _differences(name, f"{name}_"))
        for name, group in named
    ]
    return _table(("Name", "", "Arguments", "Known differences"), lines)


def _forms(row: Row) -> str:
    is_there = {"f": row.function, "m": row.method and not row.attribute, "i": row.inplace, "a": row.attribute}
    return " ".join(form for form, there in is_there.items() if there)


def _beside(names: Names) -> str:
    """What of `torch` and of tensors is not in the table of operators."""
    known = {name for row in ROWS for name in (row.name, f"{row.name}_")}
    others = [name for name in names.there if name not in known]
    return f"## {names.path}\n\nBeside the operators: {_listed(others)}.\n\n{_missing(names)}"


def _namespace(names: Names) -> str:
    lines = []
    for name in names.there:
        value = found(f"{names.path}.{name}")
        assert isinstance(value, Found)
        lines.append((f"`{name}`", _arguments(value.value), _differences(name, f"distributions.{name}")))
    return f"## {names.path}\n\n{_table(('Name', 'Arguments', 'Known differences'), lines)}\n{_missing(names)}"


def _absent(absent: list[Names]) -> str:
    return f"## Not there at all\n\n{_listed(names.path for names in absent)}.\n"


def _missing(names: Names) -> str:
    return f"Not there: {_listed(names.missing)}.\n" if names.missing else ""


def _arguments(value: Any) -> str:
    """The arguments as a user gives them; nothing for what is not called."""
    signature = signature_of(value) if callable(value) else None
    shown = ", ".join(_shown(signature)) if signature else ""
    return f"`{shown}`" if shown else ""


def _shown(signature: inspect.Signature) -> Iterator[str]:
    kinds = inspect.Parameter
    for number, parameter in enumerate(signature.parameters.values()):
        kind, default = parameter.kind, parameter.default
        if kind is kinds.VAR_KEYWORD:
            if parameter.name in ("other", "more"):  # handed on to what fills `out`
                yield "out=None"
        elif kind is kinds.VAR_POSITIONAL:
            yield f"*{parameter.name}"
        elif number or parameter.name != "self":
            yield parameter.name if default is kinds.empty else f"{parameter.name}={_default(default)}"


def _default(value: Any) -> str:
    return repr(value) if value is None or isinstance(value, bool | int | float | str | tuple) else "..."


def _differences(*names: str) -> str:
    entries = [entry for name in names for entry in LEDGER.get(name, ())]
    return " ".join(dict.fromkeys(f"{entry['what'].capitalize()}: {entry['why']}" for entry in entries))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(re.sub(r'[|]', '&#124;', cell) for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
