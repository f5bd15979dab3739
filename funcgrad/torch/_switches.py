"""Switches of PyTorch's compiler: attributes of a module, which a block may set otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

_MISSING = object()


def patcher(name: str) -> Callable[..., Any]:
    """`patch` of the module of that name: a block, or a decorator, in which its switches stand otherwise."""

    @contextmanager
    def patch(arg1: str | dict[str, Any] | None = None, arg2: Any = None, **kwargs: Any) -> Generator[None]:
        """Set switches, given by a name and a value, in a dict or as keywords, and put them back."""
        given = arg1 if isinstance(arg1, dict) else {} if arg1 is None else {arg1: arg2}
        switches = vars(sys.modules[name])
        before = {key: switches.get(key, _MISSING) for key in {**given, **kwargs}}
        switches.update(given, **kwargs)
        try:
            yield
        finally:
            switches.update(before)
            for key in [key for key, value in before.items() if value is _MISSING]:
                del switches[key]

    return patch
