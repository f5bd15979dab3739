"""Apart: a page's audit in a process of its own, which can be ended whatever its code does.

The process gets a scratch folder, no input and hardly any environment; `inside.py` is what it runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax

from funcgrad.audit.inside import RUN
from funcgrad.audit.page import blocks
from funcgrad.audit.run import GRACE, Bounds
from funcgrad.errors import FuncgradError

KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONHASHSEED", "SYSTEMROOT")
KEPT_BEGINNINGS = ("JAX_", "XLA_", "CUDA_", "NVIDIA_", "OMP_", "OPENBLAS_", "MKL_", "FUNCGRAD_")
"""The environment that the page's code may see; it holds no secrets."""

START = 60
"""Seconds that an interpreter and JAX may take to start."""

LARGEST_ANSWER = 64 << 20
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
COMMAND = re.compile("^::", re.MULTILINE)  # what GitHub Actions obeys at the start of a line

LATE = "the code of {!r} did not come back in its time; expected code that ends. Its process was ended."
CRASHED = "the code of {!r} ended its process{}; expected code that only computes."


class ApartError(FuncgradError):
    """The process of a page's audit gave no answer."""


class Answer(NamedTuple):
    """What a page's audit gave: the report, what goes to the error stream, and the exit status."""

    report: str
    errors: str
    status: int


def audit_apart(
    target: str, arguments: Sequence[str], codes: Collection[str], bounds: Bounds, form: str, language: str
) -> Answer:
    """Audit a page.

    Args:
        target: The page.
        arguments: What its code finds in `sys.argv`.
        codes: The checks to make.
        bounds: When to end a run.
        form: One of `report.FORMATS`.
        language: One of `report.words.LANGUAGES`.

    Raises:
        LaunchError: The page cannot be read, or has no block.
        ApartError: Its code has ended the process, or does not end.
    """
    blocks(target)
    with tempfile.TemporaryDirectory(prefix="funcgrad-") as scratch:
        asked = {"target": target, "arguments": list(arguments), "codes": sorted(codes), "steps": bounds.steps,
                 "seconds": bounds.seconds, "format": form, "language": language, "scratch": scratch}  # fmt: skip
        return _answered(asked, _environment(scratch), 1 + len(codes))


def _environment(scratch: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_BEGINNINGS)}
    ours = str(Path(__file__).parents[2])
    programs = {
        "JAX_COMPILATION_CACHE_DIR": getattr(jax.config, "jax_compilation_cache_dir", None) or "",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    folders = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"), scratch)
    return {**kept, **programs, **folders, "PYTHONPATH": os.pathsep.join([ours, *filter(None, sys.path[1:])])}


def _answered(asked: dict[str, Any], environment: dict[str, str], runs: int) -> Answer:
    command = [sys.executable, "-P", "-c", "from funcgrad.audit.inside import main; main()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
    ) as child:
        try:
            assert child.stdin is not None
            with child.stdin:
                child.stdin.write(json.dumps(asked).encode())
            told = _told(child, asked["seconds"] + GRACE, runs)
        finally:
            _end(child)
    if told is None:
        raise ApartError(LATE.format(asked["target"]))
    try:
        answer = json.loads(told)
        errors = COMMAND.sub(" ::", _plain(answer["errors"]))
        return Answer(_plain(answer["report"]), errors, int(answer["status"]))
    except (ValueError, TypeError, KeyError):
        raise ApartError(CRASHED.format(asked["target"], _way(child.returncode))) from None


def _plain(text: Any) -> str:
    """A text that the page's code may have written, without what a terminal obeys."""
    return CONTROL.sub("", str(text))


def _told(child: subprocess.Popen[bytes], seconds: float, runs: int) -> bytes | None:
    """All that the process tells but that runs begin; each gives it new time. None: its time is up."""
    assert child.stdout is not None
    told, begun, deadline = b"", 0, time.monotonic() + START + seconds
    while len(told) < LARGEST_ANSWER:
        ready, _, _ = select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        new = os.read(child.stdout.fileno(), 1 << 16)
        if not new:
            break
        told += new
        while told.startswith(RUN):
            told, begun = told.removeprefix(RUN), begun + 1
            deadline = time.monotonic() + seconds if begun <= runs else deadline
    return told


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a process that has not ended, and all that it has started."""
    with contextlib.suppress(ProcessLookupError):  # it has
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _way(status: int) -> str:
    """How a process ended, in words."""
    if status in (0, -signal.SIGKILL):
        return ""
    return f" with {signal.Signals(-status).name}" if status < 0 else f" with status {status}"
