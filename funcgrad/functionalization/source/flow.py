"""Flow: what of a recorded step depends on what, so that it can be taken apart into losses and the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from funcgrad.functionalization.calls import Call
from funcgrad.functionalization.draws import DRAWN
from funcgrad.functionalization.record import GIVEN, Program
from funcgrad.torch import nn
from funcgrad.trace import Equation

Place = tuple[str, str]

LIGHT = frozenset({"cast", "clone", "expand", "permute", "reshape", "slice", "t", "transpose", "unsqueeze", "view"})
"""Operators that give another form of the same numbers."""
PARTS = frozenset({"unbind", "slice", "split", "split_with_sizes"})
CONSTANTS = frozenset({"arange", "filled", "full", "eye", "linspace"})
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class Flow:
    """A program's values by index: results 0, 1, …, and inputs -1, -2, ….

    Attributes:
        params: The index of each parameter that is trained, by its place.
        parameters: The names of these, by index.
        makers: The number of the equation behind each result.
        firsts: Of each equation, the first result.
        names: What a value should be called, for those of which that is known.
        entries: What stands in a dictionary that functions are given whole, by index: the dictionary and the name.
        cuts: Number and place of the operands that no gradient goes through.
    """

    def __init__(self, program: Program, params: dict[Place, int], module: nn.Module) -> None:
        self.program = program
        self.params = params
        self.parameters = {index: name for (_, name), index in params.items()}
        self.makers: dict[int, int] = {}
        self.firsts: list[int] = []
        self.names: dict[int, str] = {}
        self.cuts: set[tuple[int, int]] = set()
        self.entries: dict[int, tuple[str, str]] = {index: ("params", name) for index, name in self.parameters.items()}
        self._paths = {id(part): path for path, part in module.named_modules()}
        self._numbers: list[list[Any]] = []
        self._uses: dict[int, list[int]] = {}
        self._ends: set[int] = set()
        self._results: set[int] = set()
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
        return index < 0 or self.equation(index).op in (GIVEN, DRAWN)

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

    # What is used where. Known once it is known what the step wants in the end.

    def settle(self, results: list[int], roots: list[int]) -> None:
        """Note what the step wants: what it returns, and the new state; and what its passes begin from or hand over."""
        self._results, self._ends = set(results), {*results, *roots}
        alive: set[int] = set()
        pending = [k for k in self._ends if not self.is_given(k)]
        while pending:
            number = self.makers[pending.pop()]
            if number not in alive and not self._after[number]:
                alive.add(number)
                pending += [k for k in self.values(number) if not self.is_given(k)]
        for number in sorted(alive):
            for k in self.values(number):
                self._uses.setdefault(k, []).append(number)
            if self.program.equations[number].op.name == "scaled_dot_product_attention":
                for k, name in zip(self.values(number), "qkv", strict=False):
                    self.names.setdefault(self._origin(k), name)

    def _origin(self, index: int) -> int:
        """What a value is another form of."""
        while not self.is_given(index) and self.equation(index).op.name in LIGHT:
            index = self.values(self.makers[index])[0]
        return index

    def is_part_of_given(self, index: int) -> bool:
        """Whether a value is a part of something that is taken in."""
        is_part = self.equation(index).op.name in PARTS
        return is_part and self.is_given(self._origin(self.values(self.makers[index])[0]))

    def uses(self, index: int, outside: set[int] | None = None) -> int:
        """How often a value is asked for, the backward passes left out; by others than `outside` if that is given."""
        users = self._uses.get(index, [])
        if outside is None:
            return len(users) + (index in self._ends)
        return sum(self.firsts[number] not in outside for number in users) + (index in self._results)

    def is_free(self, index: int) -> bool:
        """Whether a value may be written anywhere: a constant, or another form of a parameter."""
        if self.is_given(index) or self.is_after(index):
            return False
        operator, values = self.equation(index).op.name, self.values(self.makers[index])
        if operator in CONSTANTS:
            return not values
        if (self.makers[index], 0) in self.cuts:
            return False
        return operator in LIGHT and all(k in self.parameters or (k >= 0 and self.is_free(k)) for k in values)

    # Modules.

    def path_of(self, module: nn.Module) -> str:
        """The name of a module in the one that is trained."""
        return self._paths.get(id(module), "")

    def function_of(self, call: Call) -> str:
        """What the function for a call is named: the whole model's `model`, others after their class."""
        if not self.path_of(call.module):
            return "model"
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(call.module).__name__.strip("_")).lower()

    def functions(self) -> set[str]:
        """All such names."""
        return {self.function_of(call) for call in self._own_calls}

    @cached_property
    def _own_calls(self) -> list[Call]:
        """The calls that become functions: of the model, and of modules that are more than a layer."""
        return [call for call in self.program.calls if self._is_own(call.module)]

    def _is_own(self, module: nn.Module) -> bool:
        path = self._paths.get(id(module))
        return path == "" or (path is not None and bool(module._modules) and not isinstance(module, CONTAINERS))

    def call_of(self, index: int, within: Call | None) -> Call | None:
        """The outermost call that a result belongs to, among those within a call."""
        for call in reversed(self._own_calls):  # those within others come first
            inside = within is None or (within.start <= call.start and call.end <= within.end and call is not within)
            if inside and call.has(index):
                return call
        return None

    def leaves(self, index: int, call: Call) -> bool:
        """Whether somebody outside of a call asks for a result of it."""
        if self.is_given(index) or self.is_free(index):
            return False
        users = self._uses.get(index, [])
        return index in self._ends or any(not call.has(self.firsts[number]) for number in users)

    def users(self, index: int) -> list[int]:
        """The numbers of the equations that ask for a value."""
        return self._uses.get(index, [])

    def dropper_of(self, index: int) -> str:
        """The name of the layer, or of the module, that asks for a mask first."""
        users = self.users(index)
        modules = (call.module for call in self.program.calls if users and call.has(self.firsts[users[0]]))
        module = next(modules, None)  # the innermost
        path = "" if module is None else self.path_of(module)
        return path if path and module is not None and not module._modules else f"{path}.dropout".removeprefix(".")

    def is_small(self, call: Call, is_inside: Callable[[int], bool]) -> bool:
        """Whether a function that computes these values of a call would have one line."""
        inner = (k for k in range(call.start, call.end) if k in self.makers and is_inside(k))
        return sum(self.uses(k) > 0 and not self.is_free(k) for k in inner) <= 1

    def layer_of(self, number: int) -> str:
        """The name of the layer that an equation with parameters belongs to; empty if it has none."""
        own = [k for k in self.values(number) if self._origin(k) in self.parameters]
        if not own:
            return ""
        layers = (call.module for call in self.program.calls if call.has(self.firsts[number]))
        layer = next(layers, None)  # the innermost
        path = self.path_of(layer) if layer is not None and not layer._modules else ""
        return last_word(path or self.parameters[self._origin(own[0])].rpartition(".")[0])


def last_word(path: str) -> str:
    """The last part of a path that is a name, with the number after it; empty if there is none."""
    parts = path.split(".")
    named = [k for k, part in enumerate(parts) if part.isidentifier()]
    return "_".join(parts[named[-1] :]) if named else ""
