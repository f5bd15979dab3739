"""torch._dynamo: switches of PyTorch's compiler, accepted; every step is compiled by XLA anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._dynamo import config as config
from funcgrad.torch._dynamo.eval_frame import OptimizedModule as OptimizedModule
from funcgrad.torch._dynamo.eval_frame import compile as _compile


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


def maybe_mark_dynamic(t: Any, index: Any) -> None:
    """Accepted: every shape has its program."""


def mark_static(t: Any, index: Any = None) -> None:
    """Accepted: every shape has its program."""


def is_compiling() -> bool:
    """Whether PyTorch's compiler compiles this function: never."""
    return False


def optimize(*backend: Any, **options: Any) -> Callable[[Any], Any]:
    """A decorator that does what `torch.compile` does."""
    return _compile


def disallow_in_graph(fn: Any) -> Any:
    """The function itself."""
    return fn


def mark_static_address(t: Any, guard: bool = False) -> None:
    """Accepted: programs take every tensor as an argument."""


def assume_constant_result(fn: Any) -> Any:
    """The function itself."""
    return fn


def graph_break(msg: str = "") -> None:
    """Accepted: nothing to break."""


__getattr__ = _missing_from(__name__)
