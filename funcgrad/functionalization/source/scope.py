"""Scope: the lines of one function, written as they are asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from funcgrad.functionalization.source import vocabulary
from funcgrad.functionalization.source.expressions import expression
from funcgrad.functionalization.source.flow import Flow

SHORT = {
    "scaled_dot_product_attention": "attention",
    "cross_entropy": "loss",
    "mse_loss": "loss",
    "convolution": "conv",
    "lstm_layer": "lstm",
    "layer_norm": "norm",
    "moved_by_batch": "moved",
    "batch_norm": "norm",
}
"""What the result of an operator is called, where its own name would be long."""

SAME = ("unbind", "view", "reshape", "cast", "transpose", "slice")
TAKEN = frozenset(name for name in vars(vocabulary) if not name.startswith("_"))


class Scope:
    """The lines of one function.

    Args:
        flow: The program.
        is_inside: Whether this function computes a value.
        outside: The expression for a value that it does not compute.
    """

    def __init__(self, flow: Flow, is_inside: Callable[[int], bool], outside: Callable[[int], str]) -> None:
        self.flow = flow
        self.names: dict[int, str] = {}
        self.lines: list[str] = []
        self._is_inside, self._outside = is_inside, outside
        self._used: Counter[str] = Counter()

    def name(self, index: int) -> str:
        """The expression for a value; writes what it needs."""
        if index not in self.names:
            if self._is_inside(index):
                self._write(self.flow.makers[index])
            else:
                self.names[index] = self._outside(index)
        return self.names[index]

    def fresh(self, base: str) -> str:
        """A name that the function does not have yet."""
        self._used[base] += 1
        return base if self._used[base] == 1 and base not in TAKEN else f"{base}_{self._used[base]}"

    def take(self, name: str) -> str:
        """A name that stands for something else from the start."""
        self._used[name] += 1
        return name

    def _write(self, number: int) -> None:
        equation, first = self.flow.program.equations[number], self.flow.firsts[number]
        operands = [self.name(x) if isinstance(x, int) else literal(x[0]) for x in self.flow.operands(number)]
        right = expression(equation, operands)
        base = self._base(equation.op.name, operands)
        made = [self.fresh(base) for _ in equation.results]
        self.names.update(enumerate(made, first))
        self.lines.append(f"{', '.join(made)} = {right}")

    def _base(self, operator: str, operands: list[str]) -> str:
        """What a result is called: after the operator, or as what it is a part or another form of."""
        origin = re.sub(r"_\d+$", "", operands[0]) if operands else ""
        if operator in SAME and origin.isidentifier() and origin not in TAKEN:
            return origin
        return SHORT.get(operator, re.sub(r"\W", "_", operator))


def literal(x: Any) -> str:
    """A number as it stands in a line."""
    return f"({x!r})" if isinstance(x, (int, float)) and x < 0 else repr(x)
