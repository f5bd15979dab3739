"""Notebooks: their code cells, run one after the other in one namespace, each with its number in tracebacks."""

from __future__ import annotations

import ast
import json
import linecache
import os
import sys
import warnings
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, NamedTuple

from funcgrad.launch.error import LaunchError
from funcgrad.launch.magics import Shell, translated
from funcgrad.launch.uncaught import show_error

_MAY_FAIL = "raises-exception"
"""The tag of a cell after whose error Jupyter goes on."""


class Cell(NamedTuple):
    """A code cell.

    Attributes:
        name: What tracebacks call its file: the notebook's path, and its number as in `In [3]`.
        source: Its text.
        may_fail: Whether the next cell runs even if this one raises.
    """

    name: str
    source: str
    may_fail: bool


def read(path: str) -> list[Cell]:
    """The code cells of a notebook, in order.

    Raises:
        LaunchError: The file cannot be read, is no notebook of format 4, or is one of another language.
    """
    try:
        with open(path, encoding="utf-8") as file:
            notebook = json.load(file)
        language = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python")
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in code]
    except OSError as error:
        raise LaunchError(f"cannot read {path!r}: {error.strerror}; expected a notebook") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LaunchError(f"{path!r} is not a notebook of format 4; expected a file that Jupyter has saved") from None
    if language != "python":
        raise LaunchError(f"{path!r} is a notebook of {language!r}; expected one of Python")
    tags = [cell.get("metadata", {}).get("tags", ()) for cell in code]
    return [
        Cell(f"{os.path.abspath(path)}[{number}]", source, _MAY_FAIL in tag)
        for number, (source, tag) in enumerate(zip(sources, tags, strict=True), 1)
    ]


def run(cells: Iterable[Cell], namespace: dict[str, Any]) -> None:
    """Runs cells up to the first that raises.

    Args:
        cells: The cells.
        namespace: Their global names, to which those of a notebook are added.

    Raises:
        BaseException: What a cell raises, unless it may.
    """
    shell = Shell(namespace, run_cell)
    namespace.update(get_ipython=lambda: shell, display=display)
    with _figures_hidden():
        for cell in cells:
            lines = [f"{line}\n" for line in cell.source.split("\n")]
            linecache.cache[cell.name] = (len(cell.source), None, lines, cell.name)
            try:
                run_cell(cell.source, cell.name, namespace)
            except Exception as error:
                if not cell.may_fail:
                    raise
                show_error(error)


@contextmanager
def _figures_hidden() -> Generator[None]:
    """In the block Matplotlib draws to memory, as it does in Jupyter; there is nowhere to show the pictures."""
    environment = dict(os.environ)
    os.environ["MPLBACKEND"] = "agg"
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
            yield
    finally:
        os.environ.clear()
        os.environ.update(environment)


def run_cell(source: str, name: str, namespace: dict[str, Any]) -> None:
    """Runs one cell and prints the value of its last expression, unless that is None or a semicolon follows."""
    tree = ast.parse(translated(source, name), name)
    shown = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec", dont_inherit=True), namespace)
    if not isinstance(shown, ast.Expr):
        return
    value = eval(compile(ast.Expression(shown.value), name, "eval", dont_inherit=True), namespace)
    if value is not None and not source.rstrip().endswith(";"):
        namespace["_"] = value
        display(value)


def display(*values: Any, **_: Any) -> None:
    """Prints values as a cell's last expression is printed; the ways to show pictures are ignored."""
    for value in values:
        sys.stdout.write(f"{value!r}\n")
