"""torch.multiprocessing: Python's own, whose processes share the memory of the tensors that they send each other."""

from __future__ import annotations

import multiprocessing as multiprocessing
from multiprocessing import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary] - the face is Python's

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.multiprocessing import reductions as reductions
from funcgrad.torch.multiprocessing.reductions import init_reductions as init_reductions
from funcgrad.torch.multiprocessing.spawn import ProcessContext as ProcessContext
from funcgrad.torch.multiprocessing.spawn import ProcessExitedException as ProcessExitedException
from funcgrad.torch.multiprocessing.spawn import ProcessRaisedException as ProcessRaisedException
from funcgrad.torch.multiprocessing.spawn import SpawnContext as SpawnContext
from funcgrad.torch.multiprocessing.spawn import spawn as spawn
from funcgrad.torch.multiprocessing.spawn import start_processes as start_processes

_strategies = {"file_system", "file_descriptor"}
_strategy = "file_descriptor"


def get_all_sharing_strategies() -> set[str]:
    """Names that `set_sharing_strategy` takes."""
    return set(_strategies)


def get_sharing_strategy() -> str:
    """The name that was set last; tensors are always shared by descriptors of files."""
    return _strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Set the name that `get_sharing_strategy` gives, for scripts that look at it."""
    global _strategy
    assert new_strategy in _strategies, f"invalid sharing strategy {new_strategy!r}, expected one of {_strategies}"
    _strategy = new_strategy


init_reductions()
__getattr__ = _missing_from(__name__)
