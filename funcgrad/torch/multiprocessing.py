"""torch.multiprocessing: Python's own, whose processes each have tensors of their own."""

from __future__ import annotations

import multiprocessing
from multiprocessing import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary] - the face is Python's
from typing import Any, NoReturn

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.errors import missing_from as _missing_from

_strategies = {"file_system", "file_descriptor"}


def set_start_method(method: str | None, force: bool = False) -> None:
    """How new processes start; "fork" is not safe once JAX runs threads."""
    multiprocessing.set_start_method(method, force)


def get_all_sharing_strategies() -> set[str]:
    """Names that `set_sharing_strategy` takes."""
    return set(_strategies)


def get_sharing_strategy() -> str:
    """How tensors would be shared between processes."""
    return "file_descriptor"


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted: tensors are copied between processes."""
    assert new_strategy in _strategies


def spawn(fn: Any, args: Any = (), nprocs: int = 1, join: bool = True, daemon: bool = False) -> NoReturn:
    """Refused: several processes that train one model.

    Raises:
        UnsupportedError: Always.
    """
    raise UnsupportedError(
        unsupported("torch.multiprocessing.spawn", "Train in one process: call fn(0, *args); JAX uses all cores.")
    )


__getattr__ = _missing_from(__name__)
