"""The usual update: the events of two plain updates that were alike, which the next one is likely to repeat.

While events repeat them nothing is done but to note them. The first one that differs has all of them handled in their
order, so that whoever asks never sees the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Key = tuple[Any, ...]
"""What an event is, without its values: its kind, ids of who takes part, its place."""

UNUSUAL: Key = ("unusual",)
"""The key of events that no update is passed over with."""

NO_UPDATE: tuple[Key | None, ...] = (None,)


class Usual:
    """Follows the events of updates.

    Attributes:
        keys: Of the events of the usual update, and None; or of none, where no update is followed.
        at: How many of them have come.
        noted: What was told with these.
    """

    def __init__(self) -> None:
        self.keys: list[Key | None] = [*NO_UPDATE]
        self.at = 0
        self.noted: list[tuple[Any, ...]] = []
        self._window: list[Key] = []  # of the events handled since the last update
        self._last: list[Key] = []  # of the last plain update that was handled

    def takes(self, key: Key, told: tuple[Any, ...]) -> bool:
        """Note an event that is as usual; one that is not is the caller's, after `leave`."""
        if self.keys[self.at] == key:
            self.at += 1
            self.noted.append(told)
            return True
        return False

    def is_followed(self) -> bool:
        """Whether there is a usual update, and all events since the last one were its."""
        return len(self.keys) > 1

    def leave(self) -> list[tuple[Key, tuple[Any, ...]]]:
        """Follow no longer; gives the events that are still to be handled, in order."""
        missed = [(key, told) for key, told in zip(self.keys, self.noted, strict=False) if key is not None]
        self.keys, self.at, self.noted = [*NO_UPDATE], 0, []
        return missed

    def passed(self) -> None:
        """The usual update is complete."""
        self.at = 0
        self.noted.clear()

    def handles(self, key: Key) -> None:
        """An event is handled; the same object in a row counts once."""
        if not self._window or self._window[-1] is not key:
            self._window.append(key)

    def completed(self) -> list[Key]:
        """An update is complete whose events were handled; gives them."""
        keys, self._window = self._window, []
        return keys

    def learn(self, keys: list[Key]) -> None:
        """Take the events of a plain update; if the last plain one had the same, they are usual."""
        if keys and keys == self._last:
            self.keys = [*keys, None]
        self._last = keys


def ids_of(keys: Sequence[Key], *kinds: str) -> set[int]:
    """Whose events of some kinds are among these."""
    return {key[1] for key in keys if key[0] in kinds}
