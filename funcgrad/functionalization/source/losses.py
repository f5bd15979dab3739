"""Losses: each backward pass of a step as a call of `jax.value_and_grad`."""

from __future__ import annotations

import re
from collections.abc import Callable

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source.flow import Backward, Flow
from funcgrad.functionalization.source.layout import function, listed
from funcgrad.functionalization.source.scope import Scope

_Body = tuple[tuple[str, ...], tuple[str, ...]]  # formal parameters and lines


class Losses:
    """The loss functions of a step; passes that compute the same share one.

    Attributes:
        functions: Name of each function, by its formal parameters and lines.
        adds_to_state: Whether gradients are added to those of the step before.
    """

    def __init__(
        self, flow: Flow, passes: list[Backward], step: Callable[[], Scope], key: Callable[[int], str]
    ) -> None:
        self.functions: dict[_Body, str] = {}
        self._flow, self._passes, self._step, self._key = flow, passes, step, key
        self._params = {index: place[1] for place, index in flow.params.items()}
        self._written = 0
        self.adds_to_state = False

    def source(self) -> str:
        """The functions themselves."""
        return "\n\n\n".join(
            function(f"def {name}({', '.join(('params', *formals))}):", lines)
            for (formals, lines), name in self.functions.items()
        )

    def write_until(self, number: int) -> None:
        """Write the calls of all passes up to this one; afterwards `grads` is what `.grad` is then."""
        while self._written <= number:
            self._write(self._passes[self._written])
            self._written += 1

    def _write(self, backward: Backward) -> None:
        step, actuals, formals = self._step(), [], []

        def outside(index: int) -> str:
            if index in self._params:
                return f'params["{self._params[index]}"]'
            actual = step.name(index)
            actuals.append(actual)
            formals.append(scope.fresh(_formal(actual)))
            return formals[-1]

        scope = Scope(self._flow, lambda index: index in backward.forward, outside)
        loss, aux = scope.name(backward.root), [scope.name(index) for index in backward.aux]
        lines = (*scope.lines, f"return {loss}" + (f", {listed(aux)}" if aux else ""))
        number = len(self.functions)
        name = self.functions.setdefault((tuple(formals), lines), f"loss_fn_{number + 1}" if number else "loss_fn")
        step.names[backward.root] = step.fresh("loss")
        made = [step.fresh(_plain(x)) for x in aux]
        step.names.update(zip(backward.aux, made, strict=True))
        target = step.names[backward.root]
        target = f"({target}, {listed(made)})" if aux else target
        base = self._adds(backward)
        self.adds_to_state |= base.startswith("state")
        grads = "more" if base else "grads"
        has_aux = ", has_aux=True" if aux else ""
        called = f"jax.value_and_grad({name}{has_aux})({', '.join(['params', *actuals])})"
        step.lines.append(f"{target}, {grads} = {called}")
        if base:
            step.lines.append(f"grads = add({base}, more)")

    def _adds(self, backward: Backward) -> str:
        """What the gradients of a pass are added to; empty if to nothing."""
        bases = {self._base(index, backward, place) for place, index in backward.sums.items()}
        if len(bases) > 1:
            raise FunctionalizationError(
                "the step cannot be written as source: some gradients are added up, others are not. Clear all or none."
            )
        return bases.pop()

    def _base(self, index: int, backward: Backward, place: tuple[str, str]) -> str:
        equation = self._flow.equation(index)
        if equation.op.name == "add":
            before = self._flow.values(self._flow.makers[index])[0]
            if self._key(before) == f"grad {place[0]}.{place[1]}":
                return 'state["grads"]'
            if backward.number and before == self._passes[backward.number - 1].sums[place]:
                return "grads"
        return ""


def _formal(actual: str) -> str:
    """A name for a parameter, after what it gets: the same for values that play the same role."""
    words = re.findall(r"[A-Za-z]\w*", actual)
    return "mask" if words[0] == "masks" else re.sub(r"_\d+$", "", words[-1])


def _plain(name: str) -> str:
    return re.sub(r"_\d+$", "", name)
