"""A run: a script from its start to its end, heard by the checks, from a random state that can be had again."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from funcgrad.audit.check import Check
from funcgrad.audit.events import Enough, Events
from funcgrad.audit.hearing import Hearing, heard
from funcgrad.audit.ledger import Ledger
from funcgrad.audit.tensors import parameters_of, value_of
from funcgrad.launch import LaunchError, PartsError
from funcgrad.torch._listening import Listener
from funcgrad.torch.random import default_generator
from funcgrad.trace import Value

GRACE = 10
"""Seconds after its time that a run has to end by itself."""


@dataclass(frozen=True)
class Bounds:
    """When a script is ended that has not ended yet."""

    steps: int = 200
    seconds: float = 60.0


@dataclass(eq=False)
class Update:
    """The parameters of an optimizer around one step."""

    before: list[Value]
    after: list[Value] = field(default_factory=list)


class Updates(Listener):
    """Keeps the first updates of a run."""

    KEPT = 64

    def __init__(self) -> None:
        self.made: list[Update] = []

    def step_begins(self, optimizer: Any, has_closure: bool) -> None:
        """Keep the parameters before an update."""
        if len(self.made) < self.KEPT:
            self.made.append(Update([value_of(p) for p in parameters_of(optimizer)]))

    def step_ended(self, optimizer: Any, has_closure: bool) -> None:
        """Keep the parameters after it."""
        if not self.made[-1].after:
            self.made[-1].after = [value_of(p) for p in parameters_of(optimizer)]


@dataclass(eq=False)
class Run:
    """What one run of a script gave."""

    events: Events
    updates: list[Update]
    errors: tuple[BaseException, ...]  # that ended it, or blocks of a page; none where the bounds did
    was_ended: bool  # by the bounds


class RandomState:
    """All generators that a script may draw from, as they are now."""

    def __init__(self) -> None:
        self._states = default_generator.state_bytes().copy(), random.getstate(), np.random.get_state()

    def restore(self) -> None:
        """Put the generators back."""
        ours, pythons, numpys = self._states
        default_generator.set_state_bytes(ours)
        random.setstate(pythons)
        np.random.set_state(numpys)


class FaceBackend:
    """How the stateful face is heard; `funcgrad.audit.pytorch` has the same for PyTorch."""

    random_state = RandomState

    def heard(self, events: Events, seconds: float, updates: Updates) -> AbstractContextManager[None]:
        """Listen in the block."""
        return heard(Hearing(events, seconds, keeps_losses=True), updates)


class Backend(Protocol):
    """Whose events are heard."""

    @property
    def random_state(self) -> Callable[[], Any]:
        """Takes the state of all generators, and can restore it."""
        ...

    def heard(self, events: Events, seconds: float, updates: Updates) -> AbstractContextManager[None]:
        """Listen in the block."""
        ...


def run(
    start: Callable[[], None], checks: Sequence[Check], mender: Check | None, bounds: Bounds, backend: Backend
) -> Run:
    """Run a script and listen to it.

    Args:
        start: Runs the script.
        checks: What to look for.
        mender: A check whose mistake is to be repaired on the way, or None.
        bounds: When to end it.
        backend: Whose events are heard.
    """
    events, updates = Events(checks, mender, bounds.steps), Updates()
    errors: tuple[BaseException, ...] = ()
    with (
        backend.heard(events, bounds.seconds, updates),
        _alarm(bounds.seconds),
        contextlib.redirect_stdout(_Nowhere()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            start()
        except SystemExit:
            pass
        except (KeyboardInterrupt, LaunchError):
            raise
        except PartsError as stopped:
            errors = stopped.exceptions
        except BaseException as stopped:
            errors = (stopped,)
        was_ended = any(isinstance(error, Enough) for error in errors)
        events.ledger.catch_up()
        events.ended(errors, was_ended)
    return Run(events, updates.made, () if was_ended else errors, was_ended)


class _Nowhere(io.TextIOBase):
    """Takes any amount of text and keeps none."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)


@contextmanager
def _alarm(seconds: float) -> Generator[None]:
    """End what never calls the face either, where the system can wake us: a loop of plain Python.

    The process ends if even that does not help: the loop swallows every exception, or it is one call of a library.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise Enough

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=sys.__stderr__ or 2)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def listen() -> Generator[Ledger]:
    """Keep a ledger of what the block does to gradients; ask it with `ledger.terms(parameter)`.

    Example:
        >>> import funcgrad.torch as torch
        >>> w = torch.ones(2, requires_grad=True)
        >>> with listen() as ledger:
        ...     w.sum().backward()
        ...     (2 * w).sum().backward()
        >>> [term.call.number for term in ledger.terms(w)]
        [1, 2]
    """
    events = Events((), None, steps=sys.maxsize)
    with heard(Hearing(events)):
        yield events.ledger
