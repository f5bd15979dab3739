"""Fourier transforms on the host: SciPy's, which round as XLA's do; NumPy's do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from funcgrad.trace.host.row import Function

_NAMES = "fftn", "ifftn", "rfftn", "irfftn"
"""By the numbers that JAX gives them."""


def transform(taken: Any, made: Any, *, fft_type: Any, fft_lengths: Sequence[int]) -> Function:
    """A transform along the last dimensions."""
    from scipy import fft  # not before a script transforms anything

    function, dtype, axes = getattr(fft, _NAMES[int(fft_type)]), made[0].dtype, range(-len(fft_lengths), 0)
    return lambda x: function(x, fft_lengths, axes).astype(dtype, copy=False)
