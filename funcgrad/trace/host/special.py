"""Special functions, which NumPy has not: SciPy's, and the error function, for which SciPy need not be imported."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from funcgrad.trace.host.row import Function, Row, check

END, STEP = 6.0, 2.0**-8
"""Where the function is 1 in 64 bits, nearly, and how far apart it is tabulated."""


def special(name: str) -> Row:
    """A row for a function of `scipy.special`; of 32 bits by way of 64."""

    def row(taken: Any, made: Any, **_: Any) -> Function:
        from scipy import special  # takes longer to import than most operators to compute

        dtype = made[0].dtype
        check(dtype.kind == "f" and dtype.itemsize >= 4)
        function = getattr(special, name)
        return lambda *xs: function(*[x.astype(np.float64) for x in xs]).astype(dtype)

    return row


def log_gamma(taken: Any, made: Any) -> Function:
    """The logarithm of the gamma function; SciPy's is of another sign at -inf."""
    function = special("gammaln")(taken, made)
    return lambda x: function(np.where(x == -np.inf, np.inf, x))


def inverse_error_function(taken: Any, made: Any) -> Function:
    """The inverse of the error function; SciPy's loses the sign of -0."""
    function = special("erfinv")(taken, made)
    return lambda x: np.where(x == 0, x, function(x))


def zeta(taken: Any, made: Any) -> Function:
    """The zeta function of Hurwitz; at infinity XLA and PyTorch have no number, SciPy has."""
    function = special("zeta")(taken, made)
    return lambda x, q: function(x, np.where(q == np.inf, np.nan, q))


def error_function(taken: Any, made: Any, **_: Any) -> Function:
    """The error function; in 64 bits SciPy's."""
    return erf if taken[0].dtype == np.float32 else special("erf")(taken, made)


@functools.cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """The function and its derivative."""
    places = np.arange(0, END + STEP, STEP)
    return np.array([*map(math.erf, places)]), 2 / math.sqrt(math.pi) * np.exp(-(places**2))


def erf(x: Any) -> Any:
    """The error function of numbers of 32 bits, rounded once.

    Taylor's series about the nearest place of the table: its third term is the last that 32 bits show.
    """
    values, slopes = _table()
    distance = np.fmin(np.abs(x, dtype=np.float64), END)  # of a nan too
    nearest = np.rint(distance / STEP).astype(np.int64)
    place = nearest * STEP
    d = distance - place
    series = d * (1 - d * (place - d * (2 * place * place - 1) / 3))
    found = np.copysign(values[nearest] + slopes[nearest] * series, x).astype(np.float32)
    return np.where(np.isnan(x), x, found)
