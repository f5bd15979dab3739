"""Backward passes: what is computed for each, where its graph ends, and that nothing changes a gradient on its way."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source.flow import Flow, Place

_ON_THE_WAY = (
    "the step cannot be written as source: '{}' changes a gradient on its way back, as a hook does. Use the pure step "
    "itself, or write this part."
)


class Backward:
    """One backward pass: its loss, what is computed for it, and the gradients after it."""

    def __init__(self, flow: Flow, number: int, places: dict[Any, Place]) -> None:
        made = flow.program.passes[number]
        if len(made.roots) != 1 or not made.is_plain or made.roots[0].aval.size != 1:
            raise FunctionalizationError(
                "the step cannot be written as source: backward() starts from something else than one loss. Sum the "
                "losses first."
            )
        self.number = number
        self.root = made.roots[0].index
        self.sums = {places[storage]: value.index for storage, value in made.sums.items() if storage in places}
        self.forward = flow.behind([self.root])
        self.aux: list[int] = []  # values that the rest of the step asks for
        self._check_way_back(flow)
        self._find_cuts(flow, made.followed)
        if missing := set(flow.params) - set(self.sums):
            raise FunctionalizationError(
                f"the step cannot be written as source: a backward pass gives {sorted(missing)[0][1]!r} no gradient, "
                "which in JAX would be zero. Take the parameter out of the optimizer."
            )

    def numbers(self, flow: Flow) -> set[int]:
        """The numbers of the equations that are computed for it."""
        return {flow.makers[k] for k in self.forward}

    def _check_way_back(self, flow: Flow) -> None:
        """Refuse gradients that something changes on their way: a hook, or a backward pass of the user's."""
        pending, seen = list(self.sums.values()), set[int]()
        while pending:
            index = pending.pop()
            if index in seen or not flow.is_after(index):
                continue
            seen.add(index)
            operator, values = flow.equation(index).op.name, flow.values(flow.makers[index])
            is_sum = all(flow.is_given(k) or flow.is_after(k) for k in values)
            is_added = (operator == "add_each" or (operator == "add" and len(values) == 2)) and is_sum
            if not (operator.endswith("_pullback") or operator == "cast" or is_added):
                raise FunctionalizationError(_ON_THE_WAY.format(operator))
            pending += values

    def _find_cuts(self, flow: Flow, followed: dict[int, tuple[bool, ...]]) -> None:
        """Note where the graph ends though a trained parameter lies behind: at `detach`, and under `no_grad`."""
        for number in self.numbers(flow):
            equation = flow.program.equations[number]
            edges = followed.get(id(equation), (False,) * len(equation.operands))
            if not any(np.issubdtype(aval.dtype, np.integer) or aval.dtype == np.bool_ for aval in equation.results):
                for position, k in enumerate(flow.operands(number)):
                    if isinstance(k, int) and not edges[position] and self._is_followed(flow, k, followed):
                        flow.cuts.add((number, position))

    def _is_followed(self, flow: Flow, index: int, followed: dict[int, tuple[bool, ...]]) -> bool:
        return index in flow.parameters or (index in self.forward and id(flow.equation(index)) in followed)

    def absorb(self, flow: Flow) -> None:
        """Take over what is computed for this pass alone, though without a trained parameter.

        A part of an argument is not: so passes on parts of one batch can share a function.
        """
        for index in sorted(flow.makers, reverse=True):
            if index not in self.forward and not flow.is_given(index) and not flow.is_after(index):
                if flow.is_part_of_given(index) and flow.call_of(index, None) is None:
                    continue
                used, own = flow.uses(index), flow.uses(index) - flow.uses(index, outside=self.forward)
                if used and used == own:
                    self.forward.add(index)
