"""Freed memory: a step's is kept in the process, where the next step finds it again; a compiler's goes back.

A training step allocates the same large buffers every time. By default the C library of Linux hands each back to the
system when it is freed, and the system clears every page anew when the next step asks for it. A compiler leaves many
small holes instead, into which no buffer of a step fits.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # mallopt(3)
_LARGEST_KEPT = 1 << 30
_MOST_KEPT = (1 << 31) - 1


def keep_freed_memory() -> bool:
    """Keep the memory that this process frees, for its own later use.

    `funcgrad run` does so for its script. A program of your own may call it once, before its first step: on CPU, steps
    whose buffers are many megabytes large took 0.7 to 0.9 of their time. The process then stays as large as its
    largest step made it, until something is compiled: whatever is free goes back to the system then.

    Returns:
        Whether the C library can be told so; only glibc can.
    """
    mallopt = _of_c_library("mallopt")
    if mallopt is None:
        return False
    mallopt(_M_ARENA_MAX, 1)  # a thread's own heap goes back to the system whatever the limits, as soon as it is empty
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT))


def return_freed_memory() -> None:
    """Hand the pages that nothing lies on back to the system, where the C library can be told so."""
    trim = _of_c_library("malloc_trim")
    if trim is not None:
        trim(0)


def _of_c_library(name: str) -> Any:
    """A function of the C library of Linux; None elsewhere, and if it has none of this name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
