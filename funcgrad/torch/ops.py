"""torch.ops: operators by namespace and name, one's own and PyTorch's.

One of PyTorch's is the public function of its name, whichever overload is asked for.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.torch._custom_ops import DEFINED as _DEFINED

_ADVICE = "Call the operator under its public name."


class _Operator:
    """An operator by its internal name; its overloads are attributes, and all do the same."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the operator.

        Raises:
            UnsupportedError: There is no public function of its name.
        """
        namespace, name = self._name.split(".")[:2]
        if (namespace, name) in _DEFINED:
            return _DEFINED[namespace, name](*args, **kwargs)
        torch = importlib.import_module(__name__.rpartition(".")[0])
        found = getattr(torch, name, None) or getattr(torch.nn.functional, name, None)
        if name.startswith("_") or found is None:
            raise UnsupportedError(unsupported(f"torch.ops.{self._name}", _ADVICE))
        return found(*args, **kwargs)

    def __getattr__(self, overload: str) -> _Operator:
        if overload.startswith("__") or self._name.count(".") > 1 or overload == "overloads":
            raise AttributeError(f"The underlying op of '{self._name}' has no overload name '{overload}'")
        return _operator(f"{self._name}.{overload}")

    def __repr__(self) -> str:
        return self._name


class _Namespace:
    """The operators of one namespace."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> _Operator:
        if name.startswith("__") or (self._name != "aten" and (self._name, name) not in _DEFINED):
            raise AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'")
        return _operator(f"{self._name}.{name}")


_operator = functools.cache(_Operator)
_namespace = functools.cache(_Namespace)


def load_library(path: str) -> None:
    """Load operators that were compiled for PyTorch.

    Raises:
        OSError: Always: they are compiled for another program.
    """
    raise OSError(f"Could not load this library: {path}. It is compiled for PyTorch itself.")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _namespace(name)
