"""Recompiling: one message when a line of a script makes one program after another be compiled, with the reason."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from funcgrad.errors import users_frame
from funcgrad.trace.equation import Equation
from funcgrad.trace.record import Step
from funcgrad.trace.value import Aval

MOST, LARGE = 12, 16
"""Programs that one line may make without a message, and the mean of their results from which there is one."""

_MESSAGE = (
    "funcgrad: %s, line %d has made %d programs be compiled, which takes most of the time there. What differed last: "
    "%s. A program serves all later steps of the same shapes: pad to a few lengths, or leave out a last, smaller batch."
)
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    """What one line of the user's has made be compiled."""

    programs: int = 0
    results: int = 0
    last: Step | None = None


_lines: dict[tuple[str, int], _Line] = {}


def forget() -> None:
    """Begin to count anew."""
    _lines.clear()


def note(step: Step) -> None:
    """Note that the trace which ends at `step` is compiled for the line of the user's that runs now."""
    frame = users_frame()
    if frame is None:
        return
    file, number = frame.f_code.co_filename, frame.f_lineno
    line = _lines.setdefault((file, number), _Line())
    line.programs += 1
    line.results += step.results
    if line.programs == MOST and line.results >= MOST * LARGE and line.last is not None:
        _logger.warning(_MESSAGE, os.path.basename(file), number, MOST, difference(line.last, step))
    line.last = step


def difference(one: Step, other: Step) -> str:
    """The first thing in which two traces differ, in words."""
    for a, b in zip(one.path(), other.path(), strict=False):
        if a is not b:
            return f"{_told(a, b)}, then {_told(b, a)}"
    if one is other:
        return "which results and inputs are still held"
    return f"{one.equations} operations, then {other.equations}"


def _told(step: Step, other: Step) -> str:
    if step.equation is None:
        return f"an input of {_shape(step.admits)}"
    is_same = other.equation is not None and step.equation.op is other.equation.op
    return f"{step.equation.op.name}{_details(step.equation) if is_same else ''}"


def _details(equation: Equation) -> str:
    static = "".join(f", {name}={value}" for name, value in zip(equation.op.static_names, equation.static, strict=True))
    return f" of {' and '.join(_shape(aval) for aval in equation.avals if aval is not None)}{static}"


def _shape(aval: Aval | None) -> str:
    return "" if aval is None else f"{aval.dtype}{list(aval.shape)}"
