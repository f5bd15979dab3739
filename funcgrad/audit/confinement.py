"""Confinement: while a page's code runs, it may not write files, open connections or start processes.

A page is text, and its reader does not expect it to act. This keeps accidents away; it is no wall against code that
was written to break out. What funcgrad and JAX do themselves (compiled programs are kept in files) goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from funcgrad.errors import is_beneath, is_ours

REFUSED = frozenset(
    {
        "ctypes.dlopen",
        "os.chmod",
        "os.chown",
        "os.exec",
        "os.fork",
        "os.kill",
        "os.link",
        "os.mkdir",
        "os.posix_spawn",
        "os.putenv",
        "os.remove",
        "os.removexattr",
        "os.rename",
        "os.rmdir",
        "os.setxattr",
        "os.spawn",
        "os.symlink",
        "os.system",
        "os.truncate",
        "os.utime",
        "shutil.move",
        "shutil.rmtree",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.sendmsg",
        "socket.sendto",
        "sqlite3.connect",
        "subprocess.Popen",
    }
)
COMPILERS = ("funcgrad.trace.", "funcgrad._program_cache")
"""Modules that keep compiled programs in files."""

TEXT = (
    "the page's code asked for {}, which an audit of a page does not allow. Expected code that only computes. "
    "Save the code as a script and audit that if it is to run."
)


class ConfinedError(PermissionError):
    """A page's code wanted to act on the world."""


class _State:
    is_on = False
    is_installed = False


@contextmanager
def confined() -> Generator[None]:
    """Refuse actions of the user's code in the block.

    Raises:
        ConfinedError: In the user's code, at the line that asks.
    """
    if not _State.is_installed:
        sys.addaudithook(_watch)  # it stays for the life of the process, and looks at nothing outside the block
        _State.is_installed = True
    _State.is_on = True
    try:
        yield
    finally:
        _State.is_on = False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _State.is_on and (event in REFUSED or (event == "open" and _writes(args))) and not _is_for_us(sys._getframe(1)):
        raise ConfinedError(TEXT.format(f"{event} {args[0]!r}" if args else event))


def _writes(args: tuple[Any, ...]) -> bool:
    _, mode, flags = args
    changing = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
    return any(c in mode for c in "wax+") if isinstance(mode, str) else bool(flags & changing)


def _is_for_us(frame: FrameType | None) -> bool:
    """Whether compiling or starting JAX asked for it; `torch.save` is ours too, but acts for the user."""
    is_jaxs = False
    while frame is not None and is_beneath(frame):
        is_jaxs |= _module(frame).startswith("jax")
        frame = frame.f_back
    return frame is None or (is_ours(frame) and (is_jaxs or _module(frame).startswith(COMPILERS)))


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
