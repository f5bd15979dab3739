"""`python -m funcgrad`, and the command `funcgrad`: a command as a process of its own."""

import atexit
import ctypes
import gc
import logging
import multiprocessing.util
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from funcgrad.cli import ExitStatus, main
from funcgrad.launch import flush_files
from funcgrad.trace import background

UNTOLD = 120
"""Python's exit status where what was printed cannot be written."""


def start() -> NoReturn:
    """Run the command that the process was called with, and end the process."""
    status: list[ExitStatus] = []
    background.leave_at_end()
    atexit.register(_end, status)  # before the script's: it is called after them
    wait_for_children = multiprocessing.util._exit_function  # pyright: ignore[reportAttributeAccessIssue]
    for ending in (logging.shutdown, wait_for_children):  # our imports have registered these before
        atexit.unregister(ending)
        atexit.register(ending)
    try:
        status.append(main())
    except SystemExit as stop:
        status.append(stop.code)
    sys.exit(status[0])


def _end(status: Sequence[ExitStatus]) -> None:
    """End the process before a program is compiled that no step will run, if one is: XLA cannot be interrupted."""
    if not background.is_busy():
        return
    flush_files()
    gc.collect()  # objects are finalized
    flush_files()
    is_told = _flush_streams()
    with suppress(TypeError):  # Windows has no such library
        ctypes.CDLL(None).fflush(None)
    told = next((s & 0xFF if isinstance(s, int) else int(s is not None) for s in status), 1)
    os._exit(told if is_told else UNTOLD)


def _flush_streams() -> bool:
    """Write what was printed, and say whether that was possible; `flush_files` finds no file that is frozen."""
    streams = {id(s): s for s in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__) if s is not None}
    is_told = True
    for stream in streams.values():
        try:
            if not getattr(stream, "closed", False):
                stream.flush()
        except Exception as error:
            is_told = False
            with suppress(Exception):  # stderr may be the one
                print(f"Exception ignored in: {stream!r}\n{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    return is_told


if __name__ == "__main__":
    start()
