"""Value: an immutable array that may not have been computed yet.

While it is pending it names its place in a trace; once computed it holds its array and never changes again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

if TYPE_CHECKING:
    from funcgrad.trace.record import Trace


class Aval:
    """Shape and dtype of an array. There is one object for each pair, so identity is equality."""

    __slots__ = ("dtype", "shape", "size")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype
        self.size = int(np.prod(shape))

    def __repr__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"


_AVALS: dict[tuple[tuple[int, ...], np.dtype[Any]], Aval] = {}


def aval_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Aval:
    """The one `Aval` for this shape and dtype."""
    key = (shape, dtype)
    found = _AVALS.get(key)
    return found if found is not None else _AVALS.setdefault(key, Aval(shape, dtype))


class Value:
    """An immutable array, pending or computed.

    Attributes:
        aval: Its shape and dtype, known from the start.
        array: The computed array (JAX, or NumPy if it came from the host and was run with at most once), else None.
        trace: The trace in which `index` is meant, else None.
        index: The place in `trace`: k for its k-th result, ~k (negative) for its k-th input.
        exported: Whether memory of `array` is visible outside (a NumPy view), so that it must not be donated.
        has_run: Whether a program has taken it in.
        became: What holds another value since, though whoever kept this one was not told; missing else.
    """

    __slots__ = ("array", "aval", "became", "exported", "has_run", "index", "trace")

    became: Any

    def __init__(self, aval: Aval, array: jax.Array | np.ndarray | None, trace: Trace | None, index: int) -> None:
        self.aval = aval
        self.array = array
        self.trace = trace
        self.index = index
        self.exported = False
        self.has_run = False

    def __repr__(self) -> str:
        return f"Value({self.aval}{', pending' if self.array is None else ''})"


def constant(array: jax.Array | np.ndarray) -> Value:
    """A computed value. The caller hands the array over: nobody writes to it afterwards."""
    return Value(aval_of(array.shape, array.dtype), array, None, 0)
