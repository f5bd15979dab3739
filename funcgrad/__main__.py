"""`python -m funcgrad`, and the command `funcgrad`: a command as a process of its own."""

import atexit
import ctypes
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from funcgrad.cli import ExitStatus, main
from funcgrad.launch import flush_files
from funcgrad.trace import background


def start() -> NoReturn:
    """Run the command that the process was called with, and end the process."""
    status: list[ExitStatus] = []
    background.leave_at_end()
    atexit.register(_end, status)  # before the script's: it is called after them
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
    with suppress(TypeError):  # Windows has no such library
        ctypes.CDLL(None).fflush(None)
    os._exit(next((s if isinstance(s, int) else int(s is not None) for s in status), 1))


if __name__ == "__main__":
    start()
