"""FG018 scheduler-first: the scheduler steps before the first update, so that the first learning rate is skipped.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        scheduler.step()  # FG018
        optimizer.step()

Look-alike: the scheduler comes last::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()
        scheduler.step()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger, Step
from funcgrad.audit.place import Place


class SchedulerFirst(Check):
    """A scheduler's step, then its optimizer's first."""

    code = "FG018"
    name = "scheduler-first"
    looks_at_plain_steps = True
    texts: ClassVar = {
        "en": {
            "found": "The scheduler stepped before the first update: the first learning rate was never used.",
            "repair": "Call scheduler.step() after optimizer.step().",
        },
        "ko": {
            "found": "스케줄러가 첫 업데이트보다 먼저 움직여서 첫 학습률이 쓰이지 않았습니다.",
            "repair": "optimizer.step() 뒤에 scheduler.step()을 부르세요.",
        },
    }

    def __init__(self) -> None:
        self._early: dict[int, Place] = {}  # where a scheduler has stepped first, by its optimizer's id
        self._lrs: dict[int, list[Any]] = {}  # in a repaired run: in force before the scheduler's last step
        self._later: list[tuple[dict[str, Any], Any]] = []

    def at_schedule(self, scheduler: Any, place: Place, ledger: Ledger) -> Iterator[Hit]:
        """Remember it; a schedule that is only drawn is followed by no update."""
        number = id(scheduler.optimizer)
        if number not in ledger.unscaled and number not in ledger.windows:
            self._early.setdefault(number, place)
        yield from ()

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """The first update after it."""
        place = self._early.pop(step.user, None)
        if place is not None:
            yield Hit(place, {})

    def before_schedule(self, scheduler: Any) -> None:
        """Keep the learning rates that the next update should use."""
        self._lrs[id(scheduler.optimizer)] = [group["lr"] for group in scheduler.optimizer.param_groups]

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Put them back for this update."""
        self._later = []
        for group, lr in zip(getattr(step.optimizer, "param_groups", ()), self._lrs.get(step.user, ()), strict=False):
            self._later.append((group, group["lr"]))
            group["lr"] = lr

    def after_step(self, step: Step) -> None:
        """Let the scheduler's own ones follow."""
        for group, lr in self._later:
            group["lr"] = lr
