"""Findings: what a check has seen, one hit after the other, and what is said about all hits of one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from funcgrad.audit.place import Place
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Value


class Count(NamedTuple):
    """How often, over all hits; `{count:pass}` in a text writes the noun behind it, `{count:~}` only numbers."""

    few: int
    many: int

    def __format__(self, noun: str) -> str:
        number = str(self.few) if self.few == self.many else f"{self.few}{noun if noun == '~' else ' to '}{self.many}"
        if noun in ("", "~"):
            return number
        plural = "" if self.many == 1 else "es" if noun.endswith("s") else "s"
        return f"{number} {noun}{plural}"


class Share(NamedTuple):
    """A gradient as an update used it, and the terms that it should have used."""

    used: Value | None
    intended: tuple[tuple[Value, float], ...]  # and what each is multiplied by


@dataclass(eq=False)
class Hit:
    """One occurrence of a mistake."""

    place: Place  # what to change
    facts: dict[str, Any]  # that the text names
    leaves: list[Tensor] = field(default_factory=list)
    count: int = 0
    shares: list[Share] = field(default_factory=list)  # empty where no update used a wrong gradient
    source: Place | None = None  # the loss to watch; None: all
    kind: str = "found"  # of text


@dataclass(eq=False)
class Finding:
    """All hits of one check at one place."""

    code: str
    place: Place
    hits: list[Hit] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)

    def message(self, texts: dict[str, str]) -> str:
        """What happened, with the range of the hits' counts."""
        last, counts = self.hits[-1], [hit.count for hit in self.hits]
        return texts[last.kind].format(**last.facts, count=Count(min(counts), max(counts)))

    def add(self, hit: Hit, names: Iterable[str]) -> None:
        """Count one more hit."""
        self.hits.append(hit)
        self.parameters += [name for name in names if name not in self.parameters]
