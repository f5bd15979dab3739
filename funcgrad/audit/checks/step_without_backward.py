"""FG003 step-without-backward: an update uses the gradients of the update before once more.

No backward pass lies between two updates, and nothing has cleared the gradients: the second update goes on in a
direction that was computed for other parameters.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i in range(6):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        if i % 2 == 0:
            optimizer.zero_grad()
            loss.backward()
        optimizer.step()  # FG003

Look-alike: two optimizers use the gradients of one backward pass, each once::

    import torch

    torch.manual_seed(0)
    encoder, head = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    slow = torch.optim.SGD(encoder.parameters(), lr=0.01)
    fast = torch.optim.SGD(head.parameters(), lr=0.1)
    for _ in range(3):
        x = torch.randn(8, 3)
        slow.zero_grad()
        fast.zero_grad()
        (head(encoder(x)) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        slow.step()
        fast.step()

Ignore it where a gradient is meant to be used twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import GradientMender, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term


class StepWithoutBackward(GradientMender):
    """All that is there has been used by this optimizer."""

    code = "FG003"
    name = "step-without-backward"
    texts: ClassVar = {
        "en": {
            "found": "This update used gradients again that an update had used: there was no backward pass in between.",
            "repair": "Step only after a backward pass, and clear the gradients after each step.",
        },
        "ko": {
            "found": "이 업데이트는 앞선 업데이트가 쓴 기울기를 다시 썼습니다. 그 사이에 backward가 없었습니다.",
            "repair": "backward 뒤에만 step()을 부르고, step()마다 기울기를 지우세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Nothing new, nothing cleared, and something old."""
        stale = self.concerned(step)
        if stale and step.optimizer is not None:
            yield Hit(step.place, {}, leaves_of(stale))

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """Nothing, where everything is old."""
        if step.fresh() or any(other.cleared for other in step.gradients) or gradient.is_decayed:
            return None
        return [] if gradient.used(step.user) else None
