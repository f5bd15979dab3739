"""Assertion about loops: orders that should mean the same end in the same place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.testing._comparison import assert_close


def assert_order_equivalent(first: Callable[[], Any], *others: Callable[[], Any]) -> None:
    """Assert that loops which do the same things in another order give the same numbers.

    Args:
        first: a function without arguments that runs a loop and returns a pytree: parameters, losses, or a list of
            them after every step. Each function begins anew, from the same seed.
        *others: the loops to compare with it.

    Raises:
        AssertionError: if one gives other numbers; the text names it.

    Example:
        >>> def clear_first(): return {"w": 1.0}
        >>> def clear_last(): return {"w": 1.0}
        >>> assert_order_equivalent(clear_first, clear_last)
    """
    expected = first()
    for other in others:
        assert_close(
            other(),
            expected,
            f"{_name(other)} is not equivalent to {_name(first)}: the order of its calls matters. Look for a gradient "
            "that is cleared, clipped, unscaled or applied at another moment.",
            kind="gradient",
        )


def _name(loop: Any) -> str:
    return getattr(loop, "__name__", repr(loop))
