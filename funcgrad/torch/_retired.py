"""Retired names: what PyTorch still answers for, with a warning that says what to ask instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from, warn
from funcgrad.torch import backends

_ASKED_OF = {
    "has_mps": backends.mps.is_built,
    "has_cuda": backends.cuda.is_built,
    "has_cudnn": backends.cudnn.is_available,
    "has_mkldnn": backends.mkldnn.is_available,
}


def retired_or_missing(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of `torch`: a retired name's answer, and for every other name that it is not there."""
    missing = missing_from(module)

    def lookup(name: str) -> Any:
        ask = _ASKED_OF.get(name)
        if ask is None:
            return missing(name)
        warn(f"'{name}' is deprecated, please use '{ask.__module__.removeprefix('funcgrad.')}.{ask.__name__}()'")
        return ask()

    return lookup
