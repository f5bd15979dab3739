"""Statistics: what running has cost so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Stats:
    """What running has cost so far in this process."""

    programs: int = 0  # compiled
    interpreted: int = 0  # traces run without being compiled
    debt: float = 0  # milliseconds of compiling that runs of the programs have not saved yet, about
    forgotten: int = 0  # of them no longer kept
    flushes: int = 0
    equations: int = 0  # in the flushed traces
    causes: Counter[str] = field(default_factory=Counter)  # of the flushes


stats = Stats()
