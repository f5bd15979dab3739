"""Losses: each backward pass of a step as a call of `jax.value_and_grad`."""

from __future__ import annotations

import re
from collections.abc import Callable

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source.backward import Backward
from funcgrad.functionalization.source.flow import Flow
from funcgrad.functionalization.source.functions import Functions
from funcgrad.functionalization.source.layout import listed
from funcgrad.functionalization.source.masks import Masks
from funcgrad.functionalization.source.scope import Scope, dictionaries, formal_of, returning


class Losses:
    """The loss functions of a step; passes that compute the same share one.

    Attributes:
        adds_to_state: Whether gradients are added to those of the step before.
    """

    def __init__(
        self,
        flow: Flow,
        functions: Functions,
        passes: list[Backward],
        masks: Masks,
        step: Callable[[], Scope],
        key: Callable[[int], str],
    ) -> None:
        self._flow, self._functions, self._passes, self._masks = flow, functions, passes, masks
        self._step, self._key = step, key
        self._written = 0
        self.adds_to_state = False

    def write_until(self, number: int) -> None:
        """Write the calls of all passes up to this one; afterwards `grads` is what `.grad` is then."""
        while self._written <= number:
            self._write(self._passes[self._written])
            self._written += 1

    def _write(self, backward: Backward) -> None:
        step, actuals, formals = self._step(), [], []

        def outside(index: int) -> str:
            if index in self._flow.entries:
                dictionary, entry = self._flow.entries[index]
                return f'{dictionary}["{entry}"]'
            actual = step.name(index)
            actuals.append(actual)
            formals.append(scope.fresh(formal_of(actual)))
            return formals[-1]

        scope = Scope(self._flow, self._functions, lambda index: index in backward.forward, outside)
        loss, aux = scope.name(backward.root), [scope.name(index) for index in backward.aux]
        lines = returning(scope.lines, loss + (f", {listed(aux)}" if aux else ""))
        whole = dictionaries(lines)
        name = self._functions.name("loss_fn", [*whole, *formals], lines)
        given = [self._masks.variable(backward) if x == "masks" else x for x in whole]
        is_asked = self._flow.uses(backward.root, outside=backward.forward)
        target = step.names[backward.root] = step.fresh("loss") if is_asked else "_"
        made = [step.fresh(_plain(x)) for x in aux]
        step.names.update(zip(backward.aux, made, strict=True))
        target = f"({target}, {listed(made)})" if aux else target
        base = self._adds(backward)
        self.adds_to_state |= base.startswith("state")
        grads = "more" if base else "grads"
        has_aux = ", has_aux=True" if aux else ""
        called = f"jax.value_and_grad({name}{has_aux})({', '.join([*given, *actuals])})"
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
        number = self._flow.makers[index]
        if self._flow.equation(index).op.name in ("add", "add_each"):
            before = self._flow.values(number)[index - self._flow.firsts[number]]
            if self._key(before) == f"grad {place[0]}.{place[1]}":
                return 'state["grads"]'
            if backward.number and before == self._passes[backward.number - 1].sums[place]:
                return "grads"
        return ""


def _plain(name: str) -> str:
    return re.sub(r"_\d+$", "", re.findall(r"[A-Za-z]\w*", name)[-1])
