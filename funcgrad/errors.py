"""Error classes, and where an error or a warning shows itself: at the user's line.

A text says what was wrong, what was expected and what to do.
"""

from __future__ import annotations

import inspect
import os
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

PACKAGE = "funcgrad"
_LIBRARIES = frozenset({"jax", "jaxlib", "optax", "chex", "numpy"})
_STANDARD_LIBRARY = (os.path.dirname(os.__file__), "<frozen ")  # a user's own `test.py` lies elsewhere


class FuncgradError(Exception):
    """Base of the errors that funcgrad defines itself."""


class UnsupportedError(FuncgradError, NotImplementedError):
    """A PyTorch name, argument or combination that `funcgrad.torch` does not have. See `unsupported` for the text."""


class UnsupportedNameError(AttributeError, UnsupportedError):
    """A PyTorch name that is missing as an attribute; `hasattr` and `getattr` with a default work as usual."""


class UnsupportedModuleError(ModuleNotFoundError, UnsupportedError):
    """A PyTorch module that is missing; `try: import torch.fx` with `except ImportError` works as usual."""


def unsupported(name: str, advice: str = "") -> str:
    """The text for something of PyTorch that is not there.

    Args:
        name: What is missing as the user wrote it, for example `torch.fx` or `argument foreach of torch.optim.SGD`.
        advice: What to do instead, as a sentence.

    Example:
        >>> unsupported("torch.fx", "Trace with jax.make_jaxpr.")
        'funcgrad.torch has no torch.fx. Trace with jax.make_jaxpr.'
    """
    return f"{PACKAGE}.torch has no {name}. {advice or 'Write this part with names that dir(torch) lists, or in JAX.'}"


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs funcgrad's own code."""
    return _root_module(frame) == PACKAGE


def is_beneath(frame: FrameType) -> bool:
    """Whether a frame runs code that a call of ours may pass through: JAX and its relatives, the standard library."""
    root, file = _root_module(frame), frame.f_code.co_filename
    return root in _LIBRARIES or (root in sys.stdlib_module_names and file.startswith(_STANDARD_LIBRARY))


def _root_module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def users_frame() -> FrameType | None:
    """The innermost frame of the user's code that is running: neither ours nor of a library that we call."""
    frame = inspect.currentframe()
    while frame is not None and (is_ours(frame) or is_beneath(frame)):
        frame = frame.f_back
    return frame


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns at the user's line: the innermost one that is neither ours nor of a library that we call."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and (is_ours(frame) or is_beneath(frame)):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def missing_from(module: str) -> Callable[[str], Any]:
    """A module's `__getattr__` that says which name of PyTorch is not there.

    Args:
        module: The module's own name, for example `funcgrad.torch.nn`.

    Raises:
        UnsupportedNameError: From the returned function, for every name without double underscores.
    """
    shown = module.removeprefix(f"{PACKAGE}.")

    def lookup(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise UnsupportedNameError(unsupported(f"{shown}.{name}"), name=name)

    return lookup
