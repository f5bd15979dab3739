"""Problems: what a script, and the files beside it that it imports, needs of PyTorch and will not find."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from funcgrad.launch import LaunchError
from funcgrad.support.names import TENSOR, Found, Missing, found, pytorchs, signature_of, unknown_keywords
from funcgrad.support.uses import Use, uses_in

_NOT_TENSORS = {name for kind in (*vars(builtins).values(), np.ndarray) if isinstance(kind, type) for name in dir(kind)}
"""Attributes of Python's and NumPy's own types, which say nothing of tensors."""


class Problem(NamedTuple):
    """Something that a script needs and that is not there.

    Attributes:
        path: The file.
        line: In the file.
        text: What is missing, and what to do.
        is_certain: False for a method of an object that may be no tensor.
    """

    path: str
    line: int
    text: str
    is_certain: bool


def problems_of(script: str) -> tuple[list[Problem], int]:
    """What a script needs and will not find.

    Args:
        script: A Python file; modules in its folder that it imports are read too.

    Returns:
        The problems, each name and line once, in order; and how many different names of PyTorch's are used.

    Raises:
        LaunchError: A file cannot be read, or is not Python.
    """
    trees = dict(_files(Path(script)))
    own = {name for tree in trees.values() for name in _defined(tree)}
    problems: list[Problem] = []
    names: set[str] = set()
    for path, tree in trees.items():
        uses = [use for use in uses_in(tree) if not use.is_guess or _speaks_for_tensor(use, own)]
        names.update(use.name for use in uses if not use.is_guess)
        problems += [Problem(str(path), use.line, text, not use.is_guess) for use in uses for text in _wrong(use)]
    return list(dict.fromkeys(problems)), len(names)


def _files(script: Path) -> Iterator[tuple[Path, ast.Module]]:
    """The script and the files that it imports from its folder, each once."""
    waiting, seen = [script], {script}
    while waiting:
        path = waiting.pop(0)
        tree = _parsed(path)
        yield path, tree
        for other in _imported(tree, path, script.parent):
            if other not in seen and other.is_file():
                seen.add(other)
                waiting.append(other)


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise LaunchError(f"cannot read {str(path)!r}: {error.strerror}; expected a Python file") from None
    except (SyntaxError, ValueError) as error:
        raise LaunchError(f"{str(path)!r} is not a Python file: {error}") from None


def _imported(tree: ast.Module, path: Path, root: Path) -> Iterator[Path]:
    """Where the modules that a file imports would be, if they are the user's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _places(root, alias.name)
        elif isinstance(node, ast.ImportFrom):
            folder = path.parents[node.level - 1] if node.level else root
            for name in ("", *(f".{alias.name}" for alias in node.names)):
                yield from _places(folder, f"{node.module or ''}{name}".strip("."))


def _places(folder: Path, module: str) -> Iterator[Path]:
    place = folder.joinpath(*module.split("."))
    yield place / "__init__.py"
    if module:
        yield place.with_suffix(".py")


def _defined(tree: ast.Module) -> Iterator[str]:
    """Names that a file gives to functions and attributes of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _speaks_for_tensor(use: Use, own: set[str]) -> bool:
    name = use.name.removeprefix(f"{TENSOR}.")
    return name in pytorchs()[TENSOR] and name not in own and name not in _NOT_TENSORS


def _wrong(use: Use) -> Iterator[str]:
    name = found(use.name)
    if isinstance(name, Missing):
        yield f"if this is a tensor: {name.why}" if use.is_guess else name.why
    elif isinstance(name, Found) and callable(name.value):
        takes = signature_of(name.value)
        for keyword in unknown_keywords(name.value, use.keywords):
            known = ", ".join(p for p in (takes.parameters if takes else ()) if p not in ("self", "input"))
            yield f"{use.name} takes no argument {keyword!r} here; it takes {known or 'none'}"
