"""Parts of PyTorch that are not there on purpose: they can be imported, and the first name that is used says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import PACKAGE, UnsupportedNameError, unsupported


def absent(module: str, advice: str) -> Callable[[str], Any]:
    """A module's `__getattr__` that says what to do instead.

    Args:
        module: The module's own name, for example `funcgrad.torch.jit`.
        advice: What to do, as a sentence.

    Raises:
        UnsupportedNameError: From the returned function, for every name without double underscores.
    """
    shown = module.removeprefix(f"{PACKAGE}.")

    def lookup(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise UnsupportedNameError(unsupported(f"{shown}.{name}", advice), name=name)

    return lookup
