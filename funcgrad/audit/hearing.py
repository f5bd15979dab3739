"""Hearing: what the stateful face tells while a script runs, turned into events with their places and values.

Heard are calls of modules, backward calls and what they add to a leaf, clearing (`zero_grad`, `.grad = None`, zeros
written by hand), clipping, loss scaling, updates by an optimizer or by the user's own line, and schedulers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from funcgrad.audit.events import Enough, Events
from funcgrad.audit.loss import Loss, describe
from funcgrad.audit.mean import Mean, mean_of
from funcgrad.audit.place import NOWHERE, Spot, here, is_named_by_users, is_users_own_write
from funcgrad.audit.usual import ACCUMULATED, BACKWARD, CLEARS, ENDED, FORWARD, NOTHING, STEP, UNUSUAL, Event, Usual
from funcgrad.torch import _storage
from funcgrad.torch._dispatch import fronts, value_of
from funcgrad.torch._graph import Edge
from funcgrad.torch._listening import Listener, listeners
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op, Value

NOTHING_KEPT = None, None, None, 0
NORMS = frozenset({"vector_norm", "total_norm", "mean", "std"})
"""Operators that tell how large a gradient is."""


class Hearing(Listener):
    """Hears a script.

    Args:
        events: What handles the events.
        seconds: Time after which the script is ended.
        keeps_losses: Whether the ledger is to hold the value of each loss and the age of its graph.
    """

    def __init__(self, events: Events, seconds: float = math.inf, keeps_losses: bool = False) -> None:
        self.events = events
        self.keeps_losses = keeps_losses
        self.deadline = time.monotonic() + seconds
        self._usual = Usual()
        self._first = NOTHING  # event of the usual update
        self._next = NOTHING  # one that is expected
        self._handlers: dict[str, Callable[..., None]] = {
            FORWARD: events.forward,
            BACKWARD: events.backward,
            ACCUMULATED: events.accumulated,
            CLEARS: events.cleared,
            STEP: events.step_begins,
            ENDED: events.step_ended,
        }
        self._backward_spot, self._clear_spot, self._step_spot = Spot(), Spot(), Spot()
        self._is_updating = False
        self._is_new = False  # whether there may be a gradient whose storage is not known
        self._told: Any = ()  # of the last backward call
        self._modules: dict[int, Any] = {}
        self._scalers: list[Any] = []
        self._owners: dict[int, Any] = {}  # the module of a parameter, by its id
        self._leaves: dict[int, Tensor] = {}  # by the id of a storage: the leaf's own, or that of its `.grad`
        events.ledger.catch_up = self.catch_up

    # What may be usual. These run at each event of each update: they compare, go on, and make nothing.

    def called(self, module: Any) -> None:
        """A module is called; all calls in a row are one forward pass."""
        if id(module) not in self._modules:
            self._learn(module)
        expected = self._next
        if expected.kind is FORWARD:
            self._next = expected.next
        elif not expected.is_behind_forward:
            self._handle(Event(FORWARD), ())

    def backward(self, tensors: Sequence[Tensor], grads: Sequence[Tensor | None]) -> None:
        """A backward call; its graph is looked at before it is freed."""
        if time.monotonic() > self.deadline:
            raise Enough
        place = self._backward_spot.here()
        scales = [s._scale._storage for s in self._scalers if s._scale is not None] if self._scalers else ()
        loss = describe(tensors, grads, scales)
        scaler = self._scaler_of(loss) if loss.storages else None
        told = place, loss, scaler, *(self._kept(tensors, scaler) if self.keeps_losses else NOTHING_KEPT)
        expected, detail = self._next, (place, loss)
        if expected.kind is BACKWARD and expected.who is scaler and expected.detail == detail:
            self._next = expected.next
        else:
            self._handle(Event(BACKWARD, scaler, detail), told)
        self._told = told

    def accumulated(self, leaf: Tensor, fresh: Tensor) -> None:
        """A term has come, and lies in `.grad`."""
        self._is_new = True
        owner = self._owners.get(id(leaf))
        in_training = owner is None or owner.training
        expected = self._next
        if expected.who is leaf and expected.kind is ACCUMULATED and expected.detail is in_training:
            self._next = expected.next
        else:
            self._handle(Event(ACCUMULATED, leaf, in_training), (leaf, fresh, leaf._grad, in_training))

    def clears(self, leaf: Tensor, to_none: bool) -> None:
        """A gradient is cleared; where that leaves no zeros, nobody asks for the line of what is usual."""
        place = NOWHERE if to_none else self._clear_spot.here()
        expected = self._next
        if expected.who is leaf and expected.kind is CLEARS and expected.detail is place:
            self._next = expected.next
            return
        self.catch_up()
        is_told = self.events.ledger.gradient(leaf).has_unused()
        self._handle(Event(CLEARS, leaf, place), (leaf, to_none, here() if is_told else place))

    def step_begins(self, optimizer: Any, has_closure: bool) -> None:
        """An update is about to be made."""
        if not self.events.stepping:
            self.events.check_steps()
        place = self._step_spot.here()
        expected = self._next
        if expected.who is optimizer and expected.kind is STEP and expected.detail is place and not has_closure:
            self._next = expected.next
            self.events.usual_step_begins()
            self._is_updating = True
        else:
            self._handle(Event(STEP, optimizer, place), (optimizer, has_closure, place))
            self._is_updating = self.events.is_updating()

    def step_ended(self, optimizer: Any, has_closure: bool) -> None:
        """It has been made."""
        expected = self._next
        if expected.who is optimizer and expected.kind is ENDED:
            self._next = expected.next
            self._is_updating = False
            self.events.usual_step_ended(self._told)
        else:
            self._handle(Event(ENDED, optimizer), (optimizer, has_closure))
            self._is_updating = self.events.is_updating()

    def _learn(self, module: Any) -> None:
        self._modules[id(module)] = module
        self.events.ledger.names.call(module)
        self._owners.update({id(p): m for m in module.modules() for p in m.parameters(recurse=False)})

    def _scaler_of(self, loss: Loss) -> Any:
        return next((s for s in self._scalers if any(s._scale._storage is x for x in loss.storages)), None)

    def _kept(self, tensors: Sequence[Tensor], scaler: Any) -> tuple[Value | None, Value | None, Mean | None, int]:
        value = value_of(tensors[0]) if tensors[0]._aval.size == 1 else None
        scale = None if scaler is None else value_of(scaler._scale)
        return (
            value,
            scale,
            mean_of(tensors),
            max(x._edge.node.sequence if isinstance(x._edge, Edge) else 0 for x in tensors),
        )

    def _handle(self, event: Event, told: tuple[Any, ...]) -> None:
        self.catch_up()
        self._usual.handles(event)
        steps = self.events.ledger.steps
        self._handlers[event.kind](*told)
        if self.events.ledger.steps != steps:
            self._learn_update(self._usual.completed())

    def _learn_update(self, update: list[Event]) -> None:
        kinds = [event.kind for event in update]
        is_alone = UNUSUAL not in update and kinds[-2:] == [STEP, ENDED] and kinds.count(BACKWARD) == 1
        touched = {id(event.who) for event in update if event.kind in (CLEARS, ACCUMULATED)}
        is_plain = is_alone and self.events.is_repeatable(touched)
        self._first = self._next = self._usual.learn(update if is_plain else [])

    def catch_up(self) -> None:
        """Handle what was passed over, for somebody who wants to know."""
        event, end = self._first, self._next
        if event is NOTHING:
            return
        self._first = self._next = NOTHING
        self.events.recall_usual()
        while event is not end:
            self._handle(event, self._told_of(event))
            event = event.next

    def _told_of(self, event: Event) -> tuple[Any, ...]:
        """What was told with an event that was passed over: in a usual update a gradient has one term, its value."""
        if event.kind is ACCUMULATED:
            return event.who, event.who._grad, event.who._grad, event.detail
        if event.kind is CLEARS:
            return event.who, event.detail is NOWHERE, event.detail
        known = {FORWARD: (), BACKWARD: self._told, STEP: (event.who, False, event.detail), ENDED: (event.who, False)}
        return known[event.kind]

    # What is not usual.

    def assigns(self, leaf: Tensor, gradient: Tensor | None) -> None:
        """The user puts None or a gradient of his own in the place of what is there."""
        self._is_new = True
        self._handle_unusual(self.events.assigned, leaf, gradient, here())

    def written(self, storage: Storage) -> None:
        """A storage is about to be written to."""
        if self._is_updating:
            return
        if self._is_new:
            self._find_storages()
        leaf = self._leaves.get(id(storage))
        if (leaf is None and not self.keeps_losses) or not is_users_own_write():
            return
        if leaf is None:
            self.events.ledger.writes[id(storage)] = storage, here()
            return
        if storage is leaf._storage:
            self._handle_unusual(self.events.updated_by_hand, leaf, here())
        elif leaf._grad is not None and storage is leaf._grad._storage:
            self._handle_unusual(self.events.written, leaf, here())

    def _find_storages(self) -> None:
        leaves = [gradient.leaf for gradient in self.events.ledger.gradients.values()]
        self._leaves = {id(x._storage): leaf for leaf in leaves for x in (leaf, leaf._grad) if x is not None}
        self._is_new = False

    def clips(self, clip: Callable[..., Any], parameters: list[Tensor], options: tuple[Any, ...]) -> None:
        """Gradients are about to be clipped."""
        self._handle_unusual(self.events.clips, here(), clip, parameters, options)

    def scales(self, scaler: Any) -> None:
        """Learn that there is a scaler."""
        if not any(known is scaler for known in self._scalers):
            self._scalers.append(scaler)
            fronts.insert(0, self._inspected)

    def _inspected(self, op: Op, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """An operator is about to be recorded, outside of autocasting."""
        if op.name in NORMS and not self._is_updating:
            if self._is_new:
                self._find_storages()
            leaves = [self._leaves.get(id(x._storage)) for x in operands if isinstance(x, Tensor)]
            for leaf in leaves:
                if leaf is not None and leaf._grad is not None and not is_named_by_users("get_scale"):
                    self._handle_unusual(self.events.inspects, leaf, here())
        return operands

    def unscales(self, scaler: Any, optimizer: Any) -> None:
        """Gradients are about to be unscaled."""
        self._handle_unusual(self.events.unscales, optimizer)

    def holds(self, optimizer: Any, parameters: list[Tensor]) -> None:
        """An optimizer has got parameters."""
        self._handle_unusual(self.events.holds, optimizer, parameters, here())

    def schedules(self, scheduler: Any) -> None:
        """A scheduler is about to step."""
        self._handle_unusual(self.events.schedules, scheduler, here())

    def _handle_unusual(self, handle: Callable[..., None], *told: Any) -> None:
        self.catch_up()
        self._usual.handles(UNUSUAL)
        handle(*told)


@contextmanager
def heard(hearing: Hearing, *others: Listener) -> Generator[None]:
    """Listen in the block."""
    mine = (hearing, *others)
    listeners.extend(mine)
    _storage.listeners.append(hearing.written)
    try:
        yield
    finally:
        hearing.catch_up()
        listeners[:] = [listener for listener in listeners if listener not in mine]
        _storage.listeners.remove(hearing.written)
        fronts[:] = [front for front in fronts if front != hearing._inspected]
