"""Calls of modules in a recorded step: which operations each of them recorded, and what its arguments are called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from funcgrad.torch import Tensor, nn
from funcgrad.torch._dispatch import value_of
from funcgrad.trace import current


class Call(NamedTuple):
    """One call of a module."""

    module: nn.Module
    start: int  # number of results in the trace before it
    end: int  # and after it
    names: dict[int, str]  # of its arguments, by their index in the trace

    def has(self, index: int) -> bool:
        """Whether a result was recorded in the call."""
        return self.start <= index < self.end


class Calls:
    """The calls of one recorded step, those within others first."""

    def __init__(self) -> None:
        self.made: list[Call] = []
        self._open: list[nn.Module] = []

    def twin(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Stands for `Module.__call__`."""

        def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if self._open and self._open[-1] is module:  # a model's call from outside calls itself once more
                return original(module, *args, **kwargs)
            names = _names(module, args, kwargs)
            start = len(current().results)
            self._open.append(module)
            try:
                return original(module, *args, **kwargs)
            finally:
                self._open.pop()
                self.made.append(Call(module, start, len(current().results), names))

        return call


def _names(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[int, str]:
    try:
        given = inspect.signature(module.forward).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):  # `forward` will say so itself
        return {}
    values = {name: value_of(x) for name, x in given.items() if isinstance(x, Tensor)}
    return {value.index: name for name, value in values.items() if value.trace is current()}
