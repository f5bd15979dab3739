"""Uses: where a script names something of PyTorch's, read from its source without running it.

What an expression stands for is followed through imports, assignments and calls, and is unknown everywhere else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from funcgrad.support.names import TENSOR, Found, found, returns_tensor

_CAUGHT = {"ImportError", "ModuleNotFoundError", "AttributeError", "NotImplementedError", "Exception", "BaseException"}
_TENSORS = ("data", "grad", "T", "mT", "H", "mH", "real", "imag")
"""Attributes of a tensor that are tensors."""


@dataclass(frozen=True)
class Use:
    """A name of PyTorch's at its place in a script.

    Attributes:
        name: For example `torch.nn.Linear`.
        line: Of the script.
        keywords: That it is called with.
        is_guess: Whether the object is unknown, and only the name of the method speaks for a tensor.
    """

    name: str
    line: int
    keywords: tuple[str, ...] = ()
    is_guess: bool = False


class Path(NamedTuple):
    """An expression that stands for a name of PyTorch's; `is_value` if it is an instance of it."""

    name: str
    is_value: bool = False


A_TENSOR = Path(TENSOR, is_value=True)
UNKNOWN = Path("")
ELSEWHERE = Path("", is_value=True)
"""A name of another package's."""


def uses_in(tree: ast.Module) -> list[Use]:
    """Every use of a name of PyTorch's that a script does not guard, in order of lines."""
    reader = _Reader()
    reader.read(tree.body)
    return sorted((use for use in reader.uses if use.name not in reader.asked), key=lambda use: use.line)


class _Reader(ast.NodeVisitor):
    """Walks a script in its order, one scope within another."""

    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.asked: set[str] = set()  # names whose presence the script itself asks for with hasattr
        self.scopes: list[dict[str, Path]] = [{}]
        self.guarded = False

    def read(self, body: Iterable[ast.AST]) -> None:
        for node in body:
            self.visit(node)

    # What names stand for.

    def bind(self, target: ast.AST, meaning: Path) -> None:
        if isinstance(target, ast.Name):
            self.scopes[-1][target.id] = meaning
            return
        for name in ast.walk(target):
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                self.scopes[-1][name.id] = UNKNOWN
        self.visit(target)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            name = alias.name if alias.asname else root
            self.scopes[-1][alias.asname or root] = Path(name) if root == "torch" else ELSEWHERE
            if root == "torch":
                self.note(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        is_ours = not node.level and (node.module or "").partition(".")[0] == "torch"
        for alias in node.names:
            name = f"{node.module}.{alias.name}" if alias.name != "*" else str(node.module)
            if is_ours:
                self.note(name, node)
            if alias.name == "*" and is_ours:
                self.scopes[-1].update(_everything_in(name))
            else:
                self.scopes[-1][alias.asname or alias.name] = Path(name) if is_ours else ELSEWHERE

    def visit_Assign(self, node: ast.Assign) -> None:
        meaning = self.meaning(node.value)
        for target in node.targets:
            self.bind(target, meaning)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        self.bind(node.target, self.meaning(node.value) if node.value else UNKNOWN)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node: ast.For) -> None:
        source = self.meaning(node.iter)
        self.bind(node.target, A_TENSOR if source == A_TENSOR else UNKNOWN)
        self.read([*node.body, *node.orelse])

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.read([*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])
        self.scopes[-1][node.name] = ELSEWHERE
        self.scopes.append({})
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                given = self.meaning(argument.annotation) if argument.annotation else UNKNOWN
                self.scopes[-1][argument.arg] = A_TENSOR if given.name == TENSOR else UNKNOWN
        self.read(node.body)
        self.scopes.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.read([*node.decorator_list, *node.bases, *node.keywords])
        self.scopes[-1][node.name] = ELSEWHERE
        self.scopes.append({})
        self.read(node.body)
        self.scopes.pop()

    # What is guarded.

    def visit_Try(self, node: ast.Try) -> None:
        before, self.guarded = self.guarded, self.guarded or any(map(_catches, node.handlers))
        self.read(node.body)
        self.guarded = before
        self.read([*node.handlers, *node.orelse, *node.finalbody])

    # What is used.

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.meaning(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.meaning(node)

    def visit_Name(self, node: ast.Name) -> None:
        self.meaning(node)

    def meaning(self, node: ast.AST) -> Path:
        """What an expression stands for; the uses in it are noted."""
        if isinstance(node, ast.Name):
            return next((scope[node.id] for scope in reversed(self.scopes) if node.id in scope), UNKNOWN)
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.Subscript):
            parts = [self.meaning(child) for child in ast.iter_child_nodes(node)]
            has_tensor = A_TENSOR in (parts[:1] if isinstance(node, ast.Subscript) else parts)
            return A_TENSOR if has_tensor else UNKNOWN
        self.generic_visit(node)
        return UNKNOWN

    def attribute(self, node: ast.Attribute, keywords: tuple[str, ...] = ()) -> Path:
        owner = self.meaning(node.value)
        if owner.name and (not owner.is_value or owner == A_TENSOR):
            name = f"{owner.name}.{node.attr}"
            self.note(name, node, keywords)
            return A_TENSOR if owner == A_TENSOR and node.attr in _TENSORS else Path(name, is_value=False)
        if owner == UNKNOWN and isinstance(node.ctx, ast.Load):
            self.note(f"{TENSOR}.{node.attr}", node, is_guess=True)
        return ELSEWHERE if owner == ELSEWHERE else UNKNOWN

    def call(self, node: ast.Call) -> Path:
        keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
        if isinstance(node.func, ast.Attribute):
            called = self.attribute(node.func, keywords)
        else:
            called = self.meaning(node.func)
            if called.name and not called.is_value:
                self.note(called.name, node, keywords)
        given = [self.meaning(argument) for argument in (*node.args, *(k.value for k in node.keywords))]
        if isinstance(node.func, ast.Name) and node.func.id in ("hasattr", "getattr") and len(node.args) > 1:
            self.asks(given[0], node.args[1])
        return _result(called)

    def asks(self, owner: Path, name: ast.expr) -> None:
        if owner.name and isinstance(name, ast.Constant):
            self.asked.add(f"{owner.name}.{name.value}")

    def note(self, name: str, node: ast.AST, keywords: tuple[str, ...] = (), is_guess: bool = False) -> None:
        if not self.guarded:
            self.uses.append(Use(name, getattr(node, "lineno", 0), keywords, is_guess))


def _everything_in(name: str) -> dict[str, Path]:
    """What `from torch.x import *` binds."""
    module = found(name)
    names = dir(module.value) if isinstance(module, Found) else ()
    return {each: Path(f"{name}.{each}") for each in names if not each.startswith("_")}


def _catches(handler: ast.ExceptHandler) -> bool:
    """Whether a handler is meant for names that are not there."""
    return handler.type is None or any(name in _CAUGHT for name in _names(handler.type))


def _names(node: ast.AST) -> Iterator[str]:
    return (child.id for child in ast.walk(node) if isinstance(child, ast.Name))


def _result(called: Path) -> Path:
    """What a call gives, as far as annotations tell."""
    if not called.name or called.is_value:
        return UNKNOWN
    function = found(called.name)
    if not isinstance(function, Found):
        return UNKNOWN
    if isinstance(function.value, type):
        return A_TENSOR if called.name == TENSOR else Path(called.name, is_value=True)
    return A_TENSOR if returns_tensor(function.value) else UNKNOWN
