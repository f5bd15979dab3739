"""torch._dynamo: switches of PyTorch's compiler, accepted; every step is compiled by XLA anyway."""

from __future__ import annotations

from types import SimpleNamespace as _Switches
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._dynamo.eval_frame import OptimizedModule as OptimizedModule

config = _Switches()


def reset() -> None:
    """Accepted: nothing was compiled by PyTorch's compiler."""


def disable(fn: Any = None, recursive: bool = True, **options: Any) -> Any:
    """The function itself, or a decorator that gives it."""
    return fn if callable(fn) else lambda decorated: decorated


def allow_in_graph(fn: Any) -> Any:
    """The function itself."""
    return fn


def mark_dynamic(t: Any, index: Any, **options: Any) -> None:
    """Accepted: every shape has its program."""


def mark_static_address(t: Any, guard: bool = False) -> None:
    """Accepted: programs take every tensor as an argument."""


def assume_constant_result(fn: Any) -> Any:
    """The function itself."""
    return fn


def graph_break(msg: str = "") -> None:
    """Accepted: nothing to break."""


__getattr__ = _missing_from(__name__)
