"""What the names in a checkpoint stand for: the types that are rebuilt, and how.

Nothing is imported and no function of the file's choice is called; a name that is not here is refused.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from collections import OrderedDict
from typing import Any

import numpy as np

from funcgrad.torch._overriding import Overridable
from funcgrad.torch._serialization.constructors import CALLS, FURTHER, STRICT, array_state, attributes, check_byteorder
from funcgrad.torch._serialization.functions import named
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._module import Module

_REFUSED = (
    "Weights only load failed. The file asks for {path}, and torch.load rebuilds known types only, so that no file "
    "runs code. {advice}"
)
_BLOCKED = "Its module is blocked, whatever add_safe_globals says."
_TRUST = (
    "If you trust the file, define or import this name and call torch.serialization.add_safe_globals([{name}]) before "
    "torch.load; or save a state_dict, which needs no such names."
)
_NOT_STRICT = "Pass weights_only=False to have it rebuilt, too."
_BLOCKED_MODULES = frozenset({"sys", "os", "posix", "nt"})
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}  # as protocol 2 calls them
_USERS: dict[str, Any] = {}
"""What `add_safe_globals` has been given, by the name that stands in files."""


class Known:
    """The names of a checkpoint.

    Args:
        is_strict: Whether only the types of plain checkpoints are rebuilt, PyTorch's `weights_only=True`.
    """

    def __init__(self, is_strict: bool) -> None:
        self._is_strict = is_strict

    def find(self, module: str, name: str) -> Any:
        """The object of this name.

        Raises:
            pickle.UnpicklingError: It is not among those that are rebuilt.
        """
        module = _RENAMED.get(module, module)
        path = f"{module}.{name}"
        if module in _BLOCKED_MODULES:
            raise pickle.UnpicklingError(_REFUSED.format(path=path, advice=_BLOCKED))
        for table in (_USERS, STRICT):
            if path in table:
                return table[path]
        further = FURTHER.get(path, _known_class(module, name) or named(path))
        if further is None or self._is_strict:
            advice = _TRUST.format(name=name) if further is None else _NOT_STRICT
            raise pickle.UnpicklingError(_REFUSED.format(path=path, advice=advice))
        return further

    def make(self, target: Any, args: tuple[Any, ...]) -> Any:
        """`target(*args)` for a known constructor."""
        if _is_users(target):
            return target(*args)
        call = CALLS.get(id(target))
        if call is None:
            kind = "function" if isinstance(target, Overridable) else type(target).__name__
            raise pickle.UnpicklingError(f"the pickle calls a {kind}, which is no known constructor")
        return call(*args)

    def new(self, target: Any, args: tuple[Any, ...]) -> Any:
        """An object of a known class; of a module's class without running anything of it."""
        if _is_users(target) and isinstance(target, type):
            return target.__new__(target, *args)
        if isinstance(target, type) and issubclass(target, (Module, argparse.Namespace)) and not args:
            return object.__new__(target)
        return self.make(target, args)

    def set_state(self, target: Any, state: Any) -> None:
        """Restore the attributes of an object of a known class."""
        if _is_users(type(target)):
            _set_users_state(target, state)
        elif type(target) is OrderedDict:
            target.__dict__.update(attributes(state, OrderedDict))
        elif isinstance(target, Module) or type(target) is argparse.Namespace:
            target.__dict__.update(attributes(state))
        elif type(target) is np.ndarray:
            target.__setstate__(array_state(*state))
        elif isinstance(target, np.dtype):
            check_byteorder(state)
        else:
            raise pickle.UnpicklingError(f"the pickle sets attributes of a {type(target).__name__}, which it may not")


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Allow classes and functions in files: `torch.load` then calls them as a file says, so trust both.

    Args:
        safe_globals: Classes and functions, or pairs of one and its name in files.
    """
    for given in safe_globals:
        allowed, path = given if isinstance(given, tuple) else (given, f"{given.__module__}.{given.__qualname__}")
        if not isinstance(path, str):
            raise TypeError(f"Expected second item in tuple to be str of callable full path, but got: {type(path)}")
        _USERS[path] = allowed


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` has been given."""
    return list(_USERS.values())


def clear_safe_globals() -> None:
    """Forget what `add_safe_globals` has been given."""
    _USERS.clear()


class safe_globals:
    """A block in which further classes and functions are allowed in files."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        self._before = dict(_USERS)
        add_safe_globals(self.safe_globals)

    def __exit__(self, *error: object) -> None:
        clear_safe_globals()
        _USERS.update(self._before)


def is_known(module: str, name: str) -> bool:
    """Whether a name in a file is rebuilt under `weights_only=True`."""
    try:
        Known(is_strict=True).find(module, name)
    except pickle.UnpicklingError:
        return False
    return True


def _is_users(target: Any) -> bool:
    return any(target is allowed for allowed in _USERS.values())


def _known_class(module: str, name: str) -> type[Module | Tensor] | None:
    """A class of modules or tensors that the program has already; found without importing or running anything."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    is_plain = isinstance(found, type) and issubclass(found, Module | Tensor) and not hasattr(found, "__setstate__")
    return found if is_plain else None


def _set_users_state(target: Any, state: Any) -> None:
    if hasattr(target, "__setstate__"):
        target.__setstate__(state)
        return
    for given in state if isinstance(state, tuple) else (state,):
        for name, value in (given or {}).items():
            setattr(target, name, value)
