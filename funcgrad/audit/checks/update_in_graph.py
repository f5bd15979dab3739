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

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.place import place_of_error
from funcgrad.torch._texts import LEAF_IN_PLACE, LEAF_VIEW_IN_PLACE


class UpdateInGraph(Check):
    """Autograd's own error."""

    code = "FG016"
    name = "update-in-graph"
    repair = "Put the update under `with torch.no_grad():`, or let an optimizer make it."
    effect = "the script stops."

    def at_error(self, error: BaseException) -> Iterator[Hit]:
        """A leaf was written to."""
        if str(error) in (LEAF_IN_PLACE, LEAF_VIEW_IN_PLACE):
            yield Hit(
                place_of_error(error), "A parameter is changed in place while autograd records what it depends on."
            )
