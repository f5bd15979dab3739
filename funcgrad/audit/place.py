"""Place: a call in the user's source, down to its columns."""

from __future__ import annotations

import linecache
import sys
from functools import lru_cache
from types import CodeType, FrameType
from typing import NamedTuple

from funcgrad.errors import is_beneath, is_ours


class Place(NamedTuple):
    """Where something was called."""

    file: str
    line: int
    start: int = 0  # columns of the call in its line, counted from 0
    end: int = 0  # 0: unknown

    @property
    def source(self) -> str:
        """The line itself, without its line break."""
        return linecache.getline(self.file, self.line).rstrip()


NOWHERE = Place("", 0)
"""Where something was called that no line of the user's called."""


def user_frame() -> FrameType | None:
    """The innermost frame that is neither ours nor of a library that we call."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (is_ours(frame) or is_beneath(frame)):
        frame = frame.f_back
    return frame


def here() -> Place:
    """The user's call that is going on."""
    frame = user_frame()
    return NOWHERE if frame is None else _place(frame.f_code, frame.f_lasti)


def _place(code: CodeType, instruction: int) -> Place:
    return _looked_up(code, code.co_filename, instruction)


@lru_cache(maxsize=4096)
def _looked_up(code: CodeType, file: str, instruction: int) -> Place:  # equal code of another file is equal code
    line, last, start, end = list(code.co_positions())[instruction // 2]
    if line is None or start is None or end is None:
        return Place(file, line or code.co_firstlineno)
    if last != line:  # a call over several lines is shown by its first one
        end = len(linecache.getline(file, line).rstrip())
    return Place(file, line, start, end)


_WRITERS = frozenset({"accumulate", "clear_grad", "unscale_", "clip_grad_norm_", "clip_grad_value_"})


def is_users_own_write() -> bool:
    """Whether the write that is going on was asked for by the user, not by backward, zero_grad, step, ...."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        if frame.f_code.co_name in _WRITERS:
            return False
        frame = frame.f_back
    return True


def place_of_error(error: BaseException) -> Place:
    """The user's call in which an error was raised."""
    found, entry = NOWHERE, error.__traceback__
    while entry is not None:
        if not (is_ours(entry.tb_frame) or is_beneath(entry.tb_frame)):
            found = _place(entry.tb_frame.f_code, entry.tb_lasti)
        entry = entry.tb_next
    return found
