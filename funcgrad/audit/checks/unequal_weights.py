"""FG020 unequal-weights: an update averages the means of batches that are not equally large.

Each loss is a mean over its own batch, and all are divided by the same number. An element of a small batch then weighs
more than one of a large batch, and the update is not that of all elements together. Padded tokens do it (the mean goes
over those that are not ignored), and the last batch of an epoch.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for i in range(8):
        x = torch.randn(8, 3)
        labels = (3 * x[:, 0]).long().clamp(0, 4)
        if i % 4:
            labels[2:] = -100
        loss = torch.nn.functional.cross_entropy(model(x), labels) / 4
        loss.backward()  # FG020
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()

Look-alike: each mean is weighted by its share of the elements::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(2):
        window = []
        for i in range(4):
            x = torch.randn(8, 3)
            labels = (3 * x[:, 0]).long().clamp(0, 4)
            if i % 4:
                labels[2:] = -100
            window.append((x, labels))
        total = sum((labels != -100).sum().item() for _, labels in window)
        for x, labels in window:
            share = (labels != -100).sum().item() / total
            (torch.nn.functional.cross_entropy(model(x), labels) * share).backward()
        optimizer.step()
        optimizer.zero_grad()

Ignore it where every batch is meant to count the same, however small.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import GradientMender, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term
from funcgrad.audit.mean import Mean


class UnequalWeights(GradientMender):
    """Several new terms of one line with the same factor, of means over different numbers of elements."""

    code = "FG020"
    name = "unequal-weights"
    texts: ClassVar = {
        "en": {
            "found": "The update in line {line} weighs {count} means alike that are over {least} to {most} elements.",
            "repair": "Sum the losses (reduction='sum') and divide by the number of elements of the whole window.",
        },
        "ko": {
            "found": "{line}행의 업데이트는 원소 {least}~{most}개의 평균 {count:~}개를 똑같은 무게로 더했습니다.",
            "repair": "손실을 합으로 구하고(reduction='sum') 누적 구간 전체의 원소 수로 나누세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """A mean of means."""
        mixed = self.concerned(step)
        if mixed and step.source is not None:
            counts = [mean.elements() for mean in _means(mixed[0].fresh(step.user))]
            facts = {"line": step.place.line, "least": min(counts), "most": max(counts)}
            yield Hit(step.source, facts, leaves_of(mixed), step.window, self.shares(mixed, step))

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """The same terms, weighed otherwise."""
        fresh = gradient.fresh(step.user)
        means = _means(fresh)
        if step.has_closure or len(fresh) < 2 or len(means) < len(fresh) or gradient.is_treated:
            return None
        is_one_loss = all(term.is_like(fresh[0]) and term.call.loss.is_weighted for term in fresh)
        is_even = all(mean.factor == means[0].factor for mean in means)
        return fresh if is_one_loss and is_even and len({mean.elements() for mean in means}) > 1 else None

    def weights(self, terms: list[Term]) -> list[float]:
        """Each term's elements over those of a term on average."""
        counts = [mean.elements() for mean in _means(terms)]
        return [count * len(counts) / sum(counts) for count in counts]


def _means(terms: list[Term]) -> list[Mean]:
    return [term.call.mean for term in terms if term.call.mean is not None]
