"""Range checks of hyperparameters, with PyTorch's error texts.

Arrays and schedules pass unchecked: a tracer has no value yet.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax


@dataclasses.dataclass(frozen=True)
class Check:
    """A condition on some hyperparameters and the text of the error when it does not hold."""

    names: tuple[str, ...]
    legal: Callable[..., bool]
    text: str  # a format string over the hyperparameters, e.g. "Invalid learning rate: {lr}"

    def __call__(self, hyper: Mapping[str, Any]) -> None:
        values = [hyper[name] for name in self.names]
        if all(map(_is_known, values)) and not self.legal(*values):
            raise ValueError(self.text.format(**hyper))


def nonnegative(name: str, text: str | None = None) -> Check:
    """The check that a hyperparameter is at least zero."""
    return Check((name,), partial(operator.le, 0.0), text or f"Invalid {name} value: {{{name}}}")


def _is_known(value: Any) -> bool:
    return not isinstance(value, jax.Array) and not callable(value) and all(map(_is_known, _items(value)))


def _items(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


LEARNING_RATE = nonnegative("lr", "Invalid learning rate: {lr}")
EPSILON = nonnegative("eps", "Invalid epsilon value: {eps}")
MOMENTUM = nonnegative("momentum")
WEIGHT_DECAY = nonnegative("weight_decay")
BETAS = tuple(
    Check(("betas",), lambda betas, i=i: 0.0 <= betas[i] < 1.0, f"Invalid beta parameter at index {i}: {{betas[{i}]}}")
    for i in (0, 1)
)
