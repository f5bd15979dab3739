"""Break-even: what compiling a trace takes, and what computing it on the host takes instead.

A trace that may not come back is computed on the host until that has taken as long as compiling it would: at worst that
is twice as long as the better of the two.
"""

from __future__ import annotations

from typing import NamedTuple

from funcgrad.trace.record import Step

KERNEL, LOWERED = 18.0, 4.0
"""Milliseconds that compiling takes for each operator on operands of its own, and for each equation."""

CALL, ELEMENT = 0.025, 5e-6
"""Milliseconds that the host takes for each equation, and for each element of a result."""


class Cost(NamedTuple):
    """Milliseconds, about."""

    compiling: float
    on_host: float  # each time

    @property
    def runs(self) -> int:
        """How often the host computes the trace in the time that compiling it takes."""
        return int(self.compiling / self.on_host)


def cost_of(step: Step) -> Cost:
    """The cost of the trace that ends at `step`."""
    equations = [s.equation for s in step.path() if s.equation is not None]
    kernels = len({(equation.op, equation.static, equation.kinds) for equation in equations})
    on_host = CALL * len(equations) + ELEMENT * step.elements
    return Cost(KERNEL * kernels + LOWERED * len(equations), on_host)
