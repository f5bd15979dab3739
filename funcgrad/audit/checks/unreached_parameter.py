"""FG014 unreached-parameter: an optimizer holds a parameter that no backward pass has reached.

The part of the model is not used in forward, or its result is detached (.data, .item(), NumPy, no_grad) on the way to
the loss.

Example::

    import torch

    torch.manual_seed(0)
    encoder, head = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.1)  # FG014
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        hidden = encoder(x).detach()
        (head(hidden) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()

Look-alike: parameters that are frozen on purpose, and gradients that come from autograd.grad::

    import torch

    torch.manual_seed(0)
    encoder, head = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
    encoder.requires_grad_(False)
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.1)
    for _ in range(4):
        x = torch.randn(8, 3)
        loss = (head(encoder(x)) - x.sum(1, keepdim=True)).pow(2).mean()
        for p, gradient in zip(head.parameters(), torch.autograd.grad(loss, list(head.parameters()))):
            p.grad = gradient
        optimizer.step()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check
from funcgrad.audit.checks._parameters import is_replacement, never_reached, used, without_optimizer
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger


class UnreachedParameter(Check):
    """No term ever came, although the optimizer has stepped."""

    code = "FG014"
    name = "unreached-parameter"
    texts: ClassVar = {
        "en": {
            "found": "No backward pass has reached {count:parameter} of this optimizer.",
            "repair": (
                "Use this part of the model on the way to the loss, or call requires_grad_(False) if it is to stay."
            ),
            "effect": "these parameters stay as they were made.",
        },
        "ko": {
            "found": "이 옵티마이저의 매개변수 {count:~}개에는 backward가 한 번도 닿지 않았습니다.",
            "repair": "손실까지 가는 길에 이 부분을 쓰거나, 그대로 둘 것이면 requires_grad_(False)를 부르세요.",
            "effect": "이 매개변수는 처음 값 그대로입니다.",
        },
    }

    def at_end(self, ledger: Ledger) -> Iterator[Hit]:
        """Parameters without gradients beside parameters with them."""
        calls = used(ledger)
        if any(is_replacement(gradient, ledger) for gradient in without_optimizer(ledger, calls)):
            return  # that is FG013
        for number, optimizer in ledger.optimizers.items():
            unreached = never_reached(ledger, optimizer)
            if unreached and any(number in call.used_by for call in calls):
                yield Hit(ledger.built[number], {}, unreached, len(unreached))
