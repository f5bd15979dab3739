"""Random permutations: PyTorch's forward Fisher-Yates shuffle."""

from __future__ import annotations

import numpy as np

from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.stream import WordStream

_FEW = 300  # below, swapping one by one is faster
_MOST = (2**32 - 1) // 20  # from here on PyTorch draws 64-bit numbers


def randperm(generator: Generator, n: int, dtype: np.dtype | type = np.int64) -> np.ndarray:
    """A permutation of 0 to n - 1: position i is swapped with i + word % (n - i), in ascending order.

    Raises:
        RuntimeError: `n` is negative.
        NotImplementedError: `n` is 214,748,364 or more.
    """
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if n >= _MOST:
        raise NotImplementedError(f"randperm({n}): PyTorch changes its stream at {_MOST}. Use a smaller n.")
    partners = _partners(generator.stream, n)
    order = _swap_one_by_one(partners, n) if n < _FEW else _swap_all(partners, n)
    return order.astype(dtype, copy=False)


def _partners(stream: WordStream, n: int) -> np.ndarray:
    steps = np.arange(max(n - 1, 0))
    partners = stream.take(steps.size) % (n - steps)
    partners += steps
    return partners


def _swap_one_by_one(partners: np.ndarray, n: int) -> np.ndarray:
    order = list(range(n))
    for i, partner in enumerate(partners.tolist()):
        order[i], order[partner] = order[partner], order[i]
    return np.array(order, np.int64)


def _swap_all(partners: np.ndarray, n: int) -> np.ndarray:
    """What the swaps lead to, without doing them in turn.

    Step i takes what lies at its partner: what the last step before it with this partner put there, or else the
    partner itself. A step puts there what it found at its own position, which an earlier step may have put there, and
    so on.
    """
    by_partner = _stable_order(partners)
    sorted_partners = partners[by_partner]
    found = _found_at_own_position(partners)
    same = sorted_partners[1:] == sorted_partners[:-1]
    order = np.empty(n, np.int64)
    order[by_partner[0]] = sorted_partners[0]
    order[by_partner[1:]] = np.where(same, found[by_partner[:-1]], sorted_partners[1:])
    order[-1] = found[-1]
    return order


def _stable_order(partners: np.ndarray) -> np.ndarray:
    """A stable argsort by halves of 16 bits, for which NumPy has a radix sort."""
    order = np.argsort(partners.astype(np.uint16), kind="stable")
    if partners.size < 2**16:
        return order
    return order[np.argsort((partners >> 16).astype(np.uint16)[order], kind="stable")]


def _found_at_own_position(partners: np.ndarray) -> np.ndarray:
    """What each position holds when its step comes: follows the last step that wrote to it back to one never written.

    A step that is its own partner counts as never written: nobody asks what it found.
    """
    steps = np.arange(partners.size + 1)
    source = steps.copy()
    source[partners] = steps[:-1]  # of equal partners the last stays
    while not np.array_equal(source, further := source[source]):
        source = further
    return source
