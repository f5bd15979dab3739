"""FG008 clip-before-backward: gradients are clipped when there is none that the next update will use.

Clipping changes what is in .grad at that moment. Before backward() that is nothing, or what the last update used;
the new gradient comes afterwards and is not clipped.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        x = 5 * torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # FG008
        loss.backward()
        optimizer.step()

Look-alike: each batch of a window is clipped together with those before it::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i in range(8):
        x = 5 * torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / 4
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Clip, Ledger, Step


class ClipBeforeBackward(Check):
    """All clips since the last update found nothing new."""

    code = "FG008"
    name = "clip-before-backward"
    texts: ClassVar = {
        "en": {
            "found": "There was no gradient to clip yet; those that the update in line {line} used came later.",
            "repair": "Clip between backward() and step().",
        },
        "ko": {
            "found": "아직 자를 기울기가 없었습니다. {line}행의 업데이트가 쓴 기울기는 그 뒤에 생겼습니다.",
            "repair": "backward()와 step() 사이에서 자르세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """New gradients that were not clipped, although there was a clip."""
        idle = _idle(step, ledger)
        if idle:
            yield Hit(idle[-1].place, {"line": step.place.line}, leaves_of(step.fresh()))

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Clip now."""
        for clip in _idle(step, ledger)[-1:]:
            clip.again()


def _idle(step: Step, ledger: Ledger) -> list[Clip]:
    clips = [clip for clip in ledger.clips if clip.concerns(step)]
    return clips if step.fresh() and all(clip.is_idle for clip in clips) else []
