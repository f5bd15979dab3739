"""Tolerances: how far two numbers may be apart and still count as equal, by dtype and kind of claim.

The only such numbers in the project. Integers and booleans are compared exactly.
"""

from __future__ import annotations

from typing import Literal, TypedDict

import numpy as np
from numpy.typing import DTypeLike

Kind = Literal["value", "gradient", "update"]
"""A forward result, a gradient, or a parameter after optimizer steps."""


class Tolerance(TypedDict):
    """Bounds in the words of `numpy.testing.assert_allclose`: |a - b| <= atol + rtol |b|."""

    rtol: float
    atol: float


# A few rounding errors of the dtype for a value; about ten times that for a gradient, which sums many of them.
# Optimizer steps add small changes to a parameter of its own size, so that an update is bounded like a value.
_BOUNDS: dict[str, dict[Kind, float]] = {
    "float64": {"value": 1e-14, "gradient": 1e-12, "update": 1e-14},
    "float32": {"value": 1e-6, "gradient": 1e-5, "update": 1e-6},
    "float16": {"value": 2e-3, "gradient": 1e-2, "update": 2e-3},
    "bfloat16": {"value": 1.6e-2, "gradient": 8e-2, "update": 1.6e-2},
}
_REAL_PART = {"complex128": "float64", "complex64": "float32"}
_EXACT = Tolerance(rtol=0.0, atol=0.0)


def tolerance(dtype: DTypeLike, kind: Kind = "value") -> Tolerance:
    """How close two arrays of a dtype must be.

    Args:
        dtype: A NumPy or JAX dtype, or its name.
        kind: `"value"`, `"gradient"` or `"update"`.

    Returns:
        Keyword arguments for `numpy.testing.assert_allclose` and `chex.assert_trees_all_close`.

    Raises:
        KeyError: If the dtype or the kind has no row.

    Example:
        >>> tolerance("float32", "gradient")
        {'rtol': 1e-05, 'atol': 1e-06}
    """
    name = np.dtype(dtype).name
    if np.dtype(dtype).kind in "biu":
        return _EXACT
    bound = _BOUNDS[_REAL_PART.get(name, name)][kind]
    return Tolerance(rtol=bound, atol=bound / 10)  # absolute: what cancellation leaves of terms near one
