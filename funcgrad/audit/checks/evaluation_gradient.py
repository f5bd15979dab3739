"""FG004 evaluation-gradient: an update uses gradients of a backward pass that was made in evaluation mode.

A backward pass for a picture of saliency, an adversarial example or a check leaves its gradients in the parameters.
Where nothing clears them, the next training batch is added to them.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(4):
        x = torch.randn(8, 3)
        model.train()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        model.eval()
        probe = torch.randn(8, 3, requires_grad=True)
        model(probe).sum().backward()  # FG004
        saliency = probe.grad.abs()

Look-alike: the gradients are cleared before the next training batch::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(4):
        x = torch.randn(8, 3)
        model.train()
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()
        model.eval()
        probe = torch.randn(8, 3, requires_grad=True)
        model(probe).sum().backward()
        saliency = probe.grad.abs()

Training in evaluation mode throughout, as with frozen statistics, is no finding either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import GradientMender, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term


class EvaluationGradient(GradientMender):
    """New terms of both modes in one gradient."""

    code = "FG004"
    name = "evaluation-gradient"
    texts: ClassVar = {
        "en": {
            "found": (
                "The gradients of {count:backward pass} in evaluation mode were still there when the update in line "
                "{line} used those of training."
            ),
            "repair": (
                "Call zero_grad() before the training batch's backward(), or take torch.autograd.grad for the probe."
            ),
        },
        "ko": {
            "found": (
                "{line}행의 업데이트가 학습 기울기를 쓸 때, 평가 모드의 backward {count:~}번이 남긴 기울기가 섞여 "
                "있었습니다."
            ),
            "repair": (
                "학습 배치의 backward() 앞에서 zero_grad()를 부르거나, 평가용 기울기는 torch.autograd.grad로 구하세요."
            ),
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Terms of evaluation beside terms of training."""
        mixed = self.concerned(step)
        if mixed:
            leaked = [term for term in mixed[0].fresh(step.user) if not term.in_training]
            place, facts = leaked[-1].call.place, {"line": step.place.line}
            yield Hit(place, facts, leaves_of(mixed), len(leaked), self.shares(mixed, step), step.source)

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """What came in training, where something else is there too."""
        fresh = gradient.fresh(step.user)
        training = [term for term in fresh if term.in_training]
        return training if 0 < len(training) < len(fresh) else None
