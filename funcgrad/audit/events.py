"""Events: what is heard while a script runs, brought into the ledger and before the checks.

Heard are calls of modules, backward calls and what they add to a leaf, clearing (`zero_grad`, `.grad = None`, zeros
written by hand), clipping, loss scaling, updates by an optimizer or by the user's own line, and schedulers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Finding, Hit
from funcgrad.audit.ledger import Backward, Clip, Gradient, Ledger, Step
from funcgrad.audit.loss import describe
from funcgrad.audit.place import NOWHERE, Place, here, is_users_own_write, user_frame
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._graph import Edge
from funcgrad.torch._listening import Listener
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor

KEPT_HITS = 32  # of one finding: those whose gradients are kept to be compared


class Enough(BaseException):
    """Ends a script that has made the steps, or taken the time, that it was given."""


class Events(Listener):
    """Hears a script.

    Args:
        checks: What to look for.
        mender: A check whose mistake is to be repaired while the script runs, or None.
        steps: Updates after which the script is ended.
        seconds: Time after which it is ended.
    """

    def __init__(self, checks: Sequence[Check], mender: Check | None, steps: int, seconds: float) -> None:
        self.checks = checks
        self.mender = mender
        self.limit = steps
        self.deadline = time.monotonic() + seconds
        self.ledger = Ledger()
        self.findings: dict[tuple[str, Place], Finding] = {}
        self.order: list[str] = []  # of the events since the last update
        self.orders: list[tuple[str, ...]] = []  # the same, of each update before
        self._stepping: list[tuple[Any, Step | None, int]] = []  # whose step is going on, and steps made before
        self._scalers: list[Any] = []
        self._storages: dict[int, Gradient] = {}  # of gradients and of leaves, by the storage's id
        self._owners: dict[int, Any] = {}

    def called(self, module: Any) -> None:
        """Learn the parameters and the mode of a module."""
        if id(module) not in self.ledger.names.modules:
            self.ledger.names.call(module)
            self._owners.update({id(p): m for m in module.modules() for p in m.parameters(recurse=False)})
        if self.order[-1:] != ["forward"]:
            self.order.append("forward")
        self._check_time()

    def backward(self, tensors: Sequence[Tensor], grads: Sequence[Tensor | None]) -> None:
        """Open an entry for a backward call, before its graph is freed."""
        self._check_time()
        loss = describe(tensors, grads, [s._scale._storage for s in self._scalers if s._scale is not None])
        scaler = next((s for s in self._scalers if any(s._scale._storage is x for x in loss.storages)), None)
        value = value_of(tensors[0]) if tensors[0]._aval.size == 1 else None
        scale = value_of(scaler._scale) if scaler is not None else None
        sequence = max([x._edge.node.sequence for x in tensors if isinstance(x._edge, Edge)], default=0)
        call = Backward(len(self.ledger.calls) + 1, here(), loss, scaler, value, scale, sequence)
        self.ledger.calls.append(call)
        self.order.append("backward")
        if self.mender is not None:
            self.mender.before_backward(self.ledger)
        for check in self.checks:
            self._report(check, check.at_backward(self.ledger))

    def accumulated(self, leaf: Tensor, fresh: Tensor) -> None:
        """Note a term, and where it lies."""
        owner = self._owners.get(id(leaf))
        gradient = self.ledger.add(leaf, fresh, owner is None or owner.training)
        assert leaf._grad is not None
        gradient.tensor = leaf._grad
        self._storages[id(leaf._grad._storage)] = self._storages[id(leaf._storage)] = gradient

    def clears(self, leaf: Tensor, to_none: bool) -> None:
        """Note that terms go."""
        self._cleared(self.ledger.gradient(leaf), to_none)

    def assigned(self, leaf: Tensor) -> None:
        """Note that terms go, for None or for what the user has put there."""
        gradient = self.ledger.gradient(leaf)
        if leaf._grad is None:
            self._cleared(gradient, to_none=True)
        elif leaf._grad is not gradient.tensor:  # `p.grad /= 2` ends by putting it back where it was
            self.ledger.assign(leaf, here())
            self._storages[id(leaf._grad._storage)] = gradient

    def _cleared(self, gradient: Gradient, to_none: bool) -> None:
        gradient.settle()
        is_told = not to_none or any(not term.used_by for term in gradient.terms)
        gradient.clear(here() if is_told else NOWHERE)  # looking for the line is dear
        if self.order[-1:] != ["zero_grad"]:
            self.order.append("zero_grad")

    def written(self, storage: Storage) -> None:
        """A storage is about to be written to."""
        gradient = self._storages.get(id(storage))
        if gradient is None or self._is_updating() or not is_users_own_write():
            return
        if storage is gradient.leaf._storage:
            if not self.ledger.holders.get(id(gradient.leaf)):
                self._updated_by_hand(gradient)
        elif gradient.leaf._grad is not None and storage is gradient.leaf._grad._storage:
            gradient.settle()
            gradient.written_at = here()

    def _is_updating(self) -> bool:
        return bool(self._stepping) and self._stepping[-1][1] is not None

    def _updated_by_hand(self, gradient: Gradient) -> None:
        gradient.settle()
        if not gradient.terms and not gradient.cleared:
            return
        self._check_steps()
        last = self.ledger.steps[-1] if self.ledger.steps else None
        number = len(self.ledger.steps) + 1
        if last is not None and last.optimizer is None and not self.order and gradient not in last.gradients:
            number = self.ledger.steps.pop().number  # one update, a line for each parameter
        step = Step(number, None, here(), [gradient])
        self._at_step(step)
        self._after_step(step)
        if last is not None and last.number == number:
            step.gradients = [*last.gradients, gradient]
            self.orders.pop()

    def clips(self, clip: Callable[..., Any], parameters: list[Tensor], options: tuple[Any, ...]) -> None:
        """Show a clip to the checks."""
        made = Clip(here(), clip, parameters, options, self.ledger.of(parameters))
        self.order.append("clip")
        if self.mender is not None:
            self.mender.before_clip(made, self.ledger)
        for check in self.checks:
            self._report(check, check.at_clip(made, self.ledger))
        self.ledger.clips.append(made)

    def scales(self, scaler: Any) -> None:
        """Learn that there is a scaler."""
        if not any(known is scaler for known in self._scalers):
            self._scalers.append(scaler)

    def unscales(self, scaler: Any, optimizer: Any) -> None:
        """Note that the terms of an optimizer's gradients are no longer scaled."""
        self.ledger.unscaled.add(id(optimizer))
        for gradient in self.ledger.of(optimizer._parameters()):
            for term in gradient.terms:
                term.is_scaled = False

    def holds(self, optimizer: Any, parameters: list[Tensor]) -> None:
        """Learn whose parameters these are."""
        self.ledger.built.setdefault(id(optimizer), here())
        self.ledger.hold(optimizer, parameters)

    def schedules(self, scheduler: Any) -> None:
        """Show a scheduler's step to the checks."""
        self.order.append("scheduler.step")
        if self.mender is not None:
            self.mender.before_schedule(scheduler)
        for check in self.checks:
            self._report(check, check.at_schedule(scheduler, here(), self.ledger))

    # An optimizer's step may call another's, or its own class's; terms are used by the innermost without a closure.

    def step_begins(self, optimizer: Any, has_closure: bool) -> None:
        """Show an update to the checks; with a closure the gradients are yet to come."""
        if not self._stepping:
            self._check_steps()
        is_repeated = any(other is optimizer for other, _, _ in self._stepping)
        step = None if has_closure or is_repeated else self._step(optimizer)
        self._stepping.append((optimizer, step, len(self.ledger.steps)))
        if step is not None:
            self._at_step(step)

    def step_ended(self, optimizer: Any, has_closure: bool) -> None:
        """Note that an update has used its terms."""
        _, step, before = self._stepping.pop()
        if has_closure and len(self.ledger.steps) == before:
            step = self._step(optimizer, has_closure=True)
            self._at_step(step)
        if step is not None:
            self._after_step(step)

    def _step(self, optimizer: Any, has_closure: bool = False) -> Step:
        leaves = optimizer._parameters()
        self.ledger.hold(optimizer, leaves)
        return Step(len(self.ledger.steps) + 1, optimizer, here(), self.ledger.of(leaves), has_closure)

    def _at_step(self, step: Step) -> None:
        if step.number <= 2 or not self.orders:
            self.ledger.names.look(user_frame())
        is_plain = not self.ledger.clips and step.is_plain()
        for check in self.checks:
            if check.looks_at_plain_steps or not is_plain:
                self._report(check, check.at_step(step, self.ledger))
        if self.mender is not None:
            self.mender.before_step(step, self.ledger)
        self.ledger.steps.append(step)

    def _after_step(self, step: Step) -> None:
        if self.mender is not None:
            self.mender.after_step(step)
        self.ledger.use(step)
        self.ledger.clips = []
        self.orders.append((*self.order, "step"))
        self.order = []

    def ended(self, error: BaseException | None) -> None:
        """The script has come to its end, whatever end that is."""
        for gradient in self.ledger.gradients.values():
            gradient.settle()
        for check in self.checks:
            if error is None:
                self._report(check, check.at_end(self.ledger))
            elif not isinstance(error, Enough):
                self._report(check, check.at_error(error))

    def _report(self, check: Check, hits: Iterable[Hit]) -> None:
        for hit in hits:
            finding = self.findings.setdefault((check.code, hit.place), Finding(check.code, hit.place))
            if len(finding.hits) >= KEPT_HITS:
                hit.shares = []
            if len(finding.parameters) < len(hit.leaves):
                self.ledger.names.look(user_frame())
            finding.add(hit, map(self.ledger.names.of, hit.leaves))

    def _check_steps(self) -> None:
        if len(self.ledger.steps) >= self.limit:
            raise Enough

    def _check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise Enough
