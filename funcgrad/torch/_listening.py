"""Listening: who is told what happens to gradients.

Where nobody listens, an event costs one look at an empty list. Writes to a storage are heard in `_storage.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any


class Listener:
    """Hears what a script does to gradients; a subclass overrides what it wants to know."""

    def called(self, module: Any) -> None:
        """A module is about to compute its `forward`."""

    def backward(self, tensors: Sequence[Any], grads: Sequence[Any]) -> None:
        """`backward()` was called on these tensors, with these gradients or None; their graph is still whole."""

    def accumulated(self, leaf: Any, fresh: Any) -> None:
        """A fresh gradient has been added to the leaf's `.grad`."""

    def clears(self, leaf: Any, to_none: bool) -> None:
        """A `zero_grad` is about to forget the leaf's `.grad`, or to overwrite it with zeros."""

    def assigns(self, leaf: Any, gradient: Any) -> None:
        """The user is about to put a gradient of his own, or None, in the place of the leaf's `.grad`."""

    def clips(self, clip: Callable[..., Any], parameters: list[Any], options: tuple[Any, ...]) -> None:
        """`clip(parameters, *options)` is about to change gradients."""

    def scales(self, scaler: Any) -> None:
        """A scaler is about to scale a loss."""

    def unscales(self, scaler: Any, optimizer: Any) -> None:
        """A scaler is about to divide the gradients of an optimizer by its scale."""

    def holds(self, optimizer: Any, parameters: list[Any]) -> None:
        """An optimizer has got a group of parameters."""

    def step_begins(self, optimizer: Any, has_closure: bool) -> None:
        """An optimizer is about to update its parameters."""

    def step_ended(self, optimizer: Any, has_closure: bool) -> None:
        """An optimizer has updated its parameters."""

    def schedules(self, scheduler: Any) -> None:
        """A scheduler is about to set learning rates."""


listeners: list[Listener] = []
"""Whoever has something to tell asks first whether anybody is there, then calls each of them."""


@contextmanager
def unheard() -> Generator[None]:
    """A block of which nobody is told anything."""
    told = listeners[:]
    listeners.clear()
    try:
        yield
    finally:
        listeners[:] = told


def told_step(step: Callable[..., Any], optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run an optimizer's own `step`, and tell before and after it."""
    has_closure = callable(args[0] if args else kwargs.get("closure"))
    for listener in listeners:
        listener.step_begins(optimizer, has_closure)
    try:
        return step(optimizer, *args, **kwargs)
    finally:
        for listener in listeners:
            listener.step_ended(optimizer, has_closure)
