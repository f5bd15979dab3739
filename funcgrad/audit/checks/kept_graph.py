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
from typing import Any, ClassVar, NamedTuple

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger, Step
from funcgrad.audit.place import Place, user_frames
from funcgrad.audit.tensors import is_tensor, node_of, sequence_of, summands

RECENT = 16  # backward calls in which a sum may have been differentiated itself: then it is a loss


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
        """Variables around the update that hold such a sum."""
        if len(ledger.calls) < 2:
            return
        boundary = min(ledger.used_up_to, ledger.calls[-1].sequence - 1)
        losses = {call.sequence for call in ledger.calls[-RECENT:]}
        for name, pattern, value, file in _variables():
            node = node_of(value) if is_tensor(value) else None
            if node is not None and sequence_of(node) not in losses and _spans(node, boundary):
                yield Hit(_line_of(pattern, file) or step.place, {"name": name})


class _Variable(NamedTuple):
    name: str
    pattern: str  # of what the user writes for it
    value: Any
    file: str


def _variables() -> Iterator[_Variable]:
    """The variables of all the user's functions that are running, with what lies in dicts and in his own objects."""
    for frame in user_frames():
        file = frame.f_code.co_filename
        for name, value in list(frame.f_locals.items()):
            word = re.escape(name)
            yield _Variable(name, word, value, file)
            if type(value) is dict:
                yield from (_Variable(f"{name}[{k!r}]", rf"{word}\[[^]]*\]", v, file) for k, v in list(value.items()))
            elif type(value).__module__ == frame.f_globals.get("__name__"):
                attributes = list(getattr(value, "__dict__", {}).items())
                owner = rf"(?:self|{word})"
                yield from (_Variable(f"{name}.{k}", rf"{owner}\.{re.escape(k)}", v, file) for k, v in attributes)


def _spans(node: Any, boundary: int) -> bool:
    """Whether of the parts of a sum, however nested, one was recorded before a moment and one after it."""
    waiting, is_old, is_new = [node], False, False
    while waiting and not (is_old and is_new):
        parts = summands(waiting.pop())
        new = [part for part in parts if sequence_of(part) >= boundary]
        is_old, is_new = is_old or len(new) < len(parts), is_new or bool(new)
        waiting += new
    return is_old and is_new


def _line_of(word: str, file: str) -> Place | None:
    """The line that adds to a variable."""
    pattern = re.compile(rf"\s*({word}\s*(\+=|=\s*{word}\s*\+).*)$")
    for number, line in enumerate(linecache.getlines(file), 1):
        match = pattern.match(line.partition("#")[0].rstrip())
        if match:
            return Place(file, number, match.start(1), match.end(1))
    return None
