"""Inheritance: which result of a program takes over the memory of which dead input.

An input's memory goes to a result of the last equation that reads it, and on from there, as an optimizer makes the next
state from the last. For any other pair XLA would copy the input first, and the result at the end.
"""

from __future__ import annotations

from collections import defaultdict

from funcgrad.trace.record import Step
from funcgrad.trace.value import Aval


def inherit(step: Step, wanted: tuple[int, ...], dead: tuple[int, ...]) -> dict[int, int]:
    """The positions of the inputs whose memory results take over, by the results' indices.

    Args:
        step: The end of the trace.
        wanted: Indices of the results to return.
        dead: Positions of the inputs that nobody will ask for.
    """
    path = step.path()
    last = {k: at for at in path if at.equation is not None for k in at.equation.operands}
    memory = {~k: k for k in dead}  # the input whose memory an operand has
    heirs: dict[int, int] = {}
    is_wanted = set(wanted)
    for at in path:
        if at.equation is None:
            continue
        free: dict[Aval | None, list[int]] = defaultdict(list)
        for k, aval in zip(at.equation.operands, at.equation.avals, strict=True):
            if k in memory and last[k] is at:
                free[aval].append(memory.pop(k))
        for index, aval in zip(range(at.results)[::-1], reversed(at.equation.results), strict=False):
            if free[aval]:  # the next state stands where the last one does, at the end
                (heirs if index in is_wanted else memory)[index] = free[aval].pop()
    return heirs
