"""Statistics: what running has cost so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Stats:
    """What running has cost so far in this process."""

    programs: int = 0  # compiled
    forgotten: int = 0  # of them no longer kept
    debt: float = 0  # milliseconds that compiling them took and their runs have not saved yet, about
    interpreted: int = 0  # traces run without being compiled
    met: int = 0  # equations of traces met for the first time since such were last forgotten
    flushes: int = 0
    equations: int = 0  # in the flushed traces
    causes: Counter[str] = field(default_factory=Counter)  # of the flushes


stats = Stats()
