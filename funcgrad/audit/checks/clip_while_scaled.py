"""FG009 clip-while-scaled: gradients are clipped while they are still multiplied by the loss scale.

With a scale of 65536 nearly every gradient is longer than the largest norm, so all are cut to it; unscaling then makes
them 65536 times shorter than that. The norm that is logged is too large by the same factor.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        scaler.scale(loss).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # FG009
        scaler.step(optimizer)
        scaler.update()

Look-alike: the gradients are unscaled first::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Clip, Ledger


class ClipWhileScaled(Check):
    """A clip meets terms of a scaled loss that nobody has unscaled."""

    code = "FG009"
    name = "clip-while-scaled"
    texts: ClassVar = {
        "en": {
            "found": "These gradients are still multiplied by the loss scale, so that the limit means something else.",
            "repair": "Call scaler.unscale_(optimizer) before clipping.",
        },
        "ko": {
            "found": "이 기울기에는 아직 손실 배율이 곱해져 있어서, 한계값이 뜻대로 적용되지 않습니다.",
            "repair": "자르기 전에 scaler.unscale_(optimizer)를 부르세요.",
        },
    }

    def at_clip(self, clip: Clip, ledger: Ledger) -> Iterator[Hit]:
        """Scaled gradients."""
        scaled = [gradient for gradient in clip.gradients if gradient.has_scaled()]
        if scaled:
            yield Hit(clip.place, {}, leaves_of(scaled))

    def before_clip(self, clip: Clip, ledger: Ledger) -> None:
        """Unscale."""
        for gradient in clip.gradients:
            if gradient.has_scaled():
                for optimizer in ledger.holders.get(id(gradient.leaf), ()):
                    gradient.terms[-1].call.scaler.unscale_(optimizer)
