"""Flow: what of a recorded step depends on what, so that it can be taken apart into losses and the rest."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from funcgrad.functionalization.record import GIVEN, Program
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.trace import Equation

Place = tuple[str, str]


class Flow:
    """A program's values by index: results 0, 1, …, and inputs -1, -2, …."""

    def __init__(self, program: Program, params: dict[Place, int]) -> None:
        self.program = program
        self.params = params  # index of each parameter that is trained
        self.makers: dict[int, int] = {}  # the number of the equation behind each result
        self.firsts: list[int] = []  # of each equation, the first result
        self._numbers: list[list[Any]] = []
        self._read()

    def _read(self) -> None:
        floats, ints = iter(self.program.floats.tolist()), iter(self.program.ints.tolist())
        total = 0
        for number, equation in enumerate(self.program.equations):
            self.firsts.append(total)
            self.makers.update(dict.fromkeys(range(total, total + len(equation.results)), number))
            total += len(equation.results)
            kinds = [kind for kind in equation.operands if not isinstance(kind, int)]
            self._numbers.append([next(floats) if kind is float else kind(next(ints)) for kind in kinds])

    def equation(self, index: int) -> Equation:
        """The equation behind a result."""
        return self.program.equations[self.makers[index]]

    def operands(self, number: int) -> list[int | list[Any]]:
        """An equation's operands: indices of values, and numbers, each in a list of its own."""
        numbers = iter(self._numbers[number])
        operands = self.program.equations[number].operands
        return [index if isinstance(index, int) else [next(numbers)] for index in operands]

    def values(self, number: int) -> list[int]:
        """The indices among an equation's operands."""
        return [x for x in self.operands(number) if isinstance(x, int)]

    def is_given(self, index: int) -> bool:
        """Whether a value is taken in and not computed."""
        return index < 0 or self.equation(index).op is GIVEN

    @cached_property
    def _trained(self) -> list[bool]:
        """For each equation, whether it depends on a trained parameter."""
        found: list[bool] = []
        params = set(self.params.values())
        for number in range(len(self.program.equations)):
            found.append(any(k in params or (k >= 0 and found[self.makers[k]]) for k in self.values(number)))
        return found

    @cached_property
    def _after(self) -> list[bool]:
        """For each equation, whether it is part of a backward pass or depends on one."""
        found: list[bool] = []
        for number, equation in enumerate(self.program.equations):
            is_pull = equation.op.name.endswith("_pullback")
            found.append(is_pull or any(k >= 0 and found[self.makers[k]] for k in self.values(number)))
        return found

    def size(self, index: int) -> int:
        """How many elements a result has."""
        return self.equation(index).results[index - self.firsts[self.makers[index]]].size

    def is_after(self, index: int) -> bool:
        """Whether a value is part of a backward pass or depends on one."""
        number = self.makers.get(index)
        return number is not None and self._after[number]

    def is_forward(self, index: int) -> bool:
        """Whether a value is part of a forward computation with trained parameters."""
        number = self.makers.get(index)
        return number is not None and self._trained[number] and not self._after[number]

    def behind(self, roots: list[int]) -> set[int]:
        """All forward values that these depend on, themselves included."""
        found: set[int] = set()
        pending = [k for k in roots if self.is_forward(k)]
        while pending:
            number = self.makers[pending.pop()]
            first = self.firsts[number]
            results = set(range(first, first + len(self.program.equations[number].results)))
            if not results <= found:
                found |= results
                pending += [k for k in self.values(number) if self.is_forward(k)]
        return found


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
        if missing := set(flow.params) - set(self.sums):
            raise FunctionalizationError(
                f"the step cannot be written as source: a backward pass gives {sorted(missing)[0][1]!r} no gradient, "
                "which in JAX would be zero. Take the parameter out of the optimizer."
            )
