"""FG012 parameter-in-no-optimizer: a parameter gets gradients, but no optimizer holds it, so it stays as it was.

Layers in a plain Python list are not registered, so that parameters() leaves them out; a second module, or a layer
that is added later, is easily forgotten.

Example::

    import torch

    torch.manual_seed(0)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)]
            self.head = torch.nn.Linear(3, 1)

        def forward(self, x):
            for layer in self.layers:
                x = torch.tanh(layer(x))
            return self.head(x)

    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # FG012
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()

Look-alike: only the new head of a network is trained::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 5))
    model[2] = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model[2].parameters(), lr=0.1)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()

Ignore it where a module is meant to stay as it is; requires_grad_(False) says so and saves its gradients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from funcgrad.audit.check import Check, leaves_of
from funcgrad.audit.checks._parameters import (
    built_at,
    is_replacement,
    is_younger,
    take_in,
    used,
    without_optimizer,
)
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Backward, Gradient, Ledger, Step


class ParameterInNoOptimizer(Check):
    """A parameter that is not registered, or younger than all that are held."""

    code = "FG012"
    name = "parameter-in-no-optimizer"
    texts: ClassVar = {
        "en": {
            "found": "No optimizer holds {count:parameter} that got gradients.",
            "repair": "Register the layers (ModuleList, an attribute), and give the optimizer all parameters.",
        },
        "ko": {
            "found": "기울기를 받은 매개변수 {count:~}개를 어떤 옵티마이저도 갖고 있지 않습니다.",
            "repair": "층을 ModuleList나 속성으로 등록하고, 모든 매개변수를 옵티마이저에 넘기세요.",
        },
    }

    def at_end(self, ledger: Ledger) -> Iterator[Hit]:
        """Parameters with gradients and without an optimizer."""
        calls = used(ledger)
        leaves = leaves_of(_forgotten(ledger, calls))
        if leaves:
            yield Hit(built_at(ledger, calls[-1]), {}, leaves, len(leaves))

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Let the optimizer hold them."""
        newest = step.newest()
        take_in(step, [] if newest is None else _forgotten(ledger, [newest.call]))


def _forgotten(ledger: Ledger, calls: Sequence[Backward]) -> list[Gradient]:
    registered = ledger.names.registered()
    return [
        gradient
        for gradient in without_optimizer(ledger, calls)
        if not is_replacement(gradient, ledger)
        and (id(gradient.leaf) not in registered or is_younger(gradient, ledger))
    ]
