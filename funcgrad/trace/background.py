"""Background: work that a thread does meanwhile, and that is waited for only where its result is needed.

The thread ends with the main one: what nobody has begun by then is never done, and the process waits for what is under
way, unless it was told not to.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

NICE = 10
"""How much nicer the thread is than the others, which multiply matrices together, and must not wait for this one."""


class Task:
    """A function without arguments that runs once, in the background or where it is waited for.

    Args:
        work: The function.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._is_done = threading.Event()
        self._error: Exception | None = None
        _queue.put(self)

    def finish(self) -> None:
        """Return when it is done; if nobody has begun it, do it here.

        Raises:
            Exception: What the function raised.
        """
        if _queue.take(self):
            self.run()
        self._is_done.wait()
        if self._error is not None:
            raise self._error

    def drop(self) -> None:
        """Have nobody wait for it; for whoever has taken it from the queue."""
        self._is_done.set()

    def run(self) -> None:
        """Do it; for whoever has taken it from the queue.

        One that Ctrl-C interrupts is not begun again: who needs its result afterwards does without the task.
        """
        try:
            self._work()
        except Exception as error:
            self._error = error
        finally:
            self._is_done.set()


class _Queue:
    """The tasks that nobody has begun, and the thread that begins the first of them."""

    def __init__(self) -> None:
        self._waiting: deque[Task] = deque()
        self._lock = threading.Lock()
        self._working = threading.Lock()
        self.thread: threading.Thread | None = None
        self.is_left_at_end = False

    def put(self, task: Task) -> None:
        with self._lock:
            self._waiting.append(task)
            if self.thread is None:
                thread = threading.Thread(target=self._run, name="funcgrad", daemon=self.is_left_at_end)
                with suppress(RuntimeError):  # the interpreter ends: who needs the task does it
                    thread.start()
                    self.thread = thread

    def take(self, task: Task) -> bool:
        """Whether nobody has begun the task; the caller then has."""
        with self._lock:
            is_waiting = task in self._waiting
            if is_waiting:
                self._waiting.remove(task)
            return is_waiting

    def drop(self) -> None:
        with self._lock:
            dropped = [*self._waiting]
            self._waiting.clear()
        for task in dropped:
            task.drop()
        with self._working:
            return

    def _run(self) -> None:
        if sys.platform == "linux":  # where a thread has a priority of its own
            own = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + NICE)
        is_over = False
        while not is_over:
            with self._working:
                task = self._next()
                if task is not None:
                    task.run()
                is_over = task is None

    def _next(self) -> Task | None:
        with self._lock:
            if self._waiting and threading.main_thread().is_alive():
                return self._waiting.popleft()
            self.thread = None
            return None

    # A child process has no such thread, and what it held would stay locked: forking waits for the task under way.

    def before_fork(self) -> None:
        self._working.acquire()

    def after_fork(self) -> None:
        self._working.release()

    def after_fork_in_child(self) -> None:
        self._lock, self._working, self.thread = threading.Lock(), threading.Lock(), None


_queue = _Queue()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_queue.before_fork, after_in_parent=_queue.after_fork, after_in_child=_queue.after_fork_in_child
    )


def is_busy() -> bool:
    """Whether a task is under way."""
    return _queue.thread is not None


def drop() -> None:
    """Forget the tasks that nobody has begun, and wait for the one under way."""
    _queue.drop()


def leave_at_end() -> None:
    """Let the process not wait for a task at its end; it must then end without Python's, while `is_busy()`."""
    _queue.is_left_at_end = True
