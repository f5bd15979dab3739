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

from funcgrad.audit.check import Check, share
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step


class MissingZeroGrad(Check):
    """Terms that were used meet terms that were not."""

    code = "FG001"
    name = "missing-zero-grad"
    repair = "Call optimizer.zero_grad() before this backward(), or after step()."

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Gradients of which an update has used a part before."""
        if not step.fresh():
            return
        stale = [g for g in step.gradients if g.used(step.user) and not g.is_decayed]
        if stale:
            yield Hit(
                max((term for g in step.fresh() for term in g.terms), key=lambda term: term.call.number).call.place,
                f"The update in line {step.place.line} used gradients that hold {{count:backward pass}}; all but the "
                f"last{f' {step.window}' if step.window > 1 else ''} had been used by earlier updates.",
                [g.leaf for g in stale],
                max(len(g.terms) for g in stale),
                [share(g, g.fresh(step.user)) for g in step.gradients],
            )

    def before_backward(self, ledger: Ledger) -> None:
        """Clear what has been used."""
        for gradient in ledger.gradients.values():
            gradient.settle()
            if _is_used_up(gradient):
                gradient.leaf._grad = None
                gradient.terms = []


def _is_used_up(gradient: Gradient) -> bool:
    return bool(gradient.terms) and not gradient.is_decayed and all(term.used_by for term in gradient.terms)
