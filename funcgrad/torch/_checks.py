"""Checks that libraries write with PyTorch's private names: of conditions, and of values that are not known yet."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch._ops.known import expect
from funcgrad.torch._tensor import Tensor

_NO_MESSAGE = (
    "Expected cond to be True, but got False. (Could this error message be improved? If so, please report an "
    "enhancement request to PyTorch.)"
)
_ZERO = "Expected Tensor with single nonzero value, but got zero"


def _assert(condition: Any, message: str) -> None:
    """Refuse what is not so.

    Raises:
        AssertionError: With the message.
    """
    assert condition, message


def _assert_async(input: Tensor, assert_msg: str = _ZERO) -> None:
    """Refuse a zero as soon as the tensor's value is known.

    Raises:
        RuntimeError: There is a zero, now or when the value is computed; or more than one element.
    """
    if input.numel() > 1:
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    expect(input, functools.partial(_refuse_zero, text=assert_msg))


def _refuse_zero(array: np.ndarray, text: str) -> None:
    if not array.any():
        raise RuntimeError(text)


def _check_with(error_type: type[Exception], cond: Any, message: Callable[[], str] | None = None) -> None:
    """Refuse what is not so, with an error of a type.

    Args:
        error_type: The type.
        cond: A bool.
        message: What makes the text.

    Raises:
        TypeError: The condition is no bool, or the message cannot be called.
        Exception: The condition is False.
    """
    if isinstance(cond, Tensor):
        raise TypeError(
            "cond must be a bool, but got a Tensor. For tensor conditions, use torch._check_tensor_all() to assert "
            "that all elements are true."
        )
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if cond:
        return
    if message is not None and not callable(message):
        raise TypeError("message must be a callable")
    raise error_type(_NO_MESSAGE if message is None else str(message()))


_check = functools.partial(_check_with, RuntimeError)
_check_index = functools.partial(_check_with, IndexError)
_check_value = functools.partial(_check_with, ValueError)
_check_type = functools.partial(_check_with, TypeError)
_check_not_implemented = functools.partial(_check_with, NotImplementedError)


def _check_is_size(i: Any, message: Callable[[], str] | None = None, *, max: Any = None) -> None:
    """Refuse a negative number, or one above `max`."""
    _check(bool(i >= 0 and (max is None or i <= max)), message)


def _check_tensor_all(cond: Tensor, message: Callable[[], str] | None = None) -> None:
    """Refuse a tensor that has a False."""
    _check(bool(cond.all()), message)
