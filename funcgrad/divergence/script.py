"""A script recorded from its start, in a process of its own.

The recorder is attached to every optimizer that the script makes and to every model that it calls. A script whose
updates are recorded is ended.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from funcgrad._program_cache import keep_programs
from funcgrad.divergence.recorder import Recorder
from funcgrad.divergence.run import RunError
from funcgrad.launch import LaunchError, run_script, show_error
from funcgrad.torch._listening import Listener, listeners

CHILD = "import sys; from funcgrad.divergence import script; sys.exit(script.main(*sys.argv[1:]))"
FAILED, UNRUNNABLE, NO_UPDATE = 1, 2, 3
"""Exit statuses of the process."""


def record_script(script: str, arguments: Sequence[str], path: str, steps: int, seconds: float) -> None:
    """Run a script in a child process and record its first updates.

    Args:
        script: A Python file or a notebook.
        arguments: The script's own.
        path: Of the file to write.
        steps: Updates to record.
        seconds: Time that the script has for them.

    Raises:
        RunError: The script cannot be run, fails, makes no update, or takes too long.
    """
    command = [sys.executable, "-c", CHILD, path, str(steps), script, *arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise RunError(
            f"{script!r} did not make {steps} updates in {seconds:g} seconds; expected a shorter run: pass --steps or "
            "--seconds"
        ) from None
    errors = done.stderr.decode(errors="replace").strip()
    if done.returncode == UNRUNNABLE:
        raise RunError(errors)
    if done.returncode == NO_UPDATE:
        raise RunError(f"{script!r} made no update; expected a script with a training loop")
    if done.returncode != 0:
        raise RunError(f"{script!r} failed; expected a script that runs:\n{errors}")


class _Enough(BaseException):
    """Ends a script whose updates are recorded."""


class _Attaching(Listener):
    """Attaches a recorder to what a script makes."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: dict[int, Any] = {}  # keeps what it knows alive, so that no id comes twice
        self._prefixes: set[str] = set()

    def called(self, module: Any) -> None:
        """A model is one that is called by itself, and has parameters."""
        if id(module) in self._known or self._recorder.is_closed:
            return
        self._known.update({id(each): each for each in module.modules()})
        if any(True for _ in module.parameters()):
            self._recorder.add_model(module, self._prefix(module))

    def _prefix(self, module: Any) -> str:
        """None for the first model; the others have their class, and a number where that is taken."""
        name = f"{type(module).__name__}." if self._prefixes else ""
        names = [name, *(f"{name[:-1]}{number}." for number in range(2, len(self._prefixes) + 2))]
        prefix = next(each for each in names if each not in self._prefixes)
        self._prefixes.add(prefix)
        return prefix

    def holds(self, optimizer: Any, parameters: list[Any]) -> None:
        """The first group of an optimizer, or a further one."""
        if id(optimizer) in self._known:
            self._recorder.add_parameters(parameters)
        else:
            self._known[id(optimizer)] = optimizer
            self._recorder.add_optimizer(optimizer)

    def backward(self, tensors: Sequence[Any], grads: Sequence[Any]) -> None:
        """Record the losses."""
        self._end_if_complete()
        for tensor in tensors:
            if tensor.numel() == 1:
                self._recorder.loss(tensor)

    def step_begins(self, optimizer: Any, has_closure: bool) -> None:
        """End the script where enough is recorded."""
        self._end_if_complete()

    def _end_if_complete(self) -> None:
        if self._recorder.is_closed:
            raise _Enough


def main(path: str, steps: str, script: str, *arguments: str) -> int:
    """Record a script; the exit status says what came of it."""
    recorder = Recorder(path, int(steps))
    attaching = _Attaching(recorder)
    listeners.append(attaching)
    keep_programs()
    try:
        with contextlib.suppress(_Enough):
            run_script(script, arguments)
    except LaunchError as error:
        print(error, file=sys.stderr)
        return UNRUNNABLE
    except SystemExit as stop:
        if stop.code:
            print(f"SystemExit: {stop.code}", file=sys.stderr)
            return FAILED
    except BaseException as error:
        show_error(error)
        return FAILED
    finally:
        listeners.remove(attaching)
        recorder.close()
    return 0 if recorder.has_steps else NO_UPDATE
