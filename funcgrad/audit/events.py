"""Events: what was heard, brought into the ledger and before the checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from funcgrad.audit.check import Check
from funcgrad.audit.finding import Finding, Hit
from funcgrad.audit.ledger import Backward, Clip, Ledger, Step
from funcgrad.audit.loss import Loss
from funcgrad.audit.mean import Mean
from funcgrad.audit.place import Place, here, user_frame
from funcgrad.audit.tensors import grad_of, parameters_of, value_of
from funcgrad.audit.timeline import Used, used_by
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Value

KEPT_HITS = 32  # of one finding: those whose gradients are kept to be compared


BackwardFacts = tuple[Place, Loss, Any, Value | None, Value | None, Mean | None, int]
"""What `Events.backward` is told."""


class Enough(BaseException):
    """Ends a script that has made the steps, or taken the time, that it was given."""


class Events:
    """Handles the events of a script.

    Args:
        checks: What to look for.
        mender: A check whose mistake is to be repaired while the script runs, or None.
        steps: Updates after which the script is ended.
    """

    def __init__(self, checks: Sequence[Check], mender: Check | None, steps: int) -> None:
        self.checks = checks
        self._looking = [check for check in checks if check.looks_at_plain_steps]
        self.mender = mender
        self.limit = steps
        self.ledger = Ledger()
        self.findings: dict[tuple[str, Place], Finding] = {}
        self.order: list[str] = []  # of the events since the last update
        self.orders: Counter[tuple[str, ...]] = Counter()  # the same, of all updates before
        self.timeline: list[Used] = []  # where checks are made
        self.stepping: list[tuple[Any, Step | None, int]] = []  # whose step is going on, and steps made before
        self._last: Step | None = None
        self._last_order: tuple[str, ...] = ()
        self._was_plain = False
        self._repeats: list[BackwardFacts] = []  # of updates that were passed over

    def forward(self) -> None:
        """A forward pass."""
        if self.order[-1:] != ["forward"]:
            self.order.append("forward")

    def backward(
        self,
        place: Place,
        loss: Loss,
        scaler: Any,
        value: Value | None,
        scale: Value | None,
        mean: Mean | None,
        sequence: int,
    ) -> None:
        """Open an entry for a backward call."""
        number = len(self.ledger.calls) + 1
        self.ledger.calls.append(Backward(number, place, loss, scaler, value, scale, mean, sequence))
        self.order.append("backward")
        if self.mender is not None:
            self.mender.before_backward(self.ledger)

    def accumulated(self, leaf: Tensor, fresh: Tensor, gradient: Tensor, in_training: bool) -> None:
        """Note a term, and where it lies."""
        self.ledger.add(leaf, value_of(fresh), in_training).tensor = gradient

    def cleared(self, leaf: Tensor, to_none: bool, place: Place) -> None:
        """Note that terms go."""
        gradient = self.ledger.gradient(leaf)
        gradient.settle()
        gradient.clear(place)
        if self.order[-1:] != ["zero_grad"]:
            self.order.append("zero_grad")

    def assigned(self, leaf: Tensor, value: Tensor | None, place: Place) -> None:
        """Note that terms go, for None or for what the user puts there."""
        if value is None:
            self.cleared(leaf, True, place)
        elif value is not self.ledger.gradient(leaf).tensor:  # `p.grad /= 2` ends by putting it back
            self.ledger.assign(leaf, value, place)

    def written(self, leaf: Tensor, place: Place) -> None:
        """The user is about to write to a gradient; what that was is seen when somebody asks."""
        gradient = self.ledger.gradient(leaf)
        gradient.settle()
        gradient.written_at = place

    def updated_by_hand(self, leaf: Tensor, place: Place) -> None:
        """The user is about to write to a leaf: an update, where no optimizer holds it."""
        gradient = self.ledger.gradient(leaf)
        if self.ledger.holders.get(id(leaf)):
            gradient.is_moved = True
            return
        gradient.settle()
        if not gradient.terms and not gradient.cleared:
            return
        self.check_steps()
        last = self._last
        goes_on = last is not None and last.optimizer is None and not self.order and gradient not in last.gradients
        if goes_on:  # one update, a line for each parameter
            self.ledger.steps -= 1
            self.orders[self._last_order] -= 1
            del self.timeline[-1:]
        step = Step(self.ledger.steps + 1, None, place, [gradient])
        self._at_step(step)
        self._after_step(step)
        if goes_on and last is not None:
            step.gradients = [*last.gradients, gradient]

    def clips(self, place: Place, clip: Callable[..., Any], parameters: list[Tensor], options: tuple[Any, ...]) -> None:
        """Show a clip to the checks."""
        made = Clip(place, clip, parameters, options, self.ledger.of(parameters))
        self.order.append("clip")
        if self.mender is not None:
            self.mender.before_clip(made, self.ledger)
        for check in self.checks:
            self._report(check, check.at_clip(made, self.ledger))
        self.ledger.clips.append(made)

    def inspects(self, leaf: Tensor, place: Place) -> None:
        """Show a look at a gradient to the checks."""
        for check in self.checks:
            self._report(check, check.at_inspect(self.ledger.gradient(leaf), place, self.ledger))

    def unscales(self, optimizer: Any) -> None:
        """Note that the terms of an optimizer's gradients are no longer scaled."""
        self.ledger.unscaled.add(id(optimizer))
        for gradient in self.ledger.of(parameters_of(optimizer)):
            for term in gradient.terms:
                term.is_scaled = False

    def holds(self, optimizer: Any, parameters: list[Tensor], place: Place) -> None:
        """Learn whose parameters these are."""
        self.ledger.built.setdefault(id(optimizer), place)
        self.ledger.hold(optimizer, parameters)

    def schedules(self, scheduler: Any, place: Place) -> None:
        """Show a scheduler's step to the checks."""
        self.order.append("scheduler.step")
        if self.mender is not None:
            self.mender.before_schedule(scheduler)
        for check in self.checks:
            self._report(check, check.at_schedule(scheduler, place, self.ledger))

    # An optimizer's step may call another's, or its own class's; terms are used by the innermost without a closure.

    def step_begins(self, optimizer: Any, has_closure: bool, place: Place) -> None:
        """Show an update to the checks; with a closure the gradients are yet to come."""
        is_repeated = any(other is optimizer for other, _, _ in self.stepping)
        step = None if has_closure or is_repeated else self._step(optimizer, place)
        self.stepping.append((optimizer, step, self.ledger.steps))
        if step is not None:
            self._at_step(step)

    def step_ended(self, optimizer: Any, has_closure: bool) -> None:
        """Note that an update has used its terms."""
        _, step, before = self.stepping.pop()
        if has_closure and self.ledger.steps == before:
            step = self._step(optimizer, here(), has_closure=True)
            self._at_step(step)
        if step is not None:
            self._after_step(step)

    def is_updating(self) -> bool:
        """Whether an optimizer is writing to its parameters."""
        return bool(self.stepping) and self.stepping[-1][1] is not None

    def _step(self, optimizer: Any, place: Place, has_closure: bool = False) -> Step:
        leaves = parameters_of(optimizer)
        self.ledger.hold(optimizer, leaves)
        return Step(self.ledger.steps + 1, optimizer, place, self.ledger.of(leaves), has_closure)

    def _at_step(self, step: Step) -> None:
        if self.checks and (step.number <= 2 or not self.orders):
            self.ledger.names.look(user_frame())
        self._was_plain = not self.ledger.clips and step.is_plain()
        for check in self.checks:
            if check.looks_at_plain_steps or not self._was_plain:
                self._report(check, check.at_step(step, self.ledger))
        if self.checks:
            self.timeline.append(used_by(step))
        if self.mender is not None:
            self.mender.before_step(step, self.ledger)

    def _after_step(self, step: Step) -> None:
        if self.mender is not None:
            self.mender.after_step(step)
        self.ledger.use(step)
        self.ledger.steps += 1
        self.ledger.clips = []
        self.ledger.writes = {}
        self._last, self._last_order, self.order = step, (*self.order, "step"), []
        self.orders[self._last_order] += 1

    # An update like the last one, which was plain. Its events are noted elsewhere and not handled.

    def is_repeatable(self, touched: set[int]) -> bool:
        """Whether an update with the same events as the last, on the same leaves, would do the same to the ledger."""
        step = self._last
        return (
            self._was_plain
            and self.mender is None
            and step is not None
            and not step.has_closure
            and touched <= {id(gradient.leaf) for gradient in step.gradients}
            and all(self.ledger.holders.get(id(g.leaf)) == [step.optimizer] for g in step.gradients)
        )

    def usual_step_begins(self) -> None:
        """Show it to the checks that look at every update."""
        if self._looking and self._last is not None:
            self._enter_repeats()
            for check in self._looking:
                self._report(check, check.at_step(self._last, self.ledger))

    def usual_step_ended(self, call: BackwardFacts) -> None:
        """Count it, and keep what was told of its backward call."""
        self.ledger.steps += 1
        self._repeats.append(call)

    def recall_usual(self) -> None:
        """Put the terms of the last one that was passed over into the gradients."""
        self._enter_repeats()
        if self._last is not None:
            for gradient in self._last.gradients:
                gradient.terms = [replace(gradient.terms[0], call=self.ledger.calls[-1])]
                gradient.tensor = grad_of(gradient.leaf)

    def _enter_repeats(self) -> None:
        ledger, step, repeats = self.ledger, self._last, self._repeats
        if step is None or not repeats:
            return
        for facts in repeats:
            call = Backward(len(ledger.calls) + 1, *facts, leaves=ledger.calls[-1].leaves, used_by={step.user})
            ledger.calls.append(call)
        ledger.used_up_to = ledger.calls[-1].sequence
        ledger.windows[step.user][step.source][step.window] += len(repeats)
        self.orders[self._last_order] += len(repeats)
        if self.checks:
            calls = ledger.calls[-len(repeats) :]
            first = ledger.steps - len(repeats) + 1
            self.timeline += [Used(first + k, (call.number,), (), ()) for k, call in enumerate(calls)]
        repeats.clear()

    def ended(self, errors: Sequence[BaseException], was_ended: bool) -> None:
        """The script has come to its end, by these errors, by its bounds, or by itself."""
        for gradient in self.ledger.gradients.values():
            gradient.settle()
        for check in self.checks:
            if not errors:
                self._report(check, check.at_end(self.ledger))
            for error in errors if not was_ended else ():
                self._report(check, check.at_error(error, self.ledger))

    def _report(self, check: Check, hits: Iterable[Hit]) -> None:
        for hit in hits:
            finding = self.findings.setdefault((check.code, hit.place), Finding(check.code, hit.place))
            if len(finding.hits) >= KEPT_HITS:
                hit.shares = []
            if len(finding.parameters) < len(hit.leaves):
                self.ledger.names.look(user_frame())
            finding.add(hit, map(self.ledger.names.of, hit.leaves))

    def check_steps(self) -> None:
        """Raises: Enough, if all updates have been made that may be."""
        if self.ledger.steps >= self.limit:
            raise Enough
