"""The usual update: the events of two plain updates that were alike, which the next one is likely to repeat.

While events repeat them nothing is done but to go from one to the next. The first one that differs has all of them
handled in their order, so that whoever asks never sees the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

FORWARD, BACKWARD, ACCUMULATED, CLEARS, STEP, ENDED = "forward", "backward", "accumulated", "clears", "step", "ended"
"""Kinds of events that an update may be passed over with."""


class Event:
    """An event, without its values.

    Attributes:
        kind: Which kind.
        who: The leaf or the optimizer.
        detail: Its place, and what else must be the same.
        next: In a usual update, the one behind it; behind the last comes the first.
        is_behind_forward: There, whether it ends a forward pass.
    """

    __slots__ = ("detail", "is_behind_forward", "kind", "next", "who")

    def __init__(self, kind: str, who: Any = None, detail: Any = None) -> None:
        self.kind = kind
        self.who = who
        self.detail = detail
        self.next = self
        self.is_behind_forward = False

    def is_like(self, other: Event) -> bool:
        """Whether both are the same but for their values."""
        return self.kind == other.kind and self.who is other.who and self.detail == other.detail


NOTHING = Event("nothing")
"""What is expected where no update is followed."""

UNUSUAL = Event("unusual")
"""Stands for events that no update is passed over with."""


class Usual:
    """Learns from updates what is usual."""

    def __init__(self) -> None:
        self._window: list[Event] = []  # handled since the last update
        self._last: list[Event] = []  # of the last plain update that was handled

    def handles(self, event: Event) -> None:
        """An event is handled; calls of modules in a row are one forward pass."""
        if not (self._window and event.kind == FORWARD == self._window[-1].kind):
            self._window.append(event)

    def completed(self) -> list[Event]:
        """An update is complete whose events were handled; gives them."""
        window, self._window = self._window, []
        return window

    def learn(self, update: list[Event]) -> Event:
        """Take the events of a plain update, or none.

        Returns:
            The first one of the usual update, if the last plain update had the same; else `NOTHING`.
        """
        last, self._last = self._last, update
        is_usual = len(last) == len(update) > 0 and all(a.is_like(b) for a, b in zip(last, update, strict=True))
        return _linked(update) if is_usual else NOTHING


def _linked(events: Sequence[Event]) -> Event:
    for event, behind in zip(events, [*events[1:], events[0]], strict=True):
        event.next = behind
        behind.is_behind_forward = event.kind == FORWARD
    return events[0]
