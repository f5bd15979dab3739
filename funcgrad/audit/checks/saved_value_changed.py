"""FG021 saved-value-changed: the script stops because a value that backward() needs was changed in place.

Autograd saves what it will need (a sigmoid its result, a product its factors). PyTorch raises at backward(), far from
the line at fault; this names the line that made the change.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        y = torch.sigmoid(model(x))
        y.mul_(2)  # FG021
        (y - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()

Look-alike: a change of what nothing has saved::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(4):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        y = model(x)
        y.mul_(2)
        (y - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger
from funcgrad.audit.place import place_of_error
from funcgrad.torch._storage import Storage
from funcgrad.torch._texts import MODIFIED_IN_PLACE

OPENING = MODIFIED_IN_PLACE.partition("{")[0]


class SavedValueChanged(Check):
    """Autograd's own error, and the last write to the storage that it speaks of."""

    code = "FG021"
    name = "saved-value-changed"
    texts: ClassVar = {
        "en": {
            "found": "This changes in place what backward() in line {line} needs as it was.",
            "repair": "Make a new tensor (y = y * 2) instead of changing this one, or change a clone() of it.",
            "effect": "the script stops.",
        },
        "ko": {
            "found": "{line}행의 backward()가 원래대로 필요로 하는 값을 제자리에서 바꿉니다.",
            "repair": "이 텐서를 바꾸지 말고 새 텐서(y = y * 2)를 만들거나, clone()한 것을 바꾸세요.",
            "effect": "스크립트가 멈춥니다.",
        },
    }

    def at_error(self, error: BaseException, ledger: Ledger) -> Iterator[Hit]:
        """A saved value has another version."""
        if str(error).startswith(OPENING):
            raised = place_of_error(error)
            place = ledger.writes.get(id(_storage_of(error)), (None, raised))[1]
            yield Hit(place, {"line": raised.line})


def _storage_of(error: BaseException) -> Storage | None:
    """The storage that the graph was looking at when it raised."""
    entry, found = error.__traceback__, None
    while entry is not None:
        storage = entry.tb_frame.f_locals.get("storage")
        found = storage if isinstance(storage, Storage) else found
        entry = entry.tb_next
    return found
