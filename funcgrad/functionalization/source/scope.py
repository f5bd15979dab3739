"""Scope: the lines of one function, written as they are asked for.

What a module computed becomes a function of its own where the module is more than one layer. Casts, reshapes and the
like stand where they are used.
"""

from __future__ import annotations

import builtins
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from funcgrad.functionalization.calls import Call
from funcgrad.functionalization.source.expressions import expression
from funcgrad.functionalization.source.flow import LIGHT, PARTS, Flow, last_word
from funcgrad.functionalization.source.functions import Functions
from funcgrad.functionalization.source.layout import quoted

SHORT = {
    "scaled_dot_product_attention": "mixed",
    "cross_entropy": "loss",
    "mse_loss": "loss",
    "binary_cross_entropy_with_logits": "loss",
    "nll_loss": "loss",
    "convolution": "conv",
    "lstm_layer": "lstm",
    "layer_norm": "norm",
    "moved_by_batch": "moved",
    "batch_norm": "norm",
    "filled": "constant",
    "mul": "product",
    "div": "quotient",
    "add": "total",
    "sub": "difference",
    "pow": "power",
    "pow_constant": "power",
}
"""What the result of an operator is called, where its own name would be long or no noun."""


class Scope:
    """The lines of one function.

    Args:
        flow: The program.
        functions: Where functions that this one calls are written.
        is_inside: Whether this function computes a value.
        outside: The expression for a value that it does not compute.
        home: The call of a module that this function is the body of.
    """

    def __init__(
        self,
        flow: Flow,
        functions: Functions,
        is_inside: Callable[[int], bool],
        outside: Callable[[int], str],
        home: Call | None = None,
    ) -> None:
        self.flow = flow
        self.names: dict[int, str] = {}
        self.lines: list[str] = []
        self._functions = functions
        self._is_inside, self._outside, self._home = is_inside, outside, home
        self._used: Counter[str] = Counter()

    def name(self, index: int) -> str:
        """The expression for a value; writes what it needs."""
        if index not in self.names:
            if self.flow.is_free(index):
                self.names[index] = self._expression(self.flow.makers[index])
            elif not self._is_inside(index):
                self.names[index] = self._outside(index)
            elif (call := self._call_of(index)) is not None:
                self._write_call(call)
            else:
                self._write(index)
        return self.names[index]

    def _call_of(self, index: int) -> Call | None:
        """The call that a value comes from here, if that is worth a function."""
        call = self.flow.call_of(index, self._home)
        if call is None or not self.flow.leaves(index, call) or self.flow.is_small(call, self._is_inside):
            return None
        return call

    def fresh(self, base: str) -> str:
        """A name that the function does not have yet."""
        self._used[base] += 1
        is_free = base not in self._functions.taken
        name = base if self._used[base] == 1 and is_free else f"{base}_{self._used[base]}"
        if name == base:
            return name
        self._used[name] += 1
        return name if self._used[name] == 1 else self.fresh(base)

    def take(self, name: str) -> str:
        """A name that stands for something else from the start."""
        self._used[name] += 1
        return name

    def _expression(self, number: int) -> str:
        equation = self.flow.program.equations[number]
        operands = [self.name(x) if isinstance(x, int) else literal(x[0]) for x in self.flow.operands(number)]
        for position in range(len(operands)):
            if (number, position) in self.flow.cuts:
                operands[position] = f"jax.lax.stop_gradient({operands[position]})"
        return expression(equation, operands)

    def _write(self, index: int) -> None:
        number = self.flow.makers[index]
        equation, first = self.flow.program.equations[number], self.flow.firsts[number]
        if equation.op.name == "unbind":
            (x,), (dim,) = self.flow.values(number), equation.static
            self.names[index] = f"{self.name(x)}[{':, ' * dim}{index - first}]"
            return
        right = self._expression(number)
        is_light = equation.op.name in LIGHT and self.flow.uses(first) <= 1
        if is_light or right.isidentifier():
            self.names[first] = right
            return
        base = self._base(number)
        made = [
            self.fresh(self.flow.names.get(k, base)) if self.flow.uses(k) else "_"
            for k in range(first, first + len(equation.results))
        ]
        self.names.update(enumerate(made, first))
        self.lines.append(f"{', '.join(made)} = {right}")

    def _base(self, number: int) -> str:
        """What a result is called: after the layer whose parameter it uses, as what it is made of, or by operator."""
        operator, values = self.flow.program.equations[number].op.name, self.flow.values(number)
        if layer := self.flow.layer_of(number):
            return layer
        origin = re.sub(r"_\d+$", "", self.names.get(values[0], "")) if values else ""
        if (
            (operator in LIGHT | PARTS or origin == "loss")
            and origin.isidentifier()
            and origin not in self._functions.taken
        ):
            return origin
        return SHORT.get(operator, re.sub(r"\W", "_", operator))

    # A module's own function.

    def _write_call(self, call: Call) -> None:
        outputs = [k for k in range(call.start, call.end) if self._is_inside(k) and self.flow.leaves(k, call)]
        outputs.sort(key=lambda k: k in self.flow.names)  # new statistics last
        actuals: dict[str, str] = {}  # what each formal parameter gets
        order: dict[str, int] = {}

        def outside(index: int) -> str:
            if index in self.flow.entries:
                return self._entry(*self.flow.entries[index], call)
            actual = self.name(index)
            formal = body.fresh(_argument(call.names.get(index)) or formal_of(actual))
            actuals[formal] = actual
            order[formal] = list(call.names).index(index) if index in call.names else len(call.names)
            return formal

        body = Scope(self.flow, self._functions, lambda k: call.has(k) and self._is_inside(k), outside, call)
        results = [body.name(k) for k in outputs]
        formals = sorted(actuals, key=lambda formal: order[formal])
        lines = returning(body.lines, ", ".join(results))
        path = self.flow.path_of(call.module)
        prefix = ["prefix"] if any("prefix" in line for line in lines) else []
        whole = dictionaries(lines)
        function = self._functions.name(self.flow.function_of(call), [*whole, *prefix, *formals], lines)
        given = [*whole, *[self._prefix(path)] * len(prefix), *(actuals[formal] for formal in formals)]
        bases = [self.flow.names.get(k) for k in outputs]
        made = [self.fresh(base or self._result(path)) for base in bases]
        self.names.update(zip(outputs, made, strict=True))
        self.lines.append(f"{', '.join(made)} = {function}({', '.join(given)})")

    def _result(self, path: str) -> str:
        return last_word(path) or "output"

    def _entry(self, dictionary: str, name: str, call: Call) -> str:
        path = self.flow.path_of(call.module)
        within = bool(path) and name.startswith(f"{path}.")
        return f'{dictionary}[f"{{prefix}}.{name[len(path) + 1 :]}"]' if within else f'{dictionary}["{name}"]'

    def _prefix(self, path: str) -> str:
        """The prefix that a function for this path gets, as it is written here."""
        own = "" if self._home is None else self.flow.path_of(self._home.module)
        return f'f"{{prefix}}.{path[len(own) + 1 :]}"' if own and path.startswith(f"{own}.") else quoted(path)


def returning(lines: list[str], result: str) -> list[str]:
    """The lines of a function that ends with a result, which needs no name if the last line makes it."""
    name, _, right = lines[-1].partition(" = ") if lines else ("", "", "")
    return [*lines[:-1], f"return {right}"] if name == result else [*lines, f"return {result}"]


def dictionaries(lines: list[str]) -> list[str]:
    """Which dictionaries a function is given whole."""
    text = "\n".join(lines)
    return ["params", *(name for name in ("buffers", "masks") if re.search(rf"\b{name}\b", text))]


def _argument(name: str | None) -> str | None:
    return "x" if name is not None and hasattr(builtins, name) else name


def formal_of(actual: str) -> str:
    """A name for a parameter, after what it gets: the same for values that play the same role."""
    return re.sub(r"_\d+$", "", re.findall(r"[A-Za-z]\w*", actual)[-1])


def literal(x: Any) -> str:
    """A number as it stands in a line."""
    if isinstance(x, float) and not math.isfinite(x):
        return "jnp.nan" if math.isnan(x) else "jnp.inf" if x > 0 else "-jnp.inf"
    return f"({x!r})" if isinstance(x, (int, float)) and x < 0 else repr(x)
