"""Schedule: a hyperparameter as a function of the number of updates so far.

A law is written once, over the few functions of `Arithmetic`: a Python step gives PyTorch's double to the last bit, an
array gives a traced scalar.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

Number: TypeAlias = Any  # a Python number, or a scalar array


@dataclasses.dataclass(frozen=True)
class Arithmetic:
    """The functions that a law may use besides operators."""

    cos: Callable[[Number], Number]
    floor: Callable[[Number], Number]
    minimum: Callable[[Number, Number], Number]
    power: Callable[[float, Number], Number]  # of a number that is not negative
    where: Callable[[Any, Number, Number], Number]
    take: Callable[[Sequence[float], Number], Number]


@dataclasses.dataclass(frozen=True)
class Schedule:
    """A law, in its closed form and in PyTorch's chained one; callable, as optax wants its schedules.

    Attributes:
        closed: `closed(xp, step)`, the value at a step.
        chained: `chained(step, value)`, the value at a step from the value in force before it. PyTorch's schedulers
            multiply the current learning rate, so a rate that somebody else changed stays changed, and rounding
            adds up in PyTorch's way. None for a law that PyTorch itself evaluates in closed form.
    """

    closed: Callable[[Arithmetic, Number], Number]
    chained: Callable[[int, float], float] | None = None

    def __call__(self, step: Number) -> Number:
        """The value at a step: a Python float for a Python number, a scalar array for an array."""
        if isinstance(step, (int, float)):
            return self.closed(HOST, step)
        return self.closed(DEVICE, jnp.asarray(step, float))

    def advance(self, step: int, value: float) -> float:
        """The value at a step from the one in force before it; at step 0, from the base value."""
        return self.chained(step, value) if self.chained else self(step)


def _host_where(condition: bool, if_true: float, if_false: float) -> float:
    return if_true if condition else if_false


def _device_power(base: float, exponent: jax.Array) -> jax.Array:
    # A base rounded to float32 before a power of thousands is wrong in the third digit; its logarithm is not.
    return jnp.exp(exponent * math.log(base)) if base > 0 else jnp.power(base, exponent)


HOST = Arithmetic(
    cos=math.cos,
    floor=math.floor,
    minimum=min,
    power=lambda base, exponent: base**exponent,
    where=_host_where,
    take=lambda table, index: table[index],
)
DEVICE = Arithmetic(
    cos=jnp.cos,
    floor=jnp.floor,
    minimum=jnp.minimum,
    power=_device_power,
    where=jnp.where,
    take=lambda table, index: jnp.asarray(table, float)[index],
)
