"""What is known of a tensor without computing anything: its values if they came from the host or were looked at.

Checks of values wait until these are known, so that a bad input is an error, though later than in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from funcgrad import trace
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._tensor import Tensor


def known_values(x: Tensor) -> np.ndarray | None:
    """The values where they are computed already, else None."""
    array = value_of(x).array
    return None if array is None else np.asarray(array)


def expect(x: Tensor, check: Callable[[np.ndarray], None]) -> None:
    """Check the values: now if they are known, else as soon as they are.

    Args:
        x: A tensor whose values must satisfy something.
        check: Raises what is to be raised if they do not.

    Raises:
        Exception: What `check` raises.
    """
    trace.expect(value_of(x), check)
