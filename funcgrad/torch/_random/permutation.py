"""Random permutations: PyTorch's forward Fisher-Yates shuffle."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from funcgrad.torch._random.generator import Generator

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
    if n < 2:
        return np.arange(n, dtype=dtype)
    steps = np.arange(n - 1, dtype=np.uint32)
    partners = generator.stream.take(n - 1) % (np.uint32(n) - steps)
    partners += steps
    return swapped(np.arange(n), partners.view(np.int32)).astype(dtype, copy=False)


def swapped(order: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """The int64 numbers of `order` after position i was swapped with `partners[i]`, int32, for each i in turn."""
    if order.size <= _FEW:
        numbers = order.tolist()
        for i, k in enumerate(partners.tolist()):
            numbers[i], numbers[k] = numbers[k], numbers[i]
        return np.array(numbers, np.int64)
    rows = order.view(np.float64).reshape(order.size, 1)
    return _interchange_rows()(rows, partners, overwrite_a=1).reshape(order.size).view(np.int64)


_FEW = 512
"""Numbers that Python swaps before SciPy, which takes a tenth of a second to import, has come."""


@functools.cache
def _interchange_rows() -> Any:
    """How LAPACK undoes the pivoting of an LU decomposition.

    It only copies the numbers, so it may take their bits for those of float64 numbers.
    """
    from scipy.linalg import lapack

    (found,) = lapack.get_lapack_funcs(("laswp",), dtype=np.float64)
    return found
