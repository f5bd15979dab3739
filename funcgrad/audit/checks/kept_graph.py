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
from typing import Any

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger, Step
from funcgrad.audit.place import Place, user_frame
from funcgrad.torch._graph import Edge, OperatorNode
from funcgrad.torch._tensor import Tensor


class KeptGraph(Check):
    """A variable that is the sum of something new and something older than the last update."""

    code = "FG017"
    name = "kept-graph"
    repair = "Add loss.item(), or loss.detach() where the value is not needed at once."
    looks_at_plain_steps = True
    effect = "memory grows with every batch."

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Variables beside the update that hold such a sum."""
        frame = user_frame()
        if frame is None or len(ledger.calls) < 2:
            return
        newest = ledger.calls[-1].sequence
        for name, value in list(frame.f_locals.items()):
            if isinstance(value, Tensor) and _spans(value._edge, min(ledger.used_up_to, newest - 1)):
                message = f"`{name}` is part of autograd's graph and keeps the graphs of all batches that it sums."
                yield Hit(_line_of(name, frame) or step.place, message)


def _spans(edge: Any, boundary: int) -> bool:
    """Whether a tensor is a sum of which a part was made up to a moment, and a part after it."""
    if not isinstance(edge, Edge) or not isinstance(edge.node, OperatorNode) or edge.node.equation.op.name != "add":
        return False
    parts = [part.node.sequence for part in edge.node.edges if isinstance(part, Edge)]
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
