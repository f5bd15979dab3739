"""Finding: a function of a running script, caught when it is called for the first time.

It is caught before its first line has run, so all that it will change is as the script has prepared it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import CellType, FrameType, FunctionType
from typing import Any, NamedTuple

from funcgrad.errors import FuncgradError, is_beneath, is_ours

USUAL = ("train_step", "training_step", "step")
"""What a step is called, if the user does not say."""


class NoStepError(FuncgradError):
    """The script has called no function of the name."""


class Caught(NamedTuple):
    """A function, and a call of it that has not run."""

    function: Callable[..., Any]
    file: str
    line: int
    positional: dict[str, Any]  # by name, in order
    keywords: dict[str, Any]


class Stopped(BaseException):
    """Ends a script whose step has been caught."""


@contextmanager
def catching(name: str, take: Callable[[Caught], None]) -> Generator[None]:
    """A block in which the first call of a function of the user's is handed to `take` instead, and ends the block.

    Args:
        name: The function's name, dotted for a method; empty for one of the usual names.
        take: Gets the call.
    """
    wanted = [tuple(name.split("."))] if name else [(usual,) for usual in USUAL]

    def trace(frame: FrameType, event: str, _: Any) -> None:
        if _is_wanted(frame, wanted):
            sys.settrace(None)
            take(_caught(frame))
            raise Stopped

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    except Stopped:
        pass
    finally:
        sys.settrace(before)


def _is_wanted(frame: FrameType, wanted: list[tuple[str, ...]]) -> bool:
    code = frame.f_code
    if all(code.co_name != path[-1] for path in wanted) or is_ours(frame) or is_beneath(frame):
        return False
    parts = tuple(part for part in code.co_qualname.split(".") if part != "<locals>")
    return any(parts[-len(path) :] == path for path in wanted)


def _caught(frame: FrameType) -> Caught:
    """The call that a frame begins, and its function made anew: a frame does not know its own."""
    code, values = frame.f_code, frame.f_locals
    cells = tuple(CellType(values[name]) if name in values else CellType() for name in code.co_freevars)
    function = FunctionType(code, frame.f_globals, code.co_name, None, cells)
    names = code.co_varnames
    positional, only = names[: code.co_argcount], names[code.co_argcount :][: code.co_kwonlyargcount]
    rest = list(names[code.co_argcount + code.co_kwonlyargcount :])
    given = {name: values[name] for name in positional}
    if code.co_flags & 0x04:  # *args
        name = rest.pop(0)
        given |= {f"{name}_{k}": x for k, x in enumerate(values[name])}
    keywords = {name: values[name] for name in only}
    if code.co_flags & 0x08:  # **kwargs
        keywords |= values[rest.pop(0)]
    return Caught(function, code.co_filename, code.co_firstlineno, given, keywords)


def advice(script: str, name: str) -> str:
    """What to say about a script that has not called its step: what it might have been."""
    wanted = f"no function {name!r}" if name else f"none of the functions {', '.join(USUAL)}"
    try:
        with open(script, encoding="utf-8") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return f"{script} called {wanted}; expected the name of a function that does one training step"
    functions = [x for x in ast.walk(tree) if isinstance(x, ast.FunctionDef) and _is_training(x)]
    if functions:
        names = ", ".join(f"{x.name} (line {x.lineno})" for x in functions)
        return f"{script} called {wanted}, but {names} calls backward(). Name it: {script}:{functions[-1].name}"
    lines = ", ".join(str(x.lineno) for x in ast.walk(tree) if isinstance(x, ast.For) and _is_training(x))
    where = f" in line {lines}" if lines else ""
    return (
        f"{script} called {wanted}. Put what the training loop{where} does with one batch into a function that takes "
        "the batch and returns the loss, call that, and name it: SCRIPT:NAME"
    )


def _is_training(node: ast.AST) -> bool:
    return any(isinstance(x, ast.Attribute) and x.attr == "backward" for x in ast.walk(node))
