"""FG013 replaced-parameters: the optimizer holds parameters that are no longer the model's.

An optimizer keeps the tensors that it was given. A layer that is put in the place of another one afterwards is trained
by nobody, and the optimizer goes on holding the old one.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 5))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # FG013
    model[2] = torch.nn.Linear(3, 1)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()

Look-alike: the optimizer is told of the new layer::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.append(torch.nn.Linear(3, 1))
    optimizer.add_param_group({"params": model[2].parameters()})
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from funcgrad.audit.check import Check, leaves_of
from funcgrad.audit.checks._parameters import built_at, is_replacement, take_in, used, without_optimizer
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Backward, Gradient, Ledger, Step


class ReplacedParameters(Check):
    """A module's parameter without an optimizer, and an optimizer's older parameter without a module."""

    code = "FG013"
    name = "replaced-parameters"
    texts: ClassVar = {
        "en": {
            "found": "{count:parameter} came into the model after this optimizer, which holds older ones instead.",
            "repair": "Build the optimizer after the model is complete.",
        },
        "ko": {
            "found": (
                "매개변수 {count:~}개가 이 옵티마이저보다 나중에 모델에 들어왔고, 옵티마이저는 그 대신 예전 것을 "
                "갖고 있습니다."
            ),
            "repair": "모델을 다 만든 뒤에 옵티마이저를 만드세요.",
        },
    }

    def at_end(self, ledger: Ledger) -> Iterator[Hit]:
        """Parameters that came too late."""
        calls = used(ledger)
        leaves = leaves_of(_late(ledger, calls))
        if leaves:
            yield Hit(built_at(ledger, calls[-1]), {}, leaves, len(leaves))

    def before_step(self, step: Step, ledger: Ledger) -> None:
        """Let the optimizer hold the new ones."""
        newest = step.newest()
        take_in(step, [] if newest is None else _late(ledger, [newest.call]))


def _late(ledger: Ledger, calls: Sequence[Backward]) -> list[Gradient]:
    return [gradient for gradient in without_optimizer(ledger, calls) if is_replacement(gradient, ledger)]
