"""torch.multiprocessing.spawn: a function in several processes, with what one of them raised."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn

_log = logging.getLogger(__name__)

NOT_SPAWN = (
    "This method only supports start_method=spawn (got: {}).\nTo use a different start_method use:\n\t\t"
    " torch.multiprocessing.start_processes(...)"
)
GRACE = 30.0
"""Seconds in which a process that is told to end may end."""


class ProcessException(Exception):  # noqa: N818 - PyTorch's name
    """One of several processes failed.

    Args:
        msg: What happened.
        error_index: Which of them it was.
        error_pid: Its number in the system.
    """

    def __init__(self, msg: str, error_index: int, error_pid: int) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.error_pid = msg, error_index, error_pid

    def __reduce__(self) -> Any:
        return type(self), (self.msg, self.error_index, self.error_pid)


class ProcessRaisedException(ProcessException):
    """A process failed with an exception, whose traceback is in the message."""


class ProcessExitedException(ProcessException):
    """A process ended by a signal, or with a status other than 0.

    Args:
        msg: What happened.
        error_index: Which of the processes it was.
        error_pid: Its number in the system.
        exit_code: Its status; the negative number of a signal.
        signal_name: The signal's name.
    """

    def __init__(
        self, msg: str, error_index: int, error_pid: int, exit_code: int, signal_name: str | None = None
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name

    def __reduce__(self) -> Any:
        return type(self), (self.msg, self.error_index, self.error_pid, self.exit_code, self.signal_name)


class ProcessContext:
    """Processes that were started together.

    Args:
        processes: The processes.
        error_files: For each, the file in which it leaves its traceback.
    """

    def __init__(self, processes: Sequence[Any], error_files: Sequence[str]) -> None:
        self.processes, self.error_files = processes, error_files
        self.sentinels = {process.sentinel: index for index, process in enumerate(processes)}

    def pids(self) -> list[int]:
        """Their numbers in the system."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait for one of them to end; if it failed, end the others.

        Args:
            timeout: Seconds after which nobody waits any more.
            grace_period: Seconds that the others get before they are told to end.

        Returns:
            Whether all have ended.

        Raises:
            ProcessException: One has failed.
        """
        for sentinel in multiprocessing.connection.wait(list(self.sentinels), timeout) if self.sentinels else ():
            index = self.sentinels.pop(sentinel)  # pyright: ignore[reportArgumentType] - it is one of the keys
            self.processes[index].join()
            if self.processes[index].exitcode != 0:
                self._end_all(grace_period)
                raise self._failure(index)
        return not self.sentinels

    def _end_all(self, grace_period: float | None) -> None:
        if grace_period is not None:
            self._wait(grace_period)
        for process in self.processes:
            if process.is_alive():
                _log.warning("Terminating process %s via signal SIGTERM", process.pid)
                process.terminate()
        self._wait(GRACE if grace_period is None else grace_period)
        for process in self.processes:
            if process.is_alive():
                _log.warning("Unable to shutdown process %s via SIGTERM , forcefully exiting via SIGKILL", process.pid)
                process.kill()
            process.join()

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for process in self.processes:
            process.join(max(0, end - time.monotonic()))

    def _failure(self, index: int) -> ProcessException:
        process, file = self.processes[index], self.error_files[index]
        if os.access(file, os.R_OK):
            with open(file, "rb") as opened:
                text = pickle.load(opened)
            return ProcessRaisedException(
                f"\n\n-- Process {index} terminated with the following error:\n{text}", index, process.pid
            )
        code, name = process.exitcode, None
        how = f"exit code {code}"
        if code < 0:
            known = {int(one): one.name for one in signal.Signals}
            name = known.get(-code, f"<Unknown signal {-code}>")
            how = f"signal {name}"
        return ProcessExitedException(f"process {index} terminated with {how}", index, process.pid, code, name)


class SpawnContext(ProcessContext):
    """What `ProcessContext` was called of old."""

    def __init__(self, processes: Sequence[Any], error_files: Sequence[str]) -> None:
        warn("SpawnContext is renamed to ProcessContext since 1.4 release.")
        super().__init__(processes, error_files)


def start_processes(
    fn: Callable[..., Any],
    args: Any = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Call `fn(i, *args)` in `nprocs` processes.

    Args:
        fn: A function of a module, whose first argument is the number of the process.
        args: Its other arguments.
        nprocs: How many processes.
        join: Wait for all of them.
        daemon: Whether they end with this one.
        start_method: How they are started: `spawn`, `fork` or `forkserver`.

    Returns:
        None, or without `join` what can wait for them.

    Raises:
        ProcessException: One has failed.
    """
    start: Any = multiprocessing.get_context(start_method)
    processes, files = [], []
    for i in range(nprocs):
        with tempfile.NamedTemporaryFile(prefix="pytorch-errorfile-", suffix=".pickle") as file:
            files.append(file.name)  # it exists again only if the process fails
        processes.append(start.Process(target=_call, args=(fn, i, args, files[-1]), daemon=daemon))
        processes[-1].start()
    context = ProcessContext(processes, files)
    if not join:
        return context
    while not context.join():
        pass
    return None


def spawn(
    fn: Callable[..., Any],
    args: Any = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Call `fn(i, *args)` in `nprocs` new processes: `start_processes` without its choice."""
    if start_method != "spawn":
        warn(NOT_SPAWN.format(start_method), FutureWarning)
    return start_processes(fn, args, nprocs, join, daemon)


def _call(fn: Callable[..., Any], i: int, args: Any, error_file: str) -> None:
    try:
        fn(i, *args)
    except KeyboardInterrupt:
        pass  # the parent has ended it
    except Exception:
        with open(error_file, "wb") as file:
            pickle.dump(traceback.format_exc(), file)
        sys.exit(1)


__getattr__ = _missing_from(__name__)
