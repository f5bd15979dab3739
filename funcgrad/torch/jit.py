"""torch.jit: TorchScript, which is not there; what models ask and mark for it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.torch._absent import absent as _absent

_Function = Callable[..., Any]


def is_scripting() -> bool:
    """Whether TorchScript compiles this function: never."""
    return False


def is_tracing() -> bool:
    """Whether TorchScript traces this function: never."""
    return False


def ignore(drop: _Function | bool = False, **options: Any) -> _Function:
    """The function itself, which TorchScript would leave to Python."""
    return drop if callable(drop) else unused


def unused(fn: _Function) -> _Function:
    """The function itself, which TorchScript would leave out."""
    return fn


def export(fn: _Function) -> _Function:
    """The function itself, which TorchScript would compile too."""
    return fn


__getattr__ = _absent(
    __name__,
    "Leave the call out and use the module or function itself: every step is recorded and compiled by XLA anyway. "
    "Save model.state_dict() instead of the module.",
)
