"""Ledger: which backward calls are in each `.grad`, and which update has used them.

A term is one backward call's share of one gradient. It is fresh for an optimizer until that optimizer has stepped
with it; everything that the checks ask is asked of terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from funcgrad.audit.loss import UNKNOWN, Loss
from funcgrad.audit.mean import Mean
from funcgrad.audit.names import Names
from funcgrad.audit.place import Place
from funcgrad.audit.tensors import array_of, grad_of, value_of
from funcgrad.torch._listening import unheard
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Value

MANUAL = 0
"""Who uses a gradient when the user's own line updates the parameter."""


@dataclass(eq=False, slots=True)
class Backward:
    """One call of `backward`."""

    number: int  # from 1; 0: no call, the user's own gradient
    place: Place
    loss: Loss
    scaler: Any  # that scaled the loss, or None
    value: Value | None  # of the loss, where it is one number
    scale: Value | None  # at that time
    mean: Mean | None  # that it is
    sequence: int  # of its graph's last node: order of creation
    leaves: set[int] = field(default_factory=set)  # ids of the leaves that it reached
    used_by: set[int] = field(default_factory=set)  # ids of optimizers that have used a part of it

    def factor(self) -> float | None:
        """What the mean that the loss is was multiplied by, without the scaler's scale; None: it is no mean."""
        if self.mean is None:
            return None
        return self.mean.factor / (1.0 if self.scale is None else float(array_of(self.scale).item()))


@dataclass(eq=False, slots=True)
class Term:
    """What one backward call added to one gradient."""

    call: Backward
    value: Value | None  # dropped once it has been used
    in_training: bool  # mode of the module that owns the parameter
    is_scaled: bool
    used_by: set[int] = field(default_factory=set)  # ids of optimizers, or MANUAL

    @property
    def is_users_own(self) -> bool:
        """Whether it is no backward call's, but what the user has put into `.grad`."""
        return self.call.number == 0

    def is_like(self, other: Term) -> bool:
        """Whether both came from the same line in the same mode."""
        return self.call.place == other.call.place and self.in_training == other.in_training


@dataclass(eq=False)
class Gradient:
    """What is in the `.grad` of one leaf."""

    leaf: Tensor
    terms: list[Term] = field(default_factory=list)
    cleared: list[Term] = field(default_factory=list)  # taken out since the last update, before any had used them
    cleared_at: Place | None = None  # by whom; or, where nothing was lost, who cleared it last
    is_treated: bool = False  # the user has changed it in place while it was fresh: divided, clipped by hand
    is_decayed: bool = False  # ... or after it was used: meant to be kept
    is_moved: bool = False  # the user has changed the parameter since the last update, though an optimizer holds it
    written_at: Place | None = None  # the user wrote to it; what that was is seen when somebody asks
    tensor: Tensor | None = None  # `.grad` itself, when the last term came
    arrived: int = 0  # terms, ever
    in_training: bool = False  # one of them was

    def fresh(self, user: int) -> list[Term]:
        """Terms that the user of gradients has not used yet."""
        return [term for term in self.terms if user not in term.used_by]

    def used(self, user: int) -> list[Term]:
        """Terms that it has used already."""
        return [term for term in self.terms if user in term.used_by]

    def has_unused(self) -> bool:
        """Whether it holds something that nobody has used."""
        return any(not term.used_by for term in self.terms)

    def has_scaled(self) -> bool:
        """Whether it holds something new that is still multiplied by a scaler's scale."""
        return any(term.is_scaled and not term.used_by for term in self.terms)

    def is_empty_tensor(self) -> bool:
        """Whether `.grad` is there, but nothing has been added to it since it was cleared."""
        return grad_of(self.leaf) is not None and not self.terms and not self.is_decayed

    def clear(self, place: Place) -> None:
        """Take all terms out."""
        lost = [term for term in self.terms if not term.used_by and not term.is_users_own]
        if lost or not self.cleared:
            self.cleared_at = place
        self.cleared += lost
        self.terms, self.tensor = [], None
        self.is_treated = self.is_decayed = False
        self.written_at = None

    def settle(self) -> None:
        """See what the user's own write was: zeros clear a gradient, other values treat it."""
        place, self.written_at = self.written_at, None
        if place is None:
            return
        gradient = grad_of(self.leaf)
        if gradient is None or not np.any(array_of(value_of(gradient))):
            self.clear(place)
        elif self.has_unused():
            self.is_treated = True
        else:
            self.is_decayed = True


class Step:
    """An update that is about to happen.

    Attributes:
        number: Its place among all updates.
        optimizer: Whose it is; None for the user's own line.
        user: Under which id terms are used by it.
        gradients: Of all parameters that it may change.
        source: The line of the last backward call that is new to it.
        window: The most terms of that line and mode that are new in one gradient.
    """

    def __init__(
        self, number: int, optimizer: Any, place: Place, gradients: list[Gradient], has_closure: bool = False
    ) -> None:
        self.number = number
        self.optimizer = optimizer
        self.user = MANUAL if optimizer is None else id(optimizer)
        self.place = place
        self.gradients = gradients
        self.has_closure = has_closure
        self._fresh = [gradient for gradient in gradients if gradient.fresh(self.user)]
        newest = self.newest()
        self.source = None if newest is None else newest.call.place
        self.window = 0 if newest is None else max(self._count(gradient, newest) for gradient in self._fresh)

    def fresh(self) -> list[Gradient]:
        """Gradients with something new in them."""
        return self._fresh

    def newest(self) -> Term | None:
        """The last term that is new to this update."""
        last = [gradient.terms[-1] for gradient in self._fresh]  # an update uses all that are there: these are new
        return max(last, key=lambda term: term.call.number, default=None)

    def is_plain(self) -> bool:
        """Whether each gradient is that of one and the same backward call, with nothing special about it."""
        newest = self.newest()
        return newest is not None and all(
            len(gradient.terms) == 1
            and gradient.terms[0].call is newest.call
            and gradient.terms[0].in_training
            and not (gradient.cleared or gradient.terms[0].used_by or gradient.terms[0].is_scaled)
            for gradient in self.gradients
        )

    def _count(self, gradient: Gradient, newest: Term) -> int:
        return sum(term.is_like(newest) for term in gradient.fresh(self.user))


@dataclass(eq=False)
class Clip:
    """A call that clips gradients in place."""

    place: Place
    function: Callable[..., Any]
    parameters: list[Tensor]
    options: tuple[Any, ...]
    gradients: list[Gradient]
    is_idle: bool = False  # none of the gradients holds anything that an update has not used

    def __post_init__(self) -> None:
        self.is_idle = all(term.used_by for gradient in self.gradients for term in gradient.terms)

    def concerns(self, step: Step) -> bool:
        """Whether it changes a gradient that the update uses."""
        return any(a is b for a in self.gradients for b in step.gradients)

    def again(self) -> None:
        """Clip what is there now; that is no clip of the script's."""
        with unheard():
            self.function(self.parameters, *self.options)


class Ledger:
    """All gradients, backward calls and updates of a run.

    Attributes:
        gradients: By the id of their leaf.
        calls: Backward calls, in order.
        steps: Updates so far.
        holders: Which optimizers hold a leaf, by its id.
        optimizers: By id.
        clips: Since the last update.
        names: Of parameters and modules.
        built: Where each optimizer got its parameters, by its id.
        windows: How often each user's updates had how many terms of each line.
        used_up_to: Creation order of the last graph of which an update has used gradients.
        writes: Where the user wrote last to a storage since the last update, by its id.
        unscaled: Ids of the optimizers that a scaler has unscaled gradients of.
        catch_up: Has events handled that are still to be; before somebody outside looks at the ledger.
    """

    def __init__(self) -> None:
        self.gradients: dict[int, Gradient] = {}
        self.calls: list[Backward] = []
        self.steps = 0
        self.holders: dict[int, list[Any]] = {}
        self.optimizers: dict[int, Any] = {}
        self.clips: list[Clip] = []
        self.names = Names()
        self.built: dict[int, Place] = {}
        self.unscaled: set[int] = set()
        self.windows: dict[int, dict[Place | None, Counter[int]]] = {}
        self.used_up_to = 0
        self.writes: dict[int, tuple[Storage, Place]] = {}
        self.catch_up: Callable[[], None] = lambda: None

    def gradient(self, leaf: Tensor) -> Gradient:
        """The entry of a leaf; made on first use."""
        found = self.gradients.get(id(leaf))
        return found if found is not None else self.gradients.setdefault(id(leaf), Gradient(leaf))

    def terms(self, leaf: Tensor) -> tuple[Term, ...]:
        """What is in a leaf's `.grad` now, oldest first."""
        self.catch_up()
        return tuple(self.of([leaf])[0].terms)

    def of(self, leaves: Iterable[Tensor]) -> list[Gradient]:
        """The entries of leaves, with all writes looked at."""
        found = [self.gradient(leaf) for leaf in leaves]
        for gradient in found:
            gradient.settle()
        return found

    def add(self, leaf: Tensor, value: Value, in_training: bool) -> Gradient:
        """Note a term of the last backward call."""
        call, gradient = self.calls[-1], self.gradient(leaf)
        gradient.settle()
        call.leaves.add(id(leaf))
        gradient.arrived += 1
        gradient.in_training |= in_training
        gradient.terms.append(Term(call, value, in_training, call.scaler is not None))
        return gradient

    def assign(self, leaf: Tensor, value: Tensor, place: Place) -> None:
        """Note that the user puts a gradient of his own in the place of all terms."""
        gradient = self.gradient(leaf)
        gradient.settle()
        gradient.clear(place)
        gradient.arrived += 1
        call = Backward(0, place, UNKNOWN, None, None, None, None, 0)
        gradient.terms = [Term(call, value_of(value), in_training=True, is_scaled=False)]
        gradient.written_at = place

    def hold(self, optimizer: Any, leaves: Iterable[Tensor]) -> None:
        """Note who will update leaves."""
        self.optimizers[id(optimizer)] = optimizer
        for leaf in leaves:
            self.gradient(leaf)
            holders = self.holders.setdefault(id(leaf), [])
            if not any(holder is optimizer for holder in holders):
                holders.append(optimizer)

    def use(self, step: Step) -> None:
        """Note that an update has used what is in its gradients."""
        self.windows.setdefault(step.user, {}).setdefault(step.source, Counter())[step.window] += 1
        for gradient in step.gradients:
            for term in gradient.terms:
                term.used_by.add(step.user)
                term.value = None if self._is_done(gradient, term) else term.value
                term.call.used_by.add(step.user)
                self.used_up_to = max(self.used_up_to, term.call.sequence)
            gradient.cleared = []
            gradient.is_treated = gradient.is_moved = False

    def _is_done(self, gradient: Gradient, term: Term) -> bool:
        return all(id(holder) in term.used_by for holder in self.holders.get(id(gradient.leaf), ()))
