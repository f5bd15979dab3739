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

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.place import place_of_error
from funcgrad.torch.amp.grad_scaler import STEPPED_BEFORE, UNSCALED_BEFORE, UNSCALED_LATE

MESSAGES = {
    UNSCALED_BEFORE: "These gradients were unscaled already: dividing by the scale twice would make them too small.",
    UNSCALED_LATE: "scaler.update() has not been called since the last step.",
    STEPPED_BEFORE: "scaler.update() has not been called since the last step.",
}


class ScalerMisuse(Check):
    """One of the scaler's own errors."""

    code = "FG011"
    name = "scaler-order"
    repair = "In each iteration: scale, backward, unscale_ at most once, step, and update at the end."
    effect = "the script stops."

    def at_error(self, error: BaseException) -> Iterator[Hit]:
        """The scaler refused."""
        message = MESSAGES.get(str(error))
        if message is not None:
            yield Hit(place_of_error(error), message)
