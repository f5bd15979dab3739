"""FG011 scaler-order: the script stops because a scaler was asked for something out of turn.

Between two update() calls a scaler unscales the gradients of an optimizer once, then steps once. A second unscale_(),
or a second step() because update() was forgotten, is an error.

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
        scaler.step(optimizer)  # FG011

Look-alike: two optimizers, each unscaled once::

    import torch

    torch.manual_seed(0)
    encoder, head = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    slow = torch.optim.SGD(encoder.parameters(), lr=0.01)
    fast = torch.optim.SGD(head.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    for _ in range(3):
        x = torch.randn(8, 3)
        slow.zero_grad()
        fast.zero_grad()
        loss = (head(encoder(x)) - x.sum(1, keepdim=True)).pow(2).mean()
        scaler.scale(loss).backward()
        scaler.unscale_(slow)
        scaler.unscale_(fast)
        scaler.step(slow)
        scaler.step(fast)
        scaler.update()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger
from funcgrad.audit.place import place_of_error
from funcgrad.torch.amp.grad_scaler import STEPPED_BEFORE, UNSCALED_BEFORE, UNSCALED_LATE

KINDS = {
    UNSCALED_BEFORE: "twice",
    UNSCALED_LATE: "late",
    STEPPED_BEFORE: "late",
}


class ScalerMisuse(Check):
    """One of the scaler's own errors."""

    code = "FG011"
    name = "scaler-order"
    texts: ClassVar = {
        "en": {
            "twice": "These gradients were unscaled already: dividing by the scale twice would make them too small.",
            "late": "scaler.update() has not been called since the last step.",
            "repair": "In each iteration: scale, backward, unscale_ at most once, step, and update at the end.",
            "effect": "the script stops.",
        },
        "ko": {
            "twice": "이 기울기는 이미 배율로 나누었습니다. 두 번 나누면 너무 작아집니다.",
            "late": "지난 step() 뒤로 scaler.update()를 부르지 않았습니다.",
            "repair": "반복마다 scale, backward, unscale_(많아야 한 번), step, 끝으로 update의 순서로 부르세요.",
            "effect": "스크립트가 멈춥니다.",
        },
    }

    def at_error(self, error: BaseException, ledger: Ledger) -> Iterator[Hit]:
        """The scaler refused."""
        kind = KINDS.get(str(error))
        if kind is not None:
            yield Hit(place_of_error(error), {}, kind=kind)
