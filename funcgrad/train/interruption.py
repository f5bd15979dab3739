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
        enabled: whether to defer anything; outside of the main thread nothing is.
    """
    pressed: list[int] = []
    if not enabled or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
