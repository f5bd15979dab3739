"""Which parameters an optimizer lacks, holds for nothing, or held before they were replaced."""

from __future__ import annotations

from collections.abc import Sequence

from funcgrad.audit.check import leaves_of
from funcgrad.audit.ledger import Backward, Gradient, Ledger, Step
from funcgrad.audit.place import Place
from funcgrad.audit.tensors import age_of, is_parameter, parameters_of
from funcgrad.torch._tensor import Tensor


def without_optimizer(ledger: Ledger, calls: Sequence[Backward]) -> list[Gradient]:
    """Parameters that got gradients from these backward calls in training, and which no optimizer holds."""
    reached = set[int]().union(*(call.leaves for call in calls))
    return [
        gradient
        for number, gradient in ledger.gradients.items()
        if number in reached and gradient.in_training and is_parameter(gradient.leaf) and not ledger.holders.get(number)
    ]


def used(ledger: Ledger) -> list[Backward]:
    """The backward calls that an optimizer has stepped with."""
    return [call for call in ledger.calls if call.used_by & ledger.optimizers.keys()]


def built_at(ledger: Ledger, call: Backward) -> Place:
    """Where the youngest optimizer that has stepped with a backward call got its parameters."""
    return ledger.built[max(call.used_by & ledger.built.keys())]


def take_in(step: Step, gradients: list[Gradient]) -> None:
    """Let the optimizer of an update hold the owners of these gradients too, and update them."""
    if gradients and step.optimizer is not None:
        step.optimizer.add_param_group({"params": leaves_of(gradients)})
        step.gradients += gradients


def never_reached(ledger: Ledger, optimizer: object) -> list[Tensor]:
    """Parameters of an optimizer that no backward pass reached."""
    return [leaf for leaf in parameters_of(optimizer) if leaf.requires_grad and not ledger.gradient(leaf).arrived]


def is_replacement(gradient: Gradient, ledger: Ledger) -> bool:
    """Whether a parameter came into a module after an optimizer had got the one that it replaces."""
    leaf, owners = gradient.leaf, ledger.names.owners()
    return id(leaf) in owners and any(
        id(other) not in owners and age_of(other) < age_of(leaf)
        for optimizer in ledger.optimizers.values()
        for other in never_reached(ledger, optimizer)
    )


def is_younger(gradient: Gradient, ledger: Ledger) -> bool:
    """Whether a parameter was made after all that the optimizers hold: a backbone is older than its new head."""
    held = [age_of(leaf) for optimizer in ledger.optimizers.values() for leaf in parameters_of(optimizer)]
    return age_of(gradient.leaf) > max(held, default=0)
