"""Row: one name of PyTorch's vocabulary, from which its function, method and in-place method are made."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from funcgrad.torch._dispatch import apply, assign, check_writable
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


@dataclass(frozen=True)
class Row:
    """One name.

    Attributes:
        name: As users write it.
        call: PyTorch's function; as a method it gets the tensor first.
        function: Whether `torch.name` exists.
        method: Whether `tensor.name` exists.
        inplace: Whether `tensor.name_` exists too, with the meaning "assign the result".
    """

    name: str
    call: Callable[..., Any]
    function: bool = True
    method: bool = True
    inplace: bool = False


def unary(name: str, op: Op, *, inplace: bool = True) -> Row:
    """The row of an operator that takes one tensor and nothing else."""

    def call(input: Tensor) -> Tensor:
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        return apply(op, (), input)

    return Row(name, _named(call, name), inplace=inplace)


def binary(name: str, op: Op, *, inplace: bool = True) -> Row:
    """The row of an operator that takes two tensors, or a tensor and a number."""

    def call(input: Any, other: Any) -> Tensor:
        return apply(op, (), input, other)

    return Row(name, _named(call, name), inplace=inplace)


def _named(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    call.__name__ = call.__qualname__ = name
    return call


def in_place(row: Row) -> Callable[..., Tensor]:
    """The in-place method of a row."""
    call = row.call

    @functools.wraps(call)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self)
        return assign(self, call(self, *args, **kwargs))

    return _named(method, f"{row.name}_")


def install(rows: Iterable[Row], namespace: dict[str, Any]) -> None:
    """Give `torch` its functions and `Tensor` its methods.

    Raises:
        ValueError: Two rows have one name.
    """
    seen: set[tuple[str, bool]] = set()
    for row in rows:
        for name, call, is_method in _names(row):
            if (name, is_method) in seen:
                raise ValueError(f"the operator table has two rows for '{name}'; keep one")
            seen.add((name, is_method))
            if is_method:
                setattr(Tensor, name, call)
            else:
                namespace[name] = call


def _names(row: Row) -> list[tuple[str, Callable[..., Any], bool]]:
    names: list[tuple[str, Callable[..., Any], bool]] = []
    if row.function:
        names.append((row.name, row.call, False))
    if row.method:
        names.append((row.name, row.call, True))
    if row.inplace:
        names.append((f"{row.name}_", in_place(row), True))
    return names
