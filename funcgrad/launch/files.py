"""Files that a script has left open: what was written to them is on the disk before anything of the script is freed."""

from __future__ import annotations

import gc
import io
from contextlib import suppress


def flush_files() -> None:
    """Write what open files hold back.

    The interpreter does so when it frees them, but the collector frees a file in a cycle (a script's globals are one)
    with its raw file closed first, perhaps, and loses what was buffered.
    """
    objects = gc.get_objects()
    kinds = {kind for kind in set(map(type, objects)) if issubclass(kind, io.IOBase)}
    for file in [x for x in objects if type(x) in kinds]:
        with suppress(Exception):  # one that was closed, or only reads
            file.flush()
