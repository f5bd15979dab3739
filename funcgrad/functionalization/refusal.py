"""Refusals: why a step is no pure function, said at the line of the user's that shows it."""

from __future__ import annotations

import linecache
from types import TracebackType
from typing import NoReturn

from funcgrad.errors import FuncgradError, is_beneath, is_ours, users_frame

LOOKED = (
    "the step looks at a value, so it is no pure function: this line turns a tensor into a number, a NumPy array or a "
    "branch, or what it does depends on values (multinomial, a mask as an index). Return the tensor from the step "
    "instead, and look at it outside; for a branch use torch.where."
)
_LEFT_OVER = "a pending value of another thread's trace"
KEPT = (
    "the step uses a tensor that an earlier step computed, from a place that no owner holds. Register it as a buffer, "
    "or return it from the step and pass it to the next one."
)


class FunctionalizationError(FuncgradError):
    """A step that cannot become a pure function, or a state that is none of it."""


def refuse(error: RuntimeError) -> NoReturn:
    """Raise what an error inside a recorded step means: a refusal with the user's line, or the error itself."""
    text = str(error)
    for begins, meaning in ((LOOKED, LOOKED), (_LEFT_OVER, KEPT)):
        if text.startswith(begins):
            raise FunctionalizationError(f"{meaning}\n  at {line_of(error.__traceback__)}") from None
    raise error


def line_of(traceback: TracebackType | None) -> str:
    """The innermost of the user's lines in a traceback."""
    found = "an unknown line"
    while traceback is not None:
        if not (is_ours(traceback.tb_frame) or is_beneath(traceback.tb_frame)):
            found = _shown(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def current_line() -> str:
    """The innermost of the user's lines that are being run."""
    frame = users_frame()
    return "an unknown line" if frame is None else _shown(frame.f_code.co_filename, frame.f_lineno)


def _shown(file: str, line: int) -> str:
    source = linecache.getline(file, line).strip()
    return f"{file}:{line}" + (f": {source}" if source else "")
