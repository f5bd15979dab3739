"""FG007 lost-window: the last batches of an epoch, fewer than an update needs, are lost or join the next epoch's.

An update every N batches leaves a rest where N does not divide their number. Without an update of its own, the rest
is never used, or is added to the first window of the next epoch.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for i in range(10):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / 4
        loss.backward()  # FG007
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()

Look-alike: the rest has an update of its own::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for i in range(10):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / (4 if i < 8 else 2)
        loss.backward()
        if (i + 1) % 4 == 0 or i == 9:
            optimizer.step()
            optimizer.zero_grad()

Ignore it where dropping the rest is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check, leaves_of
from funcgrad.audit.checks._windows import torn_window, usual_window
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Ledger, Step, Term
from funcgrad.audit.place import NOWHERE
from funcgrad.audit.tensors import parameters_of


class LostWindow(Check):
    """Fewer new terms than a window has are cleared, left at the end, or added to the next window."""

    code = "FG007"
    name = "lost-window"
    texts: ClassVar = {
        "en": {
            "cleared": "{count:backward pass} of a window of {window} were cleared before an update had used them.",
            "joined": (
                "The update in line {line} used {count:backward pass} too many: they were left over from a window "
                "of {window} that was not full."
            ),
            "unused": "The last {count:backward pass}, of a window of {window}, were never used.",
            "repair": "Step once more after the last batch, with the loss divided by the batches that are left.",
            "effect": "no update was made with them on their own.",
        },
        "ko": {
            "cleared": (
                "{window}개짜리 누적 구간 가운데 backward {count:~}번의 기울기가 업데이트에 쓰이기 전에 지워졌습니다."
            ),
            "joined": (
                "{line}행의 업데이트는 backward {count:~}번만큼을 더 썼습니다. 다 차지 않은 {window}개짜리 누적 "
                "구간에서 남은 것입니다."
            ),
            "unused": "{window}개짜리 누적 구간의 마지막 backward {count:~}번은 끝내 쓰이지 않았습니다.",
            "repair": "마지막 배치 뒤에, 남은 배치 수로 나눈 손실로 step()을 한 번 더 부르세요.",
            "effect": "이 기울기만으로 이루어진 업데이트가 없었습니다.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """A rest was cleared before this window, or is part of it."""
        newest = step.newest()
        if newest is None or step.has_closure:
            return
        place, window = newest.call.place, usual_window(ledger, step.user, newest)
        cleared = [gradient for gradient in step.gradients if 0 < _count(gradient.cleared, newest) < window]
        if cleared and not torn_window(cleared[0], step):  # that is FG022
            count = max(_count(gradient.cleared, newest) for gradient in cleared)
            yield Hit(place, {"window": window}, leaves_of(cleared), count, kind="cleared")
        elif window < step.window < 2 * window:
            facts = {"line": step.place.line, "window": window}
            yield Hit(place, facts, leaves_of(step.fresh()), step.window - window, kind="joined")

    def at_end(self, ledger: Ledger) -> Iterator[Hit]:
        """A rest is still there."""
        for number, optimizer in ledger.optimizers.items():
            rest = Step(0, optimizer, NOWHERE, [ledger.gradient(leaf) for leaf in parameters_of(optimizer)])
            newest = rest.newest()
            window = 0 if newest is None else usual_window(ledger, number, newest)
            if newest is not None and 0 < rest.window < window:
                yield Hit(newest.call.place, {"window": window}, leaves_of(rest.fresh()), rest.window, kind="unused")


def _count(terms: list[Term], newest: Term) -> int:
    return sum(term.is_like(newest) for term in terms)
