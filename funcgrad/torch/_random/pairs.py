"""Complex draws: two real ones each, in the order in which memory has them."""

from __future__ import annotations

import numpy as np


def is_paired(dtype: np.dtype) -> bool:
    """Whether a dtype is of complex numbers."""
    return dtype.kind == "c"


def part_of(dtype: np.dtype) -> np.dtype:
    """The dtype of a complex number's parts."""
    return np.dtype(f"f{dtype.itemsize // 2}")


def joined(parts: np.ndarray) -> np.ndarray:
    """Complex numbers of parts of shape (*, 2)."""
    return parts.view(f"c{2 * parts.itemsize}")[..., 0]
