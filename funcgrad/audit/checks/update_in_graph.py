"""FG016 update-in-graph: the script stops because a parameter is updated by hand while autograd is recording.

Example::

    import torch

    torch.manual_seed(0)
    w = torch.randn(3, requires_grad=True)
    for _ in range(4):
        x = torch.randn(8, 3)
        (x @ w - x.sum(1)).pow(2).mean().backward()
        w -= 0.1 * w.grad  # FG016
        w.grad = None

Look-alike: the update stands under no_grad::

    import torch

    torch.manual_seed(0)
    w = torch.randn(3, requires_grad=True)
    for _ in range(4):
        x = torch.randn(8, 3)
        (x @ w - x.sum(1)).pow(2).mean().backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
        w.grad = None
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger
from funcgrad.audit.place import place_of_error
from funcgrad.torch._texts import LEAF_IN_PLACE, LEAF_VIEW_IN_PLACE


class UpdateInGraph(Check):
    """Autograd's own error."""

    code = "FG016"
    name = "update-in-graph"
    texts: ClassVar = {
        "en": {
            "found": "A parameter is changed in place while autograd records what it depends on.",
            "repair": "Put the update under `with torch.no_grad():`, or let an optimizer make it.",
            "effect": "the script stops.",
        },
        "ko": {
            "found": "autograd가 기록하는 동안 매개변수를 제자리에서 바꿉니다.",
            "repair": "업데이트를 `with torch.no_grad():` 아래에 두거나 옵티마이저에 맡기세요.",
            "effect": "스크립트가 멈춥니다.",
        },
    }

    def at_error(self, error: BaseException, ledger: Ledger) -> Iterator[Hit]:
        """A leaf was written to."""
        if str(error) in (LEAF_IN_PLACE, LEAF_VIEW_IN_PLACE):
            yield Hit(place_of_error(error), {})
