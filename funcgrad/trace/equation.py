"""Equation: one operator applied to operands, as data that every trace shares which records it at the same place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from funcgrad.trace.jaxprs import jaxpr_of, with_wide_sums
from funcgrad.trace.op import Number, Op
from funcgrad.trace.value import Aval, aval_of

NUMBERS = (bool, int, float, complex)


class Equation:
    """One recorded operator application; immutable data, shared by every trace that follows this path.

    Attributes:
        op: The operator.
        static: Its static parameters, in the order of `op.static_names`.
        operands: For each operand the index of a value in the trace, or the kind of a Python number.
        avals: Shape and dtype for each operand (None for a number).
        results: Shape and dtype of each result.
        on_host: The operator as the host computes it, once it has.
    """

    __slots__ = ("avals", "on_host", "op", "operands", "pullbacks", "results", "static")

    def __init__(
        self,
        op: Op,
        static: tuple[Any, ...],
        operands: tuple[int | type, ...],
        avals: tuple[Aval | None, ...],
        results: tuple[Aval, ...],
    ) -> None:
        self.op = op
        self.static = static
        self.operands = operands
        self.avals = avals
        self.results = results
        self.pullbacks: dict[tuple[int, ...], Any] = {}
        self.on_host: Any = None

    @property
    def kinds(self) -> tuple[Aval | type, ...]:
        """Shape and dtype of each operand, or the kind of a Python number."""
        pairs = zip(self.operands, self.avals, strict=True)
        return tuple(kind if aval is None else aval for kind, aval in pairs)  # pyright: ignore[reportReturnType]

    def __repr__(self) -> str:
        static = dict(zip(self.op.static_names, self.static, strict=True))
        return f"{list(self.results)} = {self.op.name}{self.operands} {static}"


Applied = Callable[[Equation, list[Any], list[Any], list[Any]], Sequence[Any]]
"""How an equation makes results of its arrays, floats and whole numbers."""


def traced(op: Op, static: tuple[Any, ...], kinds: tuple[Aval | type, ...]) -> ClosedJaxpr:
    """An operator as JAX's primitives, a function of its arrays, floats and whole numbers in this order.

    It is remembered: what was traced to infer shapes stands in every program that has the operator.
    """
    config: Any = jax.config
    return _traced(op, static, kinds, config.jax_default_matmul_precision)


@functools.lru_cache(4096)
def _traced(op: Op, static: tuple[Any, ...], kinds: tuple[Aval | type, ...], precision: str | None) -> ClosedJaxpr:
    arrays = [jax.ShapeDtypeStruct(k.shape, k.dtype) for k in kinds if isinstance(k, Aval)]
    n_floats, n_ints = count_numbers(kinds)
    floats = [jax.ShapeDtypeStruct((), np.dtype(np.float64))] * n_floats
    ints = [jax.ShapeDtypeStruct((), np.dtype(np.int64))] * n_ints
    ends = len(arrays), len(arrays) + n_floats

    def function(*operands: Any) -> tuple[Any, ...]:
        parts = operands[: ends[0]], operands[ends[0] : ends[1]], operands[ends[1] :]
        return op(list(fill(kinds, *map(iter, parts))), static)

    with jax.enable_x64(True):
        try:
            return with_wide_sums(jaxpr_of(function, [*arrays, *floats, *ints]))
        except Exception as error:
            error.__dict__.pop("__notes__", None)  # JAX's note on its own frames is none of the user's business
            raise


def parts_of(operands: Sequence[Any]) -> tuple[tuple[Aval | type, ...], list[Any]]:
    """The kinds of the operands, as `traced` asks for them, and the inputs of what it gives."""
    kinds, arrays, floats, ints = [], [], [], []
    for operand in operands:
        if not isinstance(operand, Number):
            kinds.append(aval_of(operand.shape, operand.dtype))
            arrays.append(operand)
            continue
        kinds.append(operand.kind)
        if operand.kind is complex:
            floats += [operand.value.real, operand.value.imag]
        else:
            (floats if operand.kind is float else ints).append(operand.value)
    return tuple(kinds), [*arrays, *floats, *ints]


def forget_traced() -> None:
    """Forget what operators were traced to."""
    _traced.cache_clear()


def count_numbers(kinds: Sequence[Any]) -> tuple[int, int]:
    """How many floats and whole numbers an equation with these operands takes from a trace's data."""
    n_floats = sum({float: 1, complex: 2}.get(k, 0) for k in kinds)
    return n_floats, sum(k is int or k is bool for k in kinds)


Slots = tuple[int, ...]
"""For each number of a trace the position at which it is read."""


def number_places(
    equations: Iterable[Equation], shared: tuple[Slots, Slots] | None = None
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """For each equation the positions at which its floats and its whole numbers are read.

    Args:
        equations: A trace.
        shared: Where its floats and whole numbers are read, if not each at its own position.
    """
    floats = ints = 0
    for equation in equations:
        n_floats, n_ints = count_numbers(equation.operands)
        own = slice(floats, floats + n_floats), slice(ints, ints + n_ints)
        floats, ints = own[0].stop, own[1].stop
        if shared is None:
            yield range(own[0].start, floats), range(own[1].start, ints)
        else:
            yield shared[0][own[0]], shared[1][own[1]]


def fill(kinds: Sequence[Any], arrays: Iterator[Any], floats: Iterator[Any], ints: Iterator[Any]) -> Iterator[Any]:
    """An equation's operands: the next array, or the next number wrapped with its kind."""
    for kind in kinds:
        if kind not in NUMBERS:
            yield next(arrays)
        elif kind is float:
            yield Number(float, next(floats))
        elif kind is complex:
            yield Number(complex, jax.lax.complex(next(floats), next(floats)))
        else:
            yield Number(kind, next(ints))
