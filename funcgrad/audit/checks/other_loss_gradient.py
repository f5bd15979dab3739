"""FG005 other-loss-gradient: an update uses gradients of a loss that was meant for another optimizer.

The loss of a generator flows through the discriminator and leaves gradients there. Where nothing clears them after
the generator's update, the discriminator's next update adds its own loss to them.

Example::

    import torch

    torch.manual_seed(0)
    generator, critic = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)
    of_generator = torch.optim.SGD(generator.parameters(), lr=0.01)
    of_critic = torch.optim.SGD(critic.parameters(), lr=0.01)
    for _ in range(4):
        real, fake = torch.randn(8, 3), generator(torch.randn(8, 2))
        loss = critic(fake.detach()).mean() - critic(real).mean()
        loss.backward()
        of_critic.step()
        of_critic.zero_grad()
        of_generator.zero_grad()
        (-critic(fake).mean()).backward()  # FG005
        of_generator.step()

Look-alike: the critic's gradients are cleared before its own loss::

    import torch

    torch.manual_seed(0)
    generator, critic = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)
    of_generator = torch.optim.SGD(generator.parameters(), lr=0.01)
    of_critic = torch.optim.SGD(critic.parameters(), lr=0.01)
    for _ in range(4):
        real, fake = torch.randn(8, 3), generator(torch.randn(8, 2))
        of_critic.zero_grad()
        loss = critic(fake.detach()).mean() - critic(real).mean()
        loss.backward()
        of_critic.step()
        of_generator.zero_grad()
        (-critic(fake).mean()).backward()
        of_generator.step()

Ignore it where a network is meant to be trained on both losses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from funcgrad.audit.check import GradientMender, leaves_of
from funcgrad.audit.finding import Hit
from funcgrad.audit.ledger import Gradient, Ledger, Step, Term


class OtherLossGradient(GradientMender):
    """New terms of a backward pass that another optimizer has stepped with, and newer ones of another line."""

    code = "FG005"
    name = "other-loss-gradient"
    texts: ClassVar = {
        "en": {
            "found": (
                "This loss was another optimizer's, but its gradients were still there when the update in line "
                "{line} used those of line {source}."
            ),
            "repair": (
                "Clear these gradients before the loss that they are meant for, or take detach() or "
                "requires_grad_(False)."
            ),
        },
        "ko": {
            "found": (
                "이 손실은 다른 옵티마이저의 것인데, {line}행의 업데이트가 {source}행의 기울기를 쓸 때 그 기울기가 "
                "남아 있었습니다."
            ),
            "repair": (
                "원래 쓸 손실의 backward() 앞에서 이 기울기를 지우거나, detach() 또는 requires_grad_(False)를 쓰세요."
            ),
        },
    }

    def at_step(self, step: Step, ledger: Ledger) -> Iterator[Hit]:
        """Terms that another optimizer's loss has left."""
        mixed = self.concerned(step)
        if mixed and step.source is not None:
            leaked = [term for term in mixed[0].fresh(step.user) if _is_anothers(term, step)]
            place, facts = leaked[-1].call.place, {"line": step.place.line, "source": step.source.line}
            yield Hit(place, facts, leaves_of(mixed), len(leaked), self.shares(mixed, step), step.source)

    def intended(self, gradient: Gradient, step: Step) -> list[Term] | None:
        """What came for this optimizer, where something else is there too."""
        fresh = gradient.fresh(step.user)
        own = [term for term in fresh if not _is_anothers(term, step)]
        return own if 0 < len(own) < len(fresh) else None


def _is_anothers(term: Term, step: Step) -> bool:
    return bool(term.call.used_by - {step.user}) and term.call.place != step.source
