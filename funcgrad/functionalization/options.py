"""Options of an optimizer's groups as state: numbers that become tensors while a step is recorded.

So a learning rate is an entry of the pure state: a schedule moves it, a caller may set it, `vmap` may vary it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from funcgrad.torch import Tensor, optim
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._ops.inplace import fill_
from funcgrad.torch._tensor import wrap
from funcgrad.trace import array_of, constant


class Option(NamedTuple):
    """One number among a group's options."""

    optimizer: optim.Optimizer
    group: int
    name: str
    part: int | None = None  # its place in a tuple such as `betas`

    def __str__(self) -> str:
        return f"groups.{self.group}.{self.name}" + ("" if self.part is None else f".{self.part}")

    def get(self) -> Any:
        """What stands there: a number or a tensor."""
        value = self.optimizer.param_groups[self.group][self.name]
        return value if self.part is None else value[self.part]

    def set(self, value: Any) -> None:
        """Put a number or a tensor there."""
        group = self.optimizer.param_groups[self.group]
        if self.part is not None:
            parts = list(group[self.name])
            parts[self.part] = value
            value = tuple(parts)
        group[self.name] = value

    def put(self, number: float) -> None:
        """Put a number there; where a tensor stands, into it."""
        value = self.get()
        if isinstance(value, Tensor):
            fill_(value, number)
        else:
            self.set(number)

    def number(self) -> float:
        """What stands there, as a number."""
        value = self.get()
        return float(np.asarray(array_of(value_of(value), "option"))) if isinstance(value, Tensor) else value


def options_of(optimizer: optim.Optimizer) -> list[Option]:
    """All numbers among the options of an optimizer's groups."""
    found: list[Option] = []
    for k, group in enumerate(optimizer.param_groups):
        for name, value in group.items():
            if _is_number(value):
                found.append(Option(optimizer, k, name))
            elif isinstance(value, tuple):
                found += [Option(optimizer, k, name, part) for part, x in enumerate(value) if _is_number(x)]
    return found


def _is_number(value: Any) -> bool:
    is_scalar_tensor = isinstance(value, Tensor) and value._aval.size == 1
    return is_scalar_tensor or (isinstance(value, (int, float)) and not isinstance(value, bool))


@contextmanager
def as_tensors(options: Iterable[Option]) -> Generator[None]:
    """A block in which these options are tensors of float64, each with its value."""
    before = [(option, option.get()) for option in options]
    for option, value in before:
        if not isinstance(value, Tensor):
            option.set(wrap(constant(np.array(value, np.float64))))
    try:
        yield
    finally:
        for option, value in before:
            option.set(value)
