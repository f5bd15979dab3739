"""FG006 accumulation-not-divided: an update uses the sum of several mean losses, not their mean.

Each backward pass adds the gradient of a mean over its own batch. The sum over N of them is N times the gradient of
the mean over all: with SGD N times the learning rate, and clipping that bites N times as early. Adam divides the
factor out again, which is then reported as harmless.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for i in range(8):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()  # FG006
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()

Look-alike: the gradients are divided by hand once all are there::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for i in range(8):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()
        if (i + 1) % 4 == 0:
            for p in model.parameters():
                p.grad.div_(4)
            optimizer.step()
            optimizer.zero_grad()

Ignore it where the learning rate was chosen for the sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import GradientMender, leaves_of, share
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term


class AccumulationNotDivided(GradientMender):
    """Several new terms of one line, each of a mean that no factor weighs."""

    code = "FG006"
    name = "accumulation-not-divided"
    texts: ClassVar = {
        "en": {
            "found": "The update in line {line} used the sum of {count} mean losses, not their mean.",
            "repair": "Divide each loss by the number of losses that one update sums.",
        },
        "ko": {
            "found": "{line}행의 업데이트는 평균 손실 {count:~}개의 평균이 아니라 합을 썼습니다.",
            "repair": "각 손실을 한 번의 업데이트에 더해지는 손실의 개수로 나누세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """A sum of means."""
        summed = self.concerned(step)
        if summed and not step.has_closure and step.source is not None:
            shares = [share(gradient, gradient.fresh(step.user)) for gradient in summed]
            yield Hit(step.source, {"line": step.place.line}, leaves_of(summed), step.window, shares)

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """The same terms, where they are such a sum; `weights` divides them."""
        fresh = gradient.fresh(step.user)
        if len(fresh) < 2 or gradient.is_treated or not all(_is_plain_mean(term) for term in fresh):
            return None
        same = all(term.is_like(fresh[0]) and term.call.leaves == fresh[0].call.leaves for term in fresh)
        return fresh if same and not _is_one_batch(fresh) else None

    def weights(self, terms: list[Term]) -> list[float]:
        """One over the number of losses."""
        return [1 / len(terms)] * len(terms)


def _is_one_batch(terms: list[Term]) -> bool:
    """Whether all losses compare with the same targets, as those of several views of one batch do."""
    means = [term.call.mean for term in terms if term.call.mean is not None]
    return len(means) == len(terms) and all(mean.has_target_of(means[0]) for mean in means)


def _is_plain_mean(term: Term) -> bool:
    return term.call.loss.is_mean and not term.call.loss.is_weighted
