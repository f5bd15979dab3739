"""Pullback: the vector-Jacobian product of an equation, as an operator of its own.

It is recorded like any other operator, so a gradient can be differentiated again by the same mechanism.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun
from jax.interpreters.partial_eval import dce_jaxpr

from funcgrad.trace.equation import NUMBERS, Equation, parts_of, traced
from funcgrad.trace.jaxprs import has_loop, jaxpr_of
from funcgrad.trace.op import ALL, Op
from funcgrad.trace.value import Aval


class Pullback(NamedTuple):
    """How to differentiate one equation with respect to some of its operands.

    The operands of `op` are, in this order: the kept operands of the equation as they stood in it, its kept results,
    a cotangent for each of `cotangents`. Its results are the gradients of the operands asked for.
    """

    op: Op
    static: tuple[Any, ...]
    keeps: tuple[int, ...]  # positions of the operands that are needed: all numbers, and `saved`
    saved: tuple[int, ...]  # positions of the arrays among them
    keeps_results: tuple[int, ...]  # positions of the results that are needed
    cotangents: tuple[int, ...]  # positions of the results that can carry a gradient
    frees: bool  # whether it needs anything, if only a number: such a graph can be walked only once


def pullback(equation: Equation, wrt: tuple[int, ...]) -> Pullback:
    """The pullback of `equation` with respect to the operands at positions `wrt`."""
    found = equation.pullbacks.get(wrt)
    if found is None:
        found = equation.pullbacks[wrt] = _derive(equation, wrt)
    return found


def _derive(equation: Equation, wrt: tuple[int, ...]) -> Pullback:
    op = equation.op
    numbers = tuple(i for i, kind in enumerate(equation.operands) if kind in NUMBERS)
    needed = _needed(op, wrt, len(equation.operands))
    saved = tuple(i for i in needed if i not in numbers)
    cotangents = tuple(k for k, aval in enumerate(equation.results) if is_differentiable(aval))
    absent = tuple(aval for i, aval in enumerate(equation.avals) if aval is not None and i not in saved)
    signature = (len(equation.operands), numbers, saved, wrt, cotangents)
    derived = op.pullbacks.get(signature)
    if derived is None:
        derived = op.pullbacks[signature] = _pullback_op(op, *signature)
    keeps = tuple(sorted(numbers + saved))
    results = () if op.from_result is None else (0,)
    return Pullback(derived, (equation.static, absent), keeps, saved, results, cotangents, bool(needed or results))


def varying(equation: Equation, wrt: tuple[int, ...]) -> tuple[int, ...]:
    """Of the operands at positions `wrt` those whose change changes a result, whatever the values are.

    A sorted gradient depends on the order of the values that were sorted, and not on their size.
    """
    given = [i for i, aval in enumerate(equation.avals) if aval is not None]
    varies = _varying(equation.op, equation.static, equation.kinds, tuple(given.index(i) for i in wrt))
    return tuple(i for i, does in zip(wrt, varies, strict=True) if does)


@functools.lru_cache(4096)
def _varying(
    op: Op, static: tuple[Any, ...], kinds: tuple[Aval | type, ...], places: tuple[int, ...]
) -> tuple[bool, ...]:
    closed = traced(op, static, kinds)

    def changes(*operands: Any) -> Sequence[Any]:
        return _tangents(closed, places, operands[: len(closed.in_avals)], operands[len(closed.in_avals) :])

    with jax.enable_x64(True):
        jaxpr = jaxpr_of(changes, [*closed.in_avals, *(closed.in_avals[i] for i in places)]).jaxpr
    _, used = dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    return tuple(used[len(closed.in_avals) :])


def _transposed(
    closed: ClosedJaxpr, places: tuple[int, ...], inputs: Sequence[Any], chosen: tuple[int, ...]
) -> Callable[[list[Any]], tuple[Any, ...]]:
    """The map from cotangents of the chosen results to those of the inputs at `places`."""
    primals = [inputs[place] for place in places]
    if has_loop(closed.jaxpr):
        # `jax.linear_transpose` takes out of a loop what does not vary in it. XLA would not see then that it is the
        # loop of the operator itself, whose results it has.
        return jax.vjp(lambda *moved: _picked(_moved(closed, places, inputs, moved), chosen), *primals)[1]
    # `jax.vjp` would trace each primitive on its own, at twice the time.
    return jax.linear_transpose(lambda *moves: _picked(_tangents(closed, places, inputs, moves), chosen), *primals)


def _picked(results: Sequence[Any], chosen: tuple[int, ...]) -> list[Any]:
    return [results[k] for k in chosen]


def _moved(closed: ClosedJaxpr, places: tuple[int, ...], inputs: Sequence[Any], moved: Sequence[Any]) -> Any:
    """A function's results with others in the place of its inputs at `places`."""
    replaced = dict(zip(places, moved, strict=True))
    return jaxpr_as_fun(closed)(*[replaced.get(i, x) for i, x in enumerate(inputs)])


def _tangents(
    closed: ClosedJaxpr, places: tuple[int, ...], inputs: Sequence[Any], chosen: Sequence[Any]
) -> Sequence[Any]:
    """How a function's results change where its inputs at `places` change by `chosen`."""
    primals = tuple(inputs[place] for place in places)
    return jax.jvp(lambda *moved: _moved(closed, places, inputs, moved), primals, tuple(chosen))[1]


def is_differentiable(aval: Aval) -> bool:
    """Whether arrays of this dtype can carry a gradient."""
    return jnp.issubdtype(aval.dtype, np.inexact)


def _needed(op: Op, wrt: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Positions of the operands on which the gradient depends."""
    if op.from_result is not None:
        return ()
    if op.saves == ALL:
        return tuple(range(count))
    assert isinstance(op.saves, dict)
    return tuple(sorted({i for position in wrt for i in op.saves[position] if i < count}))


def _pullback_op(
    op: Op,
    count: int,
    numbers: tuple[int, ...],
    saved: tuple[int, ...],
    wrt: tuple[int, ...],
    cotangents: tuple[int, ...],
) -> Op:
    def function(*operands: Any, static: tuple[Any, ...], absent: tuple[Aval, ...]) -> tuple[Any, ...]:
        given, zeros = iter(operands), iter(absent)
        # A gradient does not depend on the values that were not saved: zeros stand in for them.
        forward = [
            next(given) if i in numbers or i in saved else jnp.zeros((z := next(zeros)).shape, z.dtype)
            for i in range(count)
        ]

        kinds, inputs = parts_of(forward)
        closed = traced(op, static, kinds)
        arrays = [i for i in range(count) if i not in numbers]
        places = tuple(arrays.index(i) for i in wrt)

        pull = _transposed(closed, places, inputs, cotangents)
        return tuple(map(_conjugate, pull([*map(_conjugate, given)])))

    def from_result(result: Any, cotangent: Any, *, static: tuple[Any, ...], absent: tuple[Aval, ...]) -> Any:
        assert op.from_result is not None
        found = op.from_result(result, _conjugate(cotangent), **dict(zip(op.static_names, static, strict=True)))
        return _conjugate(found)

    return Op(f"{op.name}_pullback", from_result if op.from_result else function, label=op.label, anywhere=ALL, of=op)


def _conjugate(x: Any) -> Any:
    """From JAX's gradients of complex numbers to PyTorch's, which point uphill, and back."""
    return x.conj() if jnp.iscomplexobj(x) else x
