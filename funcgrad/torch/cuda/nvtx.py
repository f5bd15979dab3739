"""torch.cuda.nvtx: marks for a GPU's profiler, which a PyTorch without CUDA cannot make."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


def _refuse(*given: Any, **keywords: Any) -> NoReturn:
    raise RuntimeError("NVTX functions not installed. Are you sure you have a CUDA build?")


range_push = range_pop = range_start = range_end = mark = _refuse


@contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """A context that would be marked.

    Raises:
        RuntimeError: There is no CUDA.
    """
    range_push(msg)
    yield
