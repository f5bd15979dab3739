"""Check: what one mistake looks like in the ledger, and how a run without it goes.

A check is a file of `checks/`. The file's text is its documentation: `funcgrad explain` prints it, and its examples
are its tests.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import repeat
from typing import Any, ClassVar

from funcgrad.audit.finding import Hit, Share
from funcgrad.audit.ledger import Clip, Gradient, Ledger, Step, Term
from funcgrad.audit.place import Place
from funcgrad.audit.tensors import grad_of, put_grad, sum_of, value_of
from funcgrad.torch._tensor import Tensor


class Check:
    """A check; it overrides the moments at which it can see its mistake, and those at which it can repair it."""

    code: ClassVar[str]
    name: ClassVar[str]
    texts: ClassVar[dict[str, dict[str, str]]]
    """By language: what was found, by the kind of hit; `repair`; and `effect`, where no repaired run can show it."""
    looks_at_plain_steps: ClassVar[bool] = False

    @classmethod
    def text(cls) -> str:
        """The documentation of the check."""
        return sys.modules[cls.__module__].__doc__ or ""

    # What it sees.

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

    def at_inspect(self, gradient: Gradient, place: Place, ledger: Ledger) -> Iterable[Hit]:
        """The user takes the norm of a gradient."""
        return ()

    def at_error(self, error: BaseException, ledger: Ledger) -> Iterable[Hit]:
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


def share(gradient: Gradient, intended: Iterable[Term], weights: Iterable[float] = repeat(1.0)) -> Share:
    """What an update is about to use, and what it should use."""
    used = grad_of(gradient.leaf)
    weighed = tuple(
        (term.value, weight) for term, weight in zip(intended, weights, strict=False) if term.value is not None
    )
    return Share(None if used is None else value_of(used), weighed)


def leaves_of(gradients: Iterable[Gradient]) -> list[Tensor]:
    """Whose gradients these are."""
    return [gradient.leaf for gradient in gradients]


class GradientMender(Check):
    """A check whose repair is another gradient for the update, made from the terms of the ledger."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, Any]] = []

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """The terms that the update should use; None: those that are there."""
        raise NotImplementedError

    def concerned(self, step: Step) -> list[Gradient]:
        """The gradients that should hold other terms."""
        return [gradient for gradient in step.gradients if self.intended(gradient, step) is not None]

    def shares(self, gradients: Iterable[Gradient], step: Step) -> list[Share]:
        """What the update is about to use of these, and what it should use."""
        intended = [(gradient, self.intended(gradient, step) or []) for gradient in gradients]
        return [share(gradient, terms, self.weights(terms)) for gradient, terms in intended]

    def weights(self, terms: list[Term]) -> list[float]:
        """What each of the intended terms is multiplied by."""
        return [1.0] * len(terms)

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Put the intended gradients in the place of those that are there, and clip them as those were."""
        self._before = []
        if step.has_closure:
            return
        for gradient in step.gradients:
            intended = self.intended(gradient, step)
            if intended is not None:
                self._before.append((gradient.leaf, grad_of(gradient.leaf)))
                put_grad(gradient.leaf, sum_of(share(gradient, intended, self.weights(intended)).intended))
        if self._before:
            for clip in ledger.clips:
                clip.again()

    def after_step(self, step: Step) -> None:
        """Give back what was there."""
        for leaf, before in self._before:
            put_grad(leaf, before)
        self._before = []
