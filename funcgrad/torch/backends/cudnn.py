"""torch.backends.cudnn: switches of a library that is not used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from funcgrad.errors import missing_from as _missing_from

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Whether cuDNN can be used."""
    return False


def version() -> None:
    """The version of cuDNN: there is none."""


@contextlib.contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
    fp32_precision: str = "none",
) -> Iterator[None]:
    """A context in which the switches would be set: without effect."""
    yield


__getattr__ = _missing_from(__name__)
