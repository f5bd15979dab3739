"""An uncaught exception of a script, printed as Python prints it, with the user's frames only."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import cast

from funcgrad.errors import is_beneath, is_ours

JAX_NOTE = "JAX has removed its internal frames"
"""Advice on a traceback that shows no frame of JAX anyway."""


def show_error(error: BaseException) -> None:
    """Prints an uncaught exception of a script as Python does, with the user's frames only.

    Frames of ours, and of libraries that we called, leave the tracebacks of the error and of its causes. A hook that
    the script has set prints it.
    """
    _leave_users_frames(error, set())
    if sys.excepthook is sys.__excepthook__:
        _print(error)  # Python's own printer opens files, but cells of a notebook are none
        return
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception as failure:
        failure.__context__ = None  # it is printed below
        _leave_users_frames(failure, set())
        print("Error in sys.excepthook:", file=sys.stderr)
        _print(failure)
        print("\nOriginal exception was:", file=sys.stderr)
        _print(error)


def _print(error: BaseException) -> None:
    traceback.print_exception(error)


def _leave_users_frames(error: BaseException, seen: set[int]) -> None:
    if id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _users_frames(error.__traceback__)
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list):
        notes[:] = [note for note in cast("list[object]", notes) if JAX_NOTE not in str(note)]
    related = [error.__cause__, error.__context__]
    if isinstance(error, BaseExceptionGroup):
        related += cast("BaseExceptionGroup[BaseException]", error).exceptions
    for other in related:
        if other is not None:
            _leave_users_frames(other, seen)


def _users_frames(traceback: TracebackType | None) -> TracebackType | None:
    shown: list[TracebackType] = []
    inside = False
    while traceback is not None:
        inside = is_ours(traceback.tb_frame) or (inside and is_beneath(traceback.tb_frame))
        if not inside:
            shown.append(traceback)
        traceback = traceback.tb_next
    for entry in reversed(shown):
        traceback = TracebackType(traceback, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return traceback
