"""FG017 kept-graph: a running sum of losses keeps the graph of every batch.

total += loss is recorded by autograd, so that total holds on to all graphs since it was set to zero: memory grows
with every batch.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    total = 0
    for _ in range(5):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()
        optimizer.step()
        total += loss  # FG017

Look-alike: losses of one sequence are summed for one backward pass::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    total = 0.0
    for _ in range(5):
        optimizer.zero_grad()
        losses = 0
        for _ in range(3):
            x = torch.randn(8, 3)
            losses = losses + (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        losses.backward()
        optimizer.step()
        total += losses.item()
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator
from types import FrameType
from typing import ClassVar

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger, Step
from funcgrad.audit.place import Place, user_frame
from funcgrad.audit.tensors import ages_of_summands, is_tensor


class KeptGraph(Check):
    """A variable that is the sum of something new and something older than the last update."""

    code = "FG017"
    name = "kept-graph"
    texts: ClassVar = {
        "en": {
            "found": "`{name}` is part of autograd's graph and keeps the graphs of all batches that it sums.",
            "repair": "Add loss.item(), or loss.detach() where the value is not needed at once.",
            "effect": "memory grows with every batch.",
        },
        "ko": {
            "found": "`{name}`은 autograd 그래프의 일부여서, 더해진 모든 배치의 그래프를 붙들고 있습니다.",
            "repair": "loss.item()을 더하거나, 값이 당장 필요하지 않으면 loss.detach()를 더하세요.",
            "effect": "배치마다 메모리가 늘어납니다.",
        },
    }
    looks_at_plain_steps = True

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Variables beside the update that hold such a sum."""
        frame = user_frame()
        if frame is None or len(ledger.calls) < 2:
            return
        newest = ledger.calls[-1].sequence
        for name, value in list(frame.f_locals.items()):
            if is_tensor(value) and _spans(ages_of_summands(value), min(ledger.used_up_to, newest - 1)):
                yield Hit(_line_of(name, frame) or step.place, {"name": name})


def _spans(parts: list[int], boundary: int) -> bool:
    """Whether of two parts of a sum one was made up to a moment, and one after it."""
    return len(parts) == 2 and min(parts) < boundary <= max(parts)


def _line_of(name: str, frame: FrameType) -> Place | None:
    """The line that adds to a variable."""
    pattern = re.compile(rf"\s*({re.escape(name)}\s*(\+=|=\s*{re.escape(name)}\s*\+).*)$")
    file = frame.f_code.co_filename
    for number, line in enumerate(linecache.getlines(file), 1):
        match = pattern.match(line.partition("#")[0].rstrip())
        if match:
            return Place(file, number, match.start(1), match.end(1))
    return None
