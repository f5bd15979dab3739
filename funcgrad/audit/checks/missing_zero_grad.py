"""FG001 missing-zero-grad: an update uses gradients that an earlier update has used already.

backward() adds to .grad. Where nothing clears it after an update, the next update uses the old batches again,
each of them as often as there are updates: momentum 1.0 without end.

Example::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()  # FG001
        optimizer.step()

Look-alike: accumulation on purpose uses each batch once::

    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i in range(8):
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / 4
        loss.backward()
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()

Ignore it where the sum over all batches so far is what you want.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import Check, share
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step
from funcgrad.audit.tensors import put_grad


class MissingZeroGrad(Check):
    """Terms that were used meet terms that were not."""

    code = "FG001"
    name = "missing-zero-grad"
    texts: ClassVar = {
        "en": {
            "found": (
                "The update in line {line} used gradients that hold {count:backward pass}; all but the last{new} "
                "had been used by earlier updates."
            ),
            "repair": "Call optimizer.zero_grad() before this backward(), or after step().",
        },
        "ko": {
            "found": (
                "{line}행의 업데이트가 쓴 기울기에는 backward {count:~}번의 몫이 들어 있고, 마지막{new} 것을 뺀 "
                "나머지는 이전 업데이트가 이미 쓴 것입니다."
            ),
            "repair": "이 backward() 앞이나 step() 뒤에서 optimizer.zero_grad()를 부르세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Gradients of which an update has used a part before."""
        if not step.fresh():
            return
        stale = [g for g in step.gradients if g.used(step.user) and not g.is_decayed]
        if stale:
            yield Hit(
                max((term for g in step.fresh() for term in g.terms), key=lambda term: term.call.number).call.place,
                {"line": step.place.line, "new": f" {step.window}" if step.window > 1 else ""},
                [g.leaf for g in stale],
                max(len(g.terms) for g in stale),
                [share(g, g.fresh(step.user)) for g in step.gradients],
            )

    def before_backward(self, ledger: Ledger) -> None:
        """Clear what has been used."""
        for gradient in ledger.gradients.values():
            gradient.settle()
            if _is_used_up(gradient):
                put_grad(gradient.leaf, None)
                gradient.terms = []


def _is_used_up(gradient: Gradient) -> bool:
    return bool(gradient.terms) and not gradient.is_decayed and all(term.used_by for term in gradient.terms)
