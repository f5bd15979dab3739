"""Children: processes that a script starts with `multiprocessing` get the face too.

A forked one inherits it. A spawned one imports the script anew, after it has unpickled how to prepare itself: there an
object is added that installs the face when it is unpickled.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing import spawn
from typing import Any


class _Installed:
    """Becomes the result of a call where it is unpickled."""

    def __init__(self, install: Callable[[], Any]) -> None:
        self.install = install

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        return self.install, ()


_started_with: list[Callable[[], Any]] = []


def start_children_with(prepare: Callable[[], Any]) -> None:
    """Let processes that scripts start call `prepare` first.

    Args:
        prepare: A function of a module.
    """
    _started_with[:] = [prepare]


@contextmanager
def face_in_children(install: Callable[[], Any]) -> Generator[None]:
    """Let processes that are started in the block call `install` before they import the script.

    Args:
        install: A function of a module.
    """
    prepare = spawn.get_preparation_data

    def prepared(name: str) -> dict[str, Any]:
        return {"funcgrad": [_Installed(call) for call in (*_started_with, install)], **prepare(name)}

    if "forkserver" in multiprocessing.get_all_start_methods():
        multiprocessing.set_forkserver_preload([])  # or the server would import the script without being prepared
    spawn.get_preparation_data = prepared
    try:
        yield
    finally:
        spawn.get_preparation_data = prepare
