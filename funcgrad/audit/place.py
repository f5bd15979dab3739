"""Place: a call in the user's source, down to its columns."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import NamedTuple

from funcgrad.errors import PACKAGE, is_beneath, is_ours


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


_IS_USERS: dict[int, tuple[CodeType, bool]] = {}
_PLACES: dict[tuple[int, int], tuple[CodeType, Place]] = {}
"""By the id of the code, which is kept alive with what was found out: code itself is dear to hash, and equal code of
another file is equal code."""


def user_frame() -> FrameType | None:
    """The innermost frame that is neither ours nor of a library that we call."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        known = _IS_USERS.get(id(frame.f_code))
        if known[1] if known is not None else _is_users(frame):
            return frame
        frame = frame.f_back
    return None


def user_frames() -> Iterator[FrameType]:
    """All frames that are neither ours nor of a library, the innermost first; of a script, not of who runs it."""
    frame = user_frame()
    while frame is not None and not str(frame.f_globals.get("__name__")).startswith(f"{PACKAGE}.launch."):
        if not _is_librarys(frame):
            yield frame
        frame = frame.f_back


class Spot:
    """Where one kind of event comes from. It mostly comes from there again, which is seen without a walk."""

    def __init__(self) -> None:
        self._depth = 0
        self._code: CodeType | None = None
        self._instruction = 0
        self._place = NOWHERE

    def here(self) -> Place:
        """The user's call that is going on."""
        try:
            frame = sys._getframe(self._depth)
        except ValueError:  # the stack is not that deep
            return self._look()
        if frame.f_code is self._code and frame.f_lasti == self._instruction:
            return self._place
        return self._look()

    def _look(self) -> Place:
        frame, depth = user_frame(), 1
        while frame is not None and sys._getframe(depth) is not frame:
            depth += 1
        if frame is not None:
            self._depth, self._code, self._instruction = depth - 1, frame.f_code, frame.f_lasti
        self._place = NOWHERE if frame is None else _place(frame.f_code, frame.f_lasti)
        return self._place


def _is_users(frame: FrameType) -> bool:
    is_users = not _is_librarys(frame)
    _IS_USERS[id(frame.f_code)] = frame.f_code, is_users
    return is_users


def _is_librarys(frame: FrameType) -> bool:
    """Whether a frame is ours, of a library that we call, or of PyTorch where that is under audit."""
    name = str(frame.f_globals.get("__name__"))
    return is_ours(frame) or is_beneath(frame) or name == "torch" or name.startswith("torch.")


def here() -> Place:
    """The user's call that is going on."""
    frame = user_frame()
    return NOWHERE if frame is None else _place(frame.f_code, frame.f_lasti)


def _place(code: CodeType, instruction: int) -> Place:
    known = _PLACES.get((id(code), instruction))
    if known is None:
        known = _PLACES[id(code), instruction] = code, _looked_up(code, instruction)
    return known[1]


def _looked_up(code: CodeType, instruction: int) -> Place:
    file, (line, last, start, end) = code.co_filename, list(code.co_positions())[instruction // 2]
    if line is None or start is None or end is None:
        return Place(file, line or code.co_firstlineno)
    source = linecache.getline(file, line).rstrip()
    if last != line:  # a call over several lines is shown by its first one
        return Place(file, line, _characters(source, start), len(source))
    return Place(file, line, _characters(source, start), _characters(source, end))


def _characters(source: str, offset: int) -> int:
    """A column in characters; the interpreter counts bytes of UTF-8."""
    return len(source.encode()[:offset].decode(errors="ignore")) if source else offset


def shown_path(place: Place) -> str:
    """The file as seen from the working directory, if it lies below it."""
    relative = os.path.relpath(place.file) if os.path.isabs(place.file) else place.file
    return place.file if relative.startswith("..") else relative


_WRITERS = frozenset({"accumulate", "clear_grad", "unscale_", "clip_grad_norm_", "clip_grad_value_"})


def is_users_own_write() -> bool:
    """Whether the write that is going on was asked for by the user, not by backward, zero_grad, step, ...."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        if frame.f_code.co_name in _WRITERS:
            return False
        frame = frame.f_back
    return True


def is_named_by_users(name: str) -> bool:
    """Whether a function of the user's that is running mentions a name."""
    return any(name in frame.f_code.co_names for frame in user_frames())


def place_of_error(error: BaseException) -> Place:
    """The user's call in which an error was raised, or the line that is no Python."""
    found, entry = NOWHERE, error.__traceback__
    if isinstance(error, SyntaxError) and error.filename is not None:
        return Place(error.filename, error.lineno or 1)
    while entry is not None:
        if not _is_librarys(entry.tb_frame):
            found = _place(entry.tb_frame.f_code, entry.tb_lasti)
        entry = entry.tb_next
    return found
