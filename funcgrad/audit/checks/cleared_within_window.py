"""FG022 cleared-within-window: zero_grad runs between the batches of one update, so that it uses the last ones only.

Each loss is divided by the number of batches that an update is to use, but zero_grad stands in every iteration, or a
validation in between clears. What is left is a part of the batches, divided by the number of all.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i in range(8):
        x = torch.randn(8, 3)
        optimizer.zero_grad()  # FG022
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / 4
        loss.backward()
        if (i + 1) % 4 == 0:
            optimizer.step()

Look-alike: zero_grad runs in every iteration, and so does the update::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i in range(8):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / 4
        loss.backward()
        optimizer.step()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import GradientMender, leaves_of
from funcgrad.audit.checks._windows import torn_window
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term


class ClearedWithinWindow(GradientMender):
    """As many passes as the loss was divided by, of which some were cleared."""

    code = "FG022"
    name = "cleared-within-window"
    texts: ClassVar = {
        "en": {
            "found": (
                "The update in line {line} should have used the {window} backward passes that each loss was divided "
                "by; {count} of them had been cleared."
            ),
            "repair": "Call zero_grad() only once for each update: after step().",
        },
        "ko": {
            "found": (
                "{line}행의 업데이트는 손실을 나눈 수인 backward {window}번을 써야 했는데, 그 가운데 {count:~}번이 "
                "지워졌습니다."
            ),
            "repair": "zero_grad()는 업데이트마다 한 번만, step() 뒤에서 부르세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """A window that is not whole."""
        torn = self.concerned(step)
        if torn and torn[0].cleared_at is not None:
            window = torn_window(torn[0], step)
            facts = {"line": step.place.line, "window": len(window)}
            lost = sum(term in torn[0].cleared for term in window)
            yield Hit(torn[0].cleared_at, facts, leaves_of(torn), lost, self.shares(torn, step), step.source)

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """The whole window, and what else is there."""
        window = torn_window(gradient, step)
        return [*window, *(term for term in gradient.fresh(step.user) if term not in window)] if window else None
