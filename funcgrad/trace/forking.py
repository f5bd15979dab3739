"""Forking: what a process computes with that was forked from one in which JAX runs.

None of the threads of XLA come along, and what waits for them waits for ever. Where nothing had been compiled, a new
backend takes the old one's place; where something had, XLA's own locks are held by threads that are gone, and the
process computes on the host alone.
"""

from __future__ import annotations

import os
import warnings
from typing import Any, NoReturn

import jax
from jax._src.xla_bridge import backends_are_initialized  # asking in any other way starts one
from jax.extend import backend

from funcgrad.errors import UnsupportedError

NOT_IN_A_FORK = (
    "{} needs a compiled program, and this process cannot compile: it was forked from one that had compiled some. "
    "Start processes anew: torch.multiprocessing.set_start_method('spawn') under if __name__ == '__main__', or fork "
    "before the first step."
)

_has_compiled = False
_is_on_host = False
_left: list[Any] = []
"""The parent's backend, which must not be taken down: that would wait for its threads."""


def is_on_host_alone() -> bool:
    """Whether this process can run no compiled program."""
    return _is_on_host


def refuse(what: str) -> NoReturn:
    """Refuse what only a compiled program could compute.

    Raises:
        UnsupportedError: Always.
    """
    raise UnsupportedError(NOT_IN_A_FORK.format(what))


def note_program() -> None:
    """Take notice of a program that was compiled or loaded."""
    global _has_compiled
    _has_compiled = True


def _note_compilation(event: str, *_: Any, **__: Any) -> None:
    if event == "/jax/core/compile/backend_compile_duration":
        note_program()


def _before_fork() -> None:
    if _has_compiled and not _is_on_host:
        jax.block_until_ready(jax.live_arrays())  # the child has no thread that would finish them


def _after_fork_in_child() -> None:
    global _is_on_host
    if _is_on_host or not backends_are_initialized():
        return
    _left.append(jax.devices())
    backend.clear_backends()
    if _has_compiled:
        _is_on_host = True
        jax.config.update("jax_platforms", "none_after_fork")  # what would use XLA all the same fails and does not wait


jax.monitoring.register_event_duration_secs_listener(_note_compilation)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
    # JAX's warning and Python's, of what is prevented here
    warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
    warnings.filterwarnings("ignore", r"This process .* is multi-threaded, use of fork", DeprecationWarning)
