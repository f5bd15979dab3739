"""Ctrl-C taken at a moment when the state is whole.

A step gives up the state it was handed, so an interrupt between the call and the assignment would lose both.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def deferred(enabled: bool) -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C has been pressed; a second press interrupts at once.

    Args:
        enabled: whether to defer anything. Nothing is outside of the main thread, nor where Ctrl-C does nothing, as in
            a job that the shell has put in the background.
    """
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    is_heard = callable(before) and threading.current_thread() is threading.main_thread()
    if not enabled or not is_heard:
        yield lambda: False
        return

    def note(number: int, frame: Any) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
