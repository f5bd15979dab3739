"""Break-even: what compiling a trace takes, and what a program takes less than the host each time.

A trace that may not come back is computed on the host until programs would have taken less by a part of what compiling
takes: one that does not come back takes little then. All is estimated, not measured, so that a script computes the same
bits in every run. The numbers were fitted to about 150 programs of 40 scripts: half of the estimates of compiling are
within 0.8 and 1.1 of what it takes, one in ten is beyond 0.4 and 1.7.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from funcgrad.trace.equation import traced
from funcgrad.trace.host import ELEMENTWISE, LARGEST, is_covered
from funcgrad.trace.jaxprs import primitives_of
from funcgrad.trace.op import Op
from funcgrad.trace.record import Step

PATIENCE = 0.4
"""How much more than programs the host may take in all, as a share of what compiling takes. With more, scripts that
train for some thousand small steps wait too long; with less, those that stop after a few large ones compile in vain."""

AHEAD = 0.5
"""The share of its runs on the host after which a trace is compiled in the background."""

KERNEL, LOWERED = 18.0, 4.0
"""Milliseconds that compiling takes for each operator on operands of its own, and for each equation, by and large."""

SAVED = 6e-3
"""Milliseconds that the host takes more than a program for each equation, by and large."""

TRANSLATED, FUSED, LOOP, PRODUCT = 2.0, 0.12, 28.0, 20.0
"""Milliseconds that compiling takes for each equation, and, in an operator on operands of its own, for each primitive,
and more for one that becomes a loop of its own, or a product of matrices."""

CONVOLUTION = 65.0
"""Milliseconds that compiling takes for a convolution."""

PRIMITIVE, VIEW, ELEMENT, EVALUATED, ADDED, MULTIPLIED, ROUNDED = 8e-4, 3e-4, 2e-7, 3e-6, 3e-5, 2e-8, 8e-7
"""Milliseconds that the host takes more than a program for each primitive, each that only looks at memory otherwise,
each element that one reads or makes, each of a transcendental function, each that is added at a position, each product
of a convolution, and each of 32 bits, which is rounded once with what it is added to; products of matrices take about
the same."""

EQUATION, ARRAY = 5e-4, 3.4e-3
"""Milliseconds that a program takes more than the host for each equation, and each array that goes in or out."""

_VIEWS = frozenset({"reshape", "squeeze", "transpose", "broadcast_in_dim", "slice", "rev", "stop_gradient"})
_EVALUATED = frozenset({"exp", "log", "expm1", "log1p", "tanh", "logistic", "erf", "sin", "cos", "pow"})
_PICKED = frozenset({"gather", "dynamic_slice"})  # they read what they make
_COMPILED = {
    "conv_general_dilated": CONVOLUTION,
    "dot_general": PRODUCT,
    **dict.fromkeys(("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and", "reduce_or"), LOOP),
    **dict.fromkeys(("argmax", "argmin", "cumsum", "cummax", "cumlogsumexp", "sort"), LOOP),
    **dict.fromkeys(("reduce_window_max", "reduce_window_sum", "select_and_scatter_add"), LOOP),
    **dict.fromkeys(("gather", "scatter", "scatter-add", "scatter-mul", "scatter-max", "scatter-min"), LOOP),
    **dict.fromkeys(("dynamic_slice", "dynamic_update_slice", "pad", "rev", "concatenate", "split"), LOOP),
}


class Cost:
    """What the trace that ends at a step costs, in milliseconds, about.

    Attributes:
        compiling: Once.
        saved: What a program takes less than the host, each time, without a look at its primitives.

    Args:
        step: The end of the trace.
        n_arrays: How many arrays go in and out.
    """

    def __init__(self, step: Step, n_arrays: int) -> None:
        equations = [s.equation for s in step.path() if s.equation is not None]
        self._operators = Counter((equation.op, equation.static, equation.kinds) for equation in equations)
        self._n_equations, self._n_arrays = len(equations), n_arrays
        self.compiling = KERNEL * len(self._operators) + LOWERED * len(equations)
        self.saved = SAVED * len(equations)

    @functools.cached_property
    def runs(self) -> float:
        """How often the host computes the trace before it is compiled."""
        compiling, alone = TRANSLATED * self._n_equations, 0.0
        saved = -EQUATION * self._n_equations - ARRAY * self._n_arrays
        for operator, times in self._operators.items():
            price = _price(*operator)
            compiling += price.compiling
            alone += price.alone
            saved += times * price.saved
        return max((PATIENCE * compiling - alone) / saved, 0) if saved > 0 else math.inf


class _Price(NamedTuple):
    """What an operator costs, in milliseconds."""

    compiling: float  # once, as a part of a program
    alone: float  # once, as a program of its own, if the host cannot compute it
    saved: float  # what a program takes less than the host, each time


@functools.lru_cache(4096)
def _price(op: Op, static: tuple[Any, ...], kinds: tuple[Any, ...]) -> _Price:
    jaxpr = traced(op, static, kinds).jaxpr
    compiling = saved = 0.0
    small: Counter[str] = Counter()
    for turns, equation in primitives_of(jaxpr):
        name = equation.primitive.name
        compiling += FUSED + _COMPILED.get(name, 0)
        saved += turns * _saved(equation)
        if name in ELEMENTWISE and 1 < equation.outvars[0].aval.size <= LARGEST:
            small[name] += turns
    return _Price(compiling, 0 if is_covered(jaxpr) else KERNEL + LOWERED, saved - PRIMITIVE * _joined(small))


def _joined(small: Counter[str]) -> float:
    """How many primitives on small arrays the host computes together with others.

    Where an operator does the same for each of several parameters, it has each primitive so many times.
    """
    n_alike = math.gcd(*small.values())
    return small.total() * (1 - 1 / n_alike) if n_alike else 0


def _saved(equation: Any) -> float:
    """What the host takes more than a program for a primitive."""
    name, made = equation.primitive.name, [v.aval for v in equation.outvars]
    if name in _VIEWS:
        return VIEW
    taken = [] if name in _PICKED else [v.aval for v in equation.invars]
    cost = PRIMITIVE + ELEMENT * max(aval.size for aval in (*taken, *made))
    if name == "mul" and made[0].dtype == np.float32:
        cost += ROUNDED * made[0].size
    elif name in _EVALUATED:
        cost += EVALUATED * made[0].size
    elif name == "scatter-add":
        cost += ADDED * taken[2].size
    elif name == "conv_general_dilated":
        weight = taken[1]
        n_out = weight.shape[equation.params["dimension_numbers"].rhs_spec[0]]
        cost += MULTIPLIED * made[0].size * weight.size / max(n_out, 1)
    return cost
