"""torch.overrides: objects that take over PyTorch's functions. What they do and when: `_overriding.py`."""

from __future__ import annotations

import functools
from typing import Any

from funcgrad.errors import UnsupportedError
from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import unsupported as _unsupported
from funcgrad.torch import _overriding
from funcgrad.torch._tensor import Tensor as _Tensor
from funcgrad.torch._texts import NO_IMPLEMENTATION as _NO_IMPLEMENTATION


class TorchFunctionMode:
    """A block in which every function of PyTorch is handed to `__torch_function__`; it cannot be entered."""

    def __enter__(self) -> Any:
        """Refuse.

        Raises:
            UnsupportedError: Always.
        """
        advice = "Call what the block shall do, or wrap the functions that it is about."
        raise UnsupportedError(_unsupported(f"torch.overrides.{type(self).__name__}, a TorchFunctionMode", advice))

    def __exit__(self, *exception: object) -> None:
        """Nothing was entered."""


def has_torch_function(relevant_args: Any) -> bool:
    """Whether an argument takes over the functions that it is given to."""
    return bool(_overriding.overriding(relevant_args))


def has_torch_function_unary(obj: Any) -> bool:
    """Whether an object takes over the functions that it is given to."""
    return has_torch_function((obj,))


def has_torch_function_variadic(*args: Any) -> bool:
    """Whether one of the arguments takes over the functions that it is given to."""
    return has_torch_function(args)


def handle_torch_function(public_api: Any, relevant_args: Any, *args: Any, **kwargs: Any) -> Any:
    """Hand a call of a function of one's own to the `__torch_function__` of its arguments.

    Args:
        public_api: The function that was called.
        relevant_args: Those of its arguments that may take it over.
        args: The positional arguments of the call.
        kwargs: The keywords of the call.

    Raises:
        TypeError: All of them said NotImplemented.
    """
    found = _overriding.overriding(relevant_args)
    result = _overriding.ask(public_api, found, args, kwargs)
    if result is NotImplemented:
        path = f"{public_api.__module__}.{public_api.__name__}"
        raise TypeError(_NO_IMPLEMENTATION.format(path, [type(x) for x in found]))
    return result


def wrap_torch_function(dispatcher: Any) -> Any:
    """A decorator: the function's arguments may take it over.

    Args:
        dispatcher: Takes the arguments of a call, and gives those that may.
    """

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(call, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return call

    return decorate


def get_default_nowrap_functions() -> set[Any]:
    """The functions whose results stay plain tensors."""
    return _overriding.not_converted()


def is_tensor_like(inp: Any) -> bool:
    """Whether functions take this as a tensor."""
    return isinstance(inp, _Tensor) or hasattr(type(inp), "__torch_function__")


__getattr__ = _missing_from(__name__)
