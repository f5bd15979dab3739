"""Symbolic numbers, of which there are none: sizes are Python's numbers, and these functions take such."""

from __future__ import annotations

import math
from typing import Any


class SymInt:
    """A size that a compiler of PyTorch leaves open."""


class SymFloat:
    """A float that a compiler of PyTorch leaves open."""


class SymBool:
    """A truth value that a compiler of PyTorch leaves open."""


for _kind in (SymInt, SymFloat, SymBool):
    _kind.__module__ = "torch"


def sym_int(a: Any) -> int:
    """The integer below a number, towards 0."""
    return math.floor(a) if a >= 0 else math.ceil(a)


def sym_float(a: Any) -> float:
    """The number as a float."""
    return float(a)


def sym_not(a: Any) -> bool:
    """Whether the value is false."""
    return not a


def sym_sqrt(a: Any) -> float:
    """The square root."""
    return math.sqrt(a)


def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """The second if the first holds, else the third."""
    return t if b else f


def sym_sum(args: Any) -> Any:
    """The sum of numbers."""
    return sum(args)


def sym_max(a: Any, b: Any) -> Any:
    """The larger number; a float if either is one."""
    return _widest(a, b)(max(a, b))


def sym_min(a: Any, b: Any) -> Any:
    """The smaller number; a float if either is one."""
    return _widest(a, b)(min(a, b))


def _widest(a: Any, b: Any) -> type:
    return float if isinstance(a, float) or isinstance(b, float) else int
