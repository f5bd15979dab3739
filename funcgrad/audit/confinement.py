"""Confinement: while a page's code runs, it may not act on the world, nor read what is none of its business.

A page is text, and its reader does not expect it to act. Python tells of each attempt, which is refused at its line:
that keeps accidents away, and is no wall against code that was written to break out. For that see `walls.py`. What
funcgrad and JAX do themselves (compiled programs are kept in files) goes on.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from funcgrad.errors import is_beneath, is_ours

REFUSED = frozenset(
    {
        "gc.get_objects",
        "gc.get_referents",
        "gc.get_referrers",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.kill",
        "os.posix_spawn",
        "os.putenv",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "signal.pthread_kill",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.sendmsg",
        "socket.sendto",
        "subprocess.Popen",
    }
)
CHANGES = frozenset(
    {
        "os.chmod",
        "os.chown",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.removexattr",
        "os.rename",
        "os.rmdir",
        "os.setxattr",
        "os.symlink",
        "os.truncate",
        "os.utime",
        "shutil.move",
        "shutil.rmtree",
        "sqlite3.connect",
    }
)
READS = frozenset({"open", "os.listdir", "os.scandir"})
OWN = ("funcgrad.trace.", "funcgrad._program_cache", "funcgrad.launch.files")
"""Modules that keep compiled programs in files, or look for files that were left open."""

SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/sys", "/proc/cpuinfo")
SYSTEM += ("/proc/meminfo", "/proc/stat", "/proc/sys", "/dev/null", "/dev/zero", "/dev/urandom")
"""What Python and its libraries read of the system."""

TEXT = (
    "the page's code asked for {}, which an audit of a page does not allow. Expected code that only computes. "
    "Save the code as a script and audit that if it is to run."
)


class ConfinedError(PermissionError):
    """A page's code wanted to act on the world, or to read what lies elsewhere."""


class _State:
    is_on = False
    is_installed = False
    readable: tuple[str, ...] = ()
    writable = ""


def readable_for(page: str) -> list[str]:
    """Files and folders that the code of a page may read: beside it, of Python, and of the system.

    A page in the home folder, or above it, may read itself only: all that is private lies beside it.
    """
    page = os.path.realpath(page)
    beside = os.path.dirname(page)
    is_private = Path(os.path.realpath(Path.home())).is_relative_to(beside)
    pythons = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *site.getsitepackages(), *sys.path]
    ours = os.path.dirname(os.path.dirname(__file__))
    found = [page if is_private else beside, ours, *pythons, *SYSTEM, f"/proc/{os.getpid()}"]
    return list(dict.fromkeys(os.path.realpath(path) for path in found if path and os.path.exists(path)))


@contextmanager
def confined(readable: Sequence[str], writable: str = "") -> Generator[None]:
    """Refuse actions of the user's code in the block.

    Args:
        readable: Files and folders that it may read, with all that lies in them.
        writable: A folder where it may do as it likes; empty: nowhere.

    Raises:
        ConfinedError: In the user's code, at the line that asks.
    """
    if not _State.is_installed:
        sys.addaudithook(_watch)  # it stays for the life of the process, and looks at nothing outside the block
        _State.is_installed = True
    _State.readable, _State.writable = tuple(readable), writable
    _State.is_on = True
    try:
        yield
    finally:
        _State.is_on = False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _State.is_on and _is_refused(event, args) and not _is_for_us(sys._getframe(1)):
        raise ConfinedError(TEXT.format(f"{event} {args[0]!r}" if args else event))


def _is_refused(event: str, args: tuple[Any, ...]) -> bool:
    if event in CHANGES or (event == "open" and _writes(args)):
        return not all(_lies_in(path, (_State.writable,)) for path in args)
    if event in READS:
        return not _lies_in(args[0], (*_State.readable, _State.writable))
    return event in REFUSED or (event.startswith("ctypes.") and _is_asked_by_page(sys._getframe(2)))


def _lies_in(path: Any, folders: Sequence[str]) -> bool:
    """Whether a path is one of these or lies beneath; what is no path (an open file, a mode) asks for nothing."""
    if not isinstance(path, str | bytes | os.PathLike):
        return True
    real = os.path.realpath(os.fsdecode(path))
    return any(folder and (real == folder or real.startswith(os.path.join(folder, ""))) for folder in folders)


def _is_asked_by_page(frame: FrameType | None) -> bool:
    """Whether the page's own code calls C, not a library that it has imported."""
    while frame is not None and is_beneath(frame):
        frame = frame.f_back
    return frame is not None and _module(frame) == "__main__"


def _writes(args: tuple[Any, ...]) -> bool:
    """Whether `open` is asked for a file that may be changed."""
    _, mode, flags = args
    changing = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
    return any(c in mode for c in "wax+") if isinstance(mode, str) else bool(flags & changing)


def _is_for_us(frame: FrameType | None) -> bool:
    """Whether these modules or starting JAX asked for it; `torch.save` is ours too, but acts for the user."""
    is_jaxs = False
    while frame is not None and is_beneath(frame):
        is_jaxs |= _module(frame).startswith("jax")
        frame = frame.f_back
    return frame is None or (is_ours(frame) and (is_jaxs or _module(frame).startswith(OWN)))


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
