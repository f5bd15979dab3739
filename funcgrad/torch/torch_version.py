"""torch.torch_version: a version that compares by its numbers, not letter by letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from funcgrad.torch import version


class TorchVersion(str):
    """A version as text, ordered by its numbers: "2.13" comes after "2.9".

    It is compared with texts and with sequences of numbers; what does not look like a version is compared as text.
    """

    __slots__ = ()

    def _ordered(self, other: Any, holds: Any) -> Any:
        text = other if isinstance(other, str) else ".".join(map(str, other)) if isinstance(other, Iterable) else None
        if text is None:
            return NotImplemented
        ours, theirs = _numbers(self), _numbers(text)
        return holds(ours, theirs) if ours and theirs else holds(str(self), text)

    def __lt__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a >= b)

    def __eq__(self, other: object) -> Any:
        return self._ordered(other, lambda a, b: a == b)

    __hash__ = str.__hash__


def _numbers(text: str) -> tuple[int, ...]:
    """The leading numbers of a version, without zeros at the end: () if there are none."""
    release = re.match(r"\s*v?(\d+(?:\.\d+)*)", text)
    found = [int(part) for part in release[1].split(".")] if release else []
    while len(found) > 1 and found[-1] == 0:
        found.pop()
    return tuple(found)


__version__ = TorchVersion(version.__version__)
