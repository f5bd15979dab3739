"""Files that a script has left open: what was written to them is on the disk before anything of the script is freed."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable
from contextlib import suppress
from itertools import compress
from typing import Any

_type: Callable[[Any], type[Any]] = type


def flush_files() -> None:
    """Write what open files hold back.

    The interpreter does so when it frees them, but the collector frees a file in a cycle (a script's globals are one)
    with its raw file closed first, perhaps, and loses what was buffered.
    """
    objects: list[Any] = gc.get_objects()
    kinds = [*map(_type, objects)]
    keys = [*map(id, kinds)]  # a metaclass may do anything where it is compared itself
    files = {key for key, kind in dict(zip(keys, kinds, strict=True)).items() if _is_file(kind)}
    for file in [*compress(objects, map(files.__contains__, keys))]:
        with suppress(Exception):  # one that was closed, or only reads
            file.flush()


def _is_file(kind: type[Any]) -> bool:
    with suppress(Exception):
        return issubclass(kind, io.IOBase)
    return False
