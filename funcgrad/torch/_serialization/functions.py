"""PyTorch's functions in checkpoints, by the names that stand in files: values that loading never calls."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import funcgrad.torch as torch
from funcgrad.torch._ops import ROWS
from funcgrad.torch.functional import _NAMES as _IN_PYTHON
from funcgrad.torch.nn import functional
from funcgrad.torch.nn._module import Module

Function = Callable[..., Any]

COMPILED_OWNER = "torch._C._VariableFunctionsClass"
"""The class of which Python pickles a compiled `torch.name` as an attribute."""

_FUNCTIONAL = frozenset(name for name, call in vars(functional).items() if isinstance(call, FunctionType))
_COMPILED = frozenset(row.name for row in ROWS if row.function) - _IN_PYTHON
_OTHER_NAMES = {"torch._C._nn.log_sigmoid": "logsigmoid"}


def named(path: str) -> Function | None:
    """The function that has this path in files, if it is one of PyTorch's."""
    owner, _, name = path.rpartition(".")
    name = _OTHER_NAMES.get(path, name)
    if owner in ("torch.nn.functional", "torch._C._nn") and name in _FUNCTIONAL:
        return getattr(functional, name)
    return getattr(torch, name) if owner == "torch.functional" and name in _IN_PYTHON else None


def path_of(function: Any) -> tuple[str, str] | None:
    """Where PyTorch has a function that it wrote in Python, or that only `torch.nn.functional` has: module and name."""
    name = function.__name__
    if name in _FUNCTIONAL and getattr(functional, name) == function:
        return "torch.nn.functional", name
    return ("torch.functional", name) if name in _IN_PYTHON and getattr(torch, name) == function else None


def is_compiled(function: Any) -> bool:
    """Whether it is a function of torch that PyTorch has compiled."""
    return function.__name__ in _COMPILED and getattr(torch, function.__name__) == function


def attribute(owner: Any, name: Any) -> Function:
    """The attribute that a file asks for: a compiled function, or a method of a module.

    Raises:
        pickle.UnpicklingError: It asks for any other attribute.
    """
    if owner is COMPILED_OWNER and name in _COMPILED | _FUNCTIONAL:
        return getattr(torch if name in _COMPILED else functional, name)
    method = inspect.getattr_static(type(owner), name, None) if isinstance(owner, Module) else None
    if not isinstance(method, FunctionType):  # a property would run
        raise pickle.UnpicklingError(f"the file asks for the attribute {name!r:.100} of a {type(owner).__name__}")
    return MethodType(method, owner)
