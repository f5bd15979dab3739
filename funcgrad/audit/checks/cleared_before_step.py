"""FG002 cleared-before-step: zero_grad stands between backward() and step(), so that nothing is learned.

The update finds no gradient: with None it skips the parameter, with zeros it moves it by momentum and weight
decay only.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()
        optimizer.zero_grad()  # FG002
        optimizer.step()

Look-alike: SAM takes the first gradient to climb, clears it, and steps with the second one::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        x = torch.randn(8, 3)
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        with torch.no_grad():
            climbs = [0.05 * p.grad / (p.grad.norm() + 1e-12) for p in model.parameters()]
            for p, climb in zip(model.parameters(), climbs):
                p.add_(climb)
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        with torch.no_grad():
            for p, climb in zip(model.parameters(), climbs):
                p.sub_(climb)
        optimizer.step()
        optimizer.zero_grad()

Ignore it where a step without gradients is meant to skip a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import GradientMender, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term


class ClearedBeforeStep(GradientMender):
    """All that was new to an update has been taken out before it."""

    code = "FG002"
    name = "cleared-before-step"
    texts: ClassVar = {
        "en": {
            "found": (
                "The gradients of {count:backward pass} were cleared before the update in line {line} could use them."
            ),
            "repair": "Move zero_grad() before backward(), or behind step().",
        },
        "ko": {
            "found": "backward {count:~}번의 기울기가 {line}행의 업데이트에 쓰이기 전에 지워졌습니다.",
            "repair": "zero_grad()를 backward() 앞이나 step() 뒤로 옮기세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Nothing new, but something new was there."""
        lost = self.concerned(step)
        if lost and lost[0].cleared_at is not None:
            count = max(len(gradient.cleared) for gradient in lost)
            yield Hit(lost[0].cleared_at, {"line": step.place.line}, leaves_of(lost), count)

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """What was cleared."""
        return None if step.fresh() or not gradient.cleared else gradient.cleared
