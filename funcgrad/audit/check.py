"""Check: what one mistake looks like in the ledger, and how a run without it goes.

A check is a file of `checks/`. The file's text is its documentation: `funcgrad explain` prints it, and its examples
are its tests.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, ClassVar

from funcgrad.audit.finding import Hit, Share
from funcgrad.audit.ledger import Clip, Gradient, Ledger, Step, Term
from funcgrad.audit.place import Place
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.arithmetic import ADD, MUL
from funcgrad.torch._tensor import Tensor, wrap


class Check:
    """A check; it overrides the moments at which it can see its mistake, and those at which it can repair it."""

    code: ClassVar[str]
    name: ClassVar[str]
    repair: ClassVar[str]  # a sentence
    looks_at_plain_steps: ClassVar[bool] = False
    effect: ClassVar[str] = ""  # in words, where a repaired run could not show it

    @classmethod
    def text(cls) -> str:
        """The documentation of the check."""
        return sys.modules[cls.__module__].__doc__ or ""

    # What it sees.

    def at_backward(self, ledger: Ledger) -> Iterable[Hit]:
        """`backward` was called."""
        return ()

    def at_step(self, step: Step, ledger: Ledger) -> Iterable[Hit]:
        """An update is about to use gradients."""
        return ()

    def at_clip(self, clip: Clip, ledger: Ledger) -> Iterable[Hit]:
        """Gradients are about to be clipped."""
        return ()

    def at_schedule(self, scheduler: Any, place: Place, ledger: Ledger) -> Iterable[Hit]:
        """A scheduler is about to step."""
        return ()

    def at_end(self, ledger: Ledger) -> Iterable[Hit]:
        """The script has run to its end."""
        return ()

    def at_error(self, error: BaseException) -> Iterable[Hit]:
        """The script has ended with an error."""
        return ()

    # What it repairs, in a run of its own.

    def before_backward(self, ledger: Ledger) -> None:
        """Before a backward pass."""

    def before_clip(self, clip: Clip, ledger: Ledger) -> None:
        """Before gradients are clipped."""

    def before_schedule(self, scheduler: Any) -> None:
        """Before a scheduler steps."""

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Before an update."""

    def after_step(self, step: Step) -> None:
        """After an update."""


def share(gradient: Gradient, intended: Iterable[Term]) -> Share:
    """What an update is about to use, and what it should use."""
    used = gradient.leaf._grad
    values = tuple(term.value for term in intended if term.value is not None)
    return Share(None if used is None else value_of(used), values)


class GradientMender(Check):
    """A check whose repair is another gradient for the update, made from the terms of the ledger."""

    def __init__(self) -> None:
        self._before: list[tuple[Tensor, Tensor | None]] = []

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """The terms that the update should use; None: those that are there."""
        raise NotImplementedError

    def weight(self, gradient: Gradient, step: Step) -> float:
        """What the sum of the intended terms is multiplied by."""
        return 1.0

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Put the intended gradients in the place of those that are there, and clip them as those were."""
        self._before = []
        if step.has_closure:
            return
        for gradient in step.gradients:
            intended = self.intended(gradient, step)
            if intended is not None:
                self._before.append((gradient.leaf, gradient.leaf._grad))
                values = [term.value for term in intended if term.value is not None]
                gradient.leaf._grad = _sum(values, self.weight(gradient, step))
        if self._before:
            for clip in ledger.clips:
                clip.again()

    def after_step(self, step: Step) -> None:
        """Give back what was there."""
        for leaf, before in self._before:
            leaf._grad = before
        self._before = []


def _sum(values: list[Any], weight: float) -> Tensor | None:
    if not values:
        return None
    with no_grad():
        total = wrap(values[0])
        for value in values[1:]:
            total = apply(ADD, (), total, wrap(value))
        return total if weight == 1 else apply(MUL, (), total, weight)
