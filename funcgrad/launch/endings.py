"""What a script registers with `atexit` runs when Python ends, long after the script: then it gets its imports back."""

from __future__ import annotations

import atexit
import importlib
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType
from typing import Any


@contextmanager
def endings_in(place: Callable[[], AbstractContextManager[Any]]) -> Generator[None]:
    """A block whose `atexit` handlers run in a place like it.

    Args:
        place: Makes the block's import state anew. The modules that the block had imported are put into it.
    """
    kept: dict[str, ModuleType] = {}
    register, unregister = atexit.register, atexit.unregister
    waiting: list[tuple[Any, Callable[[], None]]] = []

    def registered(func: Any, *args: Any, **keywords: Any) -> Any:
        def call() -> None:
            with place() if kept else nullcontext():
                _put_back(kept)
                try:
                    func(*args, **keywords)
                finally:
                    forget(call)

        waiting.append((func, call))
        register(call)
        return func

    def forget(call: Callable[[], None]) -> None:
        waiting[:] = [pair for pair in waiting if pair[1] is not call]
        if not waiting:
            kept.clear()  # what the script's globals hold is finalized after the last handler

    def unregistered(func: Any) -> None:
        for known, call in waiting:
            if known == func:
                unregister(call)
                forget(call)
        unregister(func)

    atexit.register, atexit.unregister = registered, unregistered
    try:
        yield
    finally:
        atexit.register, atexit.unregister = register, unregister
        if waiting:
            kept.update(sys.modules)


def _put_back(modules: dict[str, ModuleType]) -> None:
    if "torch" in modules:
        importlib.import_module("torch")  # its finder names the classes
    for name, module in modules.items():
        sys.modules.setdefault(name, module)
