"""FG019 inspect-while-scaled: the norm of gradients is read while they are still multiplied by the loss scale.

What is logged, or compared with a limit, is 65536 times the gradient, and jumps whenever the scale changes.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    norms = []
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        scaler.scale(loss).backward()
        norms.append(model.weight.grad.norm().item())  # FG019
        scaler.step(optimizer)
        scaler.update()

Look-alike: the gradients are unscaled first, or the norm is divided by the scale::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    norms = []
    for i in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        scaler.scale(loss).backward()
        if i % 2:
            norms.append(model.weight.grad.norm().item() / scaler.get_scale())
        else:
            scaler.unscale_(optimizer)
            norms.append(model.weight.grad.norm().item())
        scaler.step(optimizer)
        scaler.update()

A function that asks for `get_scale()` is taken to know what it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger
from funcgrad.audit.place import Place


class InspectWhileScaled(Check):
    """The user takes a norm of terms of a scaled loss that nobody has unscaled."""

    code = "FG019"
    name = "inspect-while-scaled"
    texts: ClassVar = {
        "en": {
            "found": "The norm is that of gradients still multiplied by the loss scale.",
            "repair": "Call scaler.unscale_(optimizer) before looking at gradients, or divide by scaler.get_scale().",
            "effect": "training goes on as it would; what is read is the gradient times the loss scale.",
        },
        "ko": {
            "found": "손실 배율이 아직 곱해져 있는 기울기의 노름입니다.",
            "repair": "기울기를 보기 전에 scaler.unscale_(optimizer)를 부르거나, scaler.get_scale()로 나누세요.",
            "effect": "학습은 그대로이고, 읽은 값은 기울기에 손실 배율을 곱한 것입니다.",
        },
    }

    def at_inspect(self, gradient: Gradient, place: Place, ledger: Ledger) -> Iterator[Hit]:
        """Scaled gradients."""
        if gradient.has_scaled():
            yield Hit(place, {}, [gradient.leaf])
