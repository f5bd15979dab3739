"""Break-even: what compiling a trace takes, and what computing it on the host takes instead.

A trace that may not come back is computed on the host until that has taken half as long as compiling it would: one that
does not come back takes little then, and one that does half as long again as if it had been compiled at once. All is
estimated, not measured, so that a script computes the same bits in every run.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

from jax.extend.core import Jaxpr

from funcgrad.trace.equation import traced
from funcgrad.trace.exactness import CALLS
from funcgrad.trace.host_function import is_covered
from funcgrad.trace.record import Step

PATIENCE = 0.5
"""How long the host computes a trace, as a share of what compiling it takes."""

KERNEL, LOWERED = 18.0, 4.0
"""Milliseconds that compiling takes for each operator on operands of its own, and for each equation."""

CALL, PRIMITIVE, ELEMENT, ADDED, PRODUCT = 2e-3, 1e-3, 1e-6, 1.5e-5, 1e-7
"""Milliseconds that the host takes for each equation, each primitive in it, each element that one reads or makes, each
element added at a position, and each product of a convolution; products of matrices take as long as compiled ones."""

SAVED = 6e-3
"""Milliseconds that the host takes for each equation by and large, without a look at its primitives."""

_VIEWS = frozenset({"reshape", "squeeze", "transpose", "broadcast_in_dim", "slice", "rev", "stop_gradient"})


class Cost:
    """What the trace that ends at a step costs, in milliseconds, about.

    Attributes:
        compiling: Once.
        saved: What a program takes less than the host, each time.
    """

    def __init__(self, step: Step) -> None:
        equations = [s.equation for s in step.path() if s.equation is not None]
        self._operators = Counter((equation.op, equation.static, equation.kinds) for equation in equations)
        self.compiling = KERNEL * len(self._operators) + LOWERED * len(equations)
        self.saved = SAVED * len(equations)

    @functools.cached_property
    def runs(self) -> int:
        """How often the host computes the trace before it is compiled."""
        alone = on_host = 0.0
        for operator, times in self._operators.items():
            primitives = traced(*operator).jaxpr
            alone += 0 if is_covered(primitives) else KERNEL + LOWERED  # once, as a program of its own
            on_host += times * (CALL + _primitives(primitives))
        return max(int((PATIENCE * self.compiling - alone) / on_host), 0)


def _primitives(jaxpr: Jaxpr) -> float:
    total = 0.0
    for equation in jaxpr.eqns:
        name, params = equation.primitive.name, equation.params
        if name in CALLS:
            total += _primitives(params[CALLS[name]].jaxpr)
        elif name == "scan":
            total += params["length"] * _primitives(params["jaxpr"].jaxpr)
        else:
            total += PRIMITIVE + _elements(name, [v.aval for v in (*equation.invars, *equation.outvars)], params)
    return total


def _elements(name: str, avals: list[Any], params: dict[str, Any]) -> float:
    """The share of a primitive's cost that grows with its operands and results."""
    if name in _VIEWS:
        return 0
    cost = ELEMENT * max(aval.size for aval in avals)
    if name == "scatter-add":
        cost += ADDED * avals[2].size
    elif name == "conv_general_dilated":
        _, weight, result = avals
        n_out = weight.shape[params["dimension_numbers"].rhs_spec[0]]
        cost += PRODUCT * result.size * weight.size / max(n_out, 1)
    return cost
