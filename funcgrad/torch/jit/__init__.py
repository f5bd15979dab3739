"""torch.jit: TorchScript, which is not there; what models ask and mark for it is answered."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from typing import Final as Final

from funcgrad.errors import UnsupportedError as _UnsupportedError
from funcgrad.errors import unsupported as _unsupported
from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.jit._instances import is_of as _is_of

_ADVICE = (
    "Leave the call out and use the module or function itself: every step is recorded and compiled by XLA anyway. "
    "Save model.state_dict() instead of the module."
)
_Function = Callable[..., Any]


class TracerWarning(Warning):
    """What tracing would warn with: filters of warnings name it, and nothing is traced."""


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


def interface(obj: Any) -> Any:
    """The class itself, which TorchScript would look for among the modules of a program."""
    return obj


def script(obj: Any, optimize: Any = None, _frames_up: int = 0, example_inputs: Any = None) -> Any:
    """A function or class itself: TorchScript would compile it, and here the step that it is part of is compiled.

    Raises:
        UnsupportedError: For a module.
    """
    if not (inspect.isroutine(obj) or inspect.isclass(obj)):
        raise _UnsupportedError(_unsupported(f"torch.jit.script for a {type(obj).__name__}", _ADVICE))
    return obj


def script_if_tracing(fn: _Function) -> _Function:
    """The function itself."""
    return fn


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value, whose type TorchScript would be told."""
    return the_value


def _overload(func: _Function) -> _Function:
    """The function itself, one of several of its name that TorchScript would choose from."""
    return func


def _overload_method(func: _Function) -> _Function:
    """The method itself, one of several of its name that TorchScript would choose from."""
    return func


isinstance = _is_of
_IMPORTED = frozenset({"RecursiveScriptModule", "ScriptFunction", "ScriptModule", "TopLevelTracedModule"})

__getattr__ = _absent(__name__, _ADVICE, _IMPORTED)
