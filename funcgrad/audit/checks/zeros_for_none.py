"""FG015 zeros-for-none: a parameter that a batch does not use is moved by momentum or weight decay.

zero_grad(set_to_none=False) leaves zeros, and an optimizer treats zeros as a gradient: momentum goes on and weight
decay shrinks the parameter. With None it would leave the parameter as it is.

Example::

    import torch

    torch.manual_seed(0)
    model, extra = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD([*model.parameters(), *extra.parameters()], lr=0.1, momentum=0.9)
    for i in range(6):
        x = torch.randn(8, 3)
        optimizer.zero_grad(set_to_none=False)  # FG015
        y = model(x) + extra(x) if i % 3 == 0 else model(x)
        (y - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()

Look-alike: without momentum and weight decay, a zero gradient moves nothing::

    import torch

    torch.manual_seed(0)
    model, extra = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD([*model.parameters(), *extra.parameters()], lr=0.1)
    for i in range(6):
        x = torch.randn(8, 3)
        optimizer.zero_grad(set_to_none=False)
        y = model(x) + extra(x) if i % 3 == 0 else model(x)
        (y - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()

Ignore it where momentum is meant to carry a parameter on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from funcgrad.audit.check import GradientMender, leaves_of, share
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term
from funcgrad.audit.tensors import is_tensor
from funcgrad.torch._tensor import Tensor


class ZerosForNone(GradientMender):
    """Zeros without a term, beside new gradients, where the optimizer does something with zeros."""

    code = "FG015"
    name = "zeros-for-none"
    texts: ClassVar = {
        "en": {
            "found": (
                "The update in line {line} moved {count:parameter} that no backward pass had reached, because their "
                "gradients were zeros and not None."
            ),
            "repair": "Call zero_grad() with set_to_none=True, which is the default.",
        },
        "ko": {
            "found": (
                "{line}행의 업데이트는 backward가 닿지 않은 매개변수 {count:~}개를 움직였습니다. 기울기가 None이 "
                "아니라 0이었기 때문입니다."
            ),
            "repair": "zero_grad()를 기본값인 set_to_none=True로 부르세요.",
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Parameters that move without a gradient."""
        moved = self.concerned(step)
        if moved:
            place, facts = moved[0].cleared_at or step.place, {"line": step.place.line}
            shares = [share(gradient, gradient.fresh(step.user)) for gradient in step.gradients]
            yield Hit(place, facts, leaves_of(moved), len(moved), shares)

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """None instead of zeros."""
        is_idle = gradient.is_empty_tensor() and bool(step.fresh())
        return [] if is_idle and step.optimizer is not None and _moves(gradient.leaf, step.optimizer) else None


def _moves(leaf: Tensor, optimizer: Any) -> bool:
    group = next(group for group in optimizer.param_groups if any(p is leaf for p in group["params"]))
    has_memory = any(is_tensor(x) and x.ndim == leaf.ndim for x in optimizer.state.get(leaf, {}).values())
    return has_memory or bool(group.get("weight_decay"))
