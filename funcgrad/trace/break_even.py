"""Break-even: what compiling a trace takes, and what a program takes less than the host each time.

A trace that may not come back is computed on the host until programs would have taken less by a fifth of what compiling
takes: one that does not come back takes little then, and one that does a fifth longer than if it had been compiled at
once. All is estimated, not measured, so that a script computes the same bits in every run.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Any

from funcgrad.trace.equation import traced
from funcgrad.trace.host import is_covered
from funcgrad.trace.jaxprs import primitives_of
from funcgrad.trace.record import Step

PATIENCE = 0.2
"""How much more than programs the host may take in all, as a share of what compiling takes."""

KERNEL, LOWERED, CONVOLUTION = 18.0, 4.0, 60.0
"""Milliseconds that compiling takes for each operator on operands of its own, for each equation, and for each
convolution in such an operator more."""

EQUATION, PRIMITIVE, ELEMENT, ADDED, PRODUCT = 1.5e-3, 5e-4, 1.2e-7, 1.5e-5, 6e-8
"""Milliseconds that the host takes more than a program for each equation, each primitive in it, each element that one
reads or makes, each element added at a position, and each product of a convolution; not for products of matrices."""

CALLED, ARRAY = 1e-2, 1.5e-3
"""Milliseconds that a program's call takes, and each array that goes in or out: the host has no such call."""

SAVED = 6e-3
"""Milliseconds that the host takes more than a program for each equation by and large."""

_VIEWS = frozenset({"reshape", "squeeze", "transpose", "broadcast_in_dim", "slice", "rev", "stop_gradient"})


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
        self._call = CALLED + ARRAY * n_arrays
        self.compiling = KERNEL * len(self._operators) + LOWERED * len(equations)
        self.saved = SAVED * len(equations)

    @functools.cached_property
    def runs(self) -> float:
        """How often the host computes the trace before it is compiled."""
        alone, saved, compiling = 0.0, -self._call, self.compiling
        for operator, times in self._operators.items():
            jaxpr = traced(*operator).jaxpr
            alone += 0 if is_covered(jaxpr) else KERNEL + LOWERED  # once, as a program of its own
            saved += times * EQUATION
            for turns, equation in primitives_of(jaxpr):
                saved += times * turns * (PRIMITIVE + _elements(equation))
                compiling += CONVOLUTION * (equation.primitive.name == "conv_general_dilated")
        return max((PATIENCE * compiling - alone) / saved, 0) if saved > 0 else math.inf


def _elements(equation: Any) -> float:
    """The share of a primitive's cost that grows with its operands and results."""
    name, avals = equation.primitive.name, [v.aval for v in (*equation.invars, *equation.outvars)]
    if name in _VIEWS:
        return 0
    cost = ELEMENT * max(aval.size for aval in avals)
    if name == "scatter-add":
        cost += ADDED * avals[2].size
    elif name == "conv_general_dilated":
        _, weight, result = avals
        n_out = weight.shape[equation.params["dimension_numbers"].rhs_spec[0]]
        cost += PRODUCT * result.size * weight.size / max(n_out, 1)
    return cost
