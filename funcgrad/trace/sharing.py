"""Sharing: equal numbers of a large trace are read at one place.

XLA makes one kernel of all that do the same; what reads another of a program's numbers does not. Twenty layers of batch
normalisation with one momentum are so compiled once, which is a sixth of such a network's compilation.
"""

from __future__ import annotations

from collections.abc import Sequence

from funcgrad.trace.equation import Slots

LARGE = 64
"""Results of a trace whose kernels are worth it."""


def slots_of(numbers: Sequence[float]) -> Slots:
    """The first position of each number; zeros, of which there are two, and nan keep their own."""
    first: dict[float, int] = {}
    return tuple([first.setdefault(x, k) if x and x == x else k for k, x in enumerate(numbers)])


def share(numbers: Sequence[float], slots: Slots) -> bool:
    """Whether each of the numbers may be read at its slot."""
    return all(k == slot or numbers[k] == numbers[slot] != 0 for k, slot in enumerate(slots))
