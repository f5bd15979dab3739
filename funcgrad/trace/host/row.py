"""Rows: what each of the host's modules gives for a primitive of JAX's.

A row is asked once, before there are numbers: it takes the shapes and dtypes of the operands and of the results and the
primitive's parameters, and returns a function that makes the result, or a list of results, of the operands. Either
raises `UncoveredError` for a case that it does not know. The functions take and return scalars in place of arrays
without dimensions, as NumPy's own do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]
Row = Callable[..., Function]


class UncoveredError(Exception):
    """A primitive, or a case of it, without a NumPy function here."""


def check(is_covered: bool) -> None:
    """Refuse a case that a row does not know.

    Raises:
        UncoveredError: It does not.
    """
    if not is_covered:
        raise UncoveredError
