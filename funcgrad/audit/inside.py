"""Inside: what the process does that a page's code is run in; `apart.py` starts it.

It tells on its standard output of each run that begins, and at the end what is to be shown. What the page prints goes
nowhere.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import jax

from funcgrad.audit.audit import audit
from funcgrad.audit.confinement import confined, readable_for
from funcgrad.audit.page import run_page
from funcgrad.audit.report import FORMATS
from funcgrad.audit.run import Bounds
from funcgrad.audit.walls import build
from funcgrad.launch import show_error

if sys.platform != "win32":
    import resource

MEMORY = 6 << 30
"""Bytes that the page's code may ask for beside what was there before it."""
LARGEST_FILE = 64 << 20
RUN = b"run\n"
"""What is told when a run begins."""


def main() -> None:
    """Audit the page that standard input describes, and tell what came of it."""
    told = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    asked = json.load(sys.stdin)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    jax.devices()  # what starts it opens files and makes threads
    programs = getattr(jax.config, "jax_compilation_cache_dir", None)
    readable = [*readable_for(asked["target"]), *([programs] if programs else [])]  # found there, but not kept there
    build(readable, asked["scratch"])
    _bound()

    def start() -> None:
        os.write(told, RUN)
        run_page(asked["target"], asked["arguments"])

    with confined(readable, asked["scratch"]):
        answer = _audited(start, asked)
    os.write(told, json.dumps(answer).encode())
    os._exit(0)  # whatever threads the page has left


def _audited(start: Callable[[], None], asked: dict[str, Any]) -> dict[str, Any]:
    found = audit(start, asked["codes"], Bounds(asked["steps"], asked["seconds"]))
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        for error in found.errors:
            show_error(error)
    report = FORMATS[asked["format"]](found, asked["language"])
    return {"report": report, "errors": errors.getvalue(), "status": found.status}


def _bound() -> None:
    """Bound memory and files; a dump of the memory would be a file too."""
    used = _data_in_use()
    for kind, bound in (
        (resource.RLIMIT_DATA, used + MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower one is in force
            resource.setrlimit(kind, (bound, bound))


def _data_in_use() -> int:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            sizes = {name: rest for name, _, rest in (line.partition(":") for line in file)}
        return int(sizes["VmData"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return 0
