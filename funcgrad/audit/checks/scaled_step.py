"""FG010 scaled-step: an update uses gradients that are still multiplied by the loss scale.

scaler.step(optimizer) unscales; optimizer.step() does not. The same happens to the batches of a window that come
after its unscale_().

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=16.0)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        scaler.scale(loss).backward()
        optimizer.step()  # FG010

Look-alike: the scaler makes the step::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=16.0)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger, Step, Term


class ScaledStep(Check):
    """New terms of a scaled loss that nobody has unscaled."""

    code = "FG010"
    name = "scaled-step"
    texts: ClassVar = {
        "en": {
            "found": "This update used gradients that are still multiplied by the loss scale.",
            "repair": (
                "Call scaler.step(optimizer) after the last backward() of the window, and unscale_() not before that."
            ),
        },
        "ko": {
            "found": "이 업데이트는 손실 배율이 아직 곱해져 있는 기울기를 썼습니다.",
            "repair": (
                "누적 구간의 마지막 backward() 뒤에 scaler.step(optimizer)를 부르고, unscale_()도 그 뒤에만 부르세요."
            ),
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Scaled gradients."""
        if _scaled(step):
            yield Hit(step.place, {}, leaves_of(step.fresh()))

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Unscale, where that has not been done for a part of them."""
        for term in _scaled(step)[-1:]:
            if term.call.scaler._per_optimizer_states[id(step.optimizer)]["stage"].name == "READY":
                term.call.scaler.unscale_(step.optimizer)
                term.call.scaler.update()


def _scaled(step: Step) -> list[Term]:
    return [term for gradient in step.gradients for term in gradient.fresh(step.user) if term.is_scaled]
