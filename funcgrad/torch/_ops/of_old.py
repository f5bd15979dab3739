"""Calls of old, with numbers before tensors: `x.add_(2, y)` is `x.add_(y, alpha=2)`, with a warning.

Many optimizers that were written for PyTorch 1 call them so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import NUMBERS

_TEXT = (
    "This overload of {name}_ is deprecated:\n\t{name}_({old})\n"
    "Consider using one of the following signatures instead:\n\t{name}_({new})"
)


def called_as_of_old(call: Callable[..., Any], tensors: Sequence[str], numbers: Sequence[str], *args: Any) -> Any:
    """Call a function with the numbers in their place.

    Args:
        call: The function, `call(input, *tensors, **numbers)`.
        tensors: Names of the tensors after the first.
        numbers: Names of the numbers, of which the first may be given alone.
        args: The first tensor, the numbers, the tensors; or the first number before the first tensor.

    Raises:
        TypeError: More arguments, or none that are numbers.
    """
    first, second, *rest = args
    if not isinstance(first, Tensor):
        first, second = second, first  # torch.addmm(beta, input, mat1, mat2)
    count = len(args) - 1 - len(tensors)
    given = [second, *rest[: count - 1]]
    if not 0 < count <= len(numbers) or not all(_is_number(x) for x in given):
        raise TypeError(f"{call.__name__}() takes {1 + len(tensors)} positional arguments but {len(args)} were given")
    _warn(call.__name__, tensors, numbers[:count])
    return call(first, *rest[count - 1 :], **dict(zip(numbers, given, strict=False)))


def _is_number(x: Any) -> bool:
    return isinstance(x, NUMBERS) or (isinstance(x, Tensor) and not x.ndim)


def _warn(name: str, tensors: Sequence[str], numbers: Sequence[str]) -> None:
    given, wanted = [f"Tensor {x}" for x in tensors], [f"Number {x} = 1" for x in numbers]
    old = ", ".join([*(f"Number {x}" for x in numbers), *given])
    warn_once(_TEXT.format(name=name, old=old, new=", ".join([*given, "*", *wanted])), kind="overloads of old")
