"""Yes-or-no draws, and dropout's masks.

PyTorch's source lets builds with MKL draw these from a stream of that library on Intel processors, so there masks for
one seed depend on the maker of the processor. Here they are everywhere those of the other makers.
"""

from __future__ import annotations

import math

import numpy as np

from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.rounding import FLOAT64
from funcgrad.torch._random.stream import WordStream
from funcgrad.torch._random.uniform import parts, units24, units53

_LOW_21 = np.array(2**21 - 1, np.uint32)


def bernoulli(
    generator: Generator, p: float, shape: tuple[int, ...], dtype: np.dtype | type = np.float32
) -> np.ndarray:
    """1 with probability `p`, else 0; two words an element. `bernoulli_(p)`.

    Raises:
        RuntimeError: `p` is no probability.
    """
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    out = np.empty(shape, dtype)
    for part in parts(out):
        part[...] = _below(generator.stream, part.size, p)
    return out


def dropout_mask(generator: Generator, p: float, shape: tuple[int, ...]) -> np.ndarray:
    """Which elements dropout with probability `p` keeps, bool; the certain cases 0 and 1 draw nothing."""
    if p in (0.0, 1.0):
        return np.full(shape, p == 0.0)
    return bernoulli(generator, 1.0 - p, shape, np.bool_)


def bernoulli_from(generator: Generator, probabilities: np.ndarray, dtype: np.dtype | type | None = None) -> np.ndarray:
    """1 with each element's probability, else 0. `torch.bernoulli(tensor)`.

    Args:
        generator: Where the words come from: one an element, two where the probabilities are float64.
        probabilities: Of any float dtype.
        dtype: Of the result; that of `probabilities` if None.

    Raises:
        RuntimeError: An element is no probability.
    """
    if probabilities.size and not (probabilities.min() >= 0 and probabilities.max() <= 1):
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If "
            "so, please report an enhancement request to PyTorch.)"
        )
    units = units53 if probabilities.dtype == FLOAT64 else units24
    out = np.empty(probabilities.shape, dtype or probabilities.dtype)
    for part, chances in zip(parts(out), parts(probabilities), strict=True):
        part[...] = units(generator.stream, part.size) < chances
    return out


def _below(stream: WordStream, count: int, p: float) -> np.ndarray:
    """Whether 53-bit integers are less than p * 2**53; the high words decide wherever they differ from the bound's."""
    words = stream.take(2 * count)
    bound_high, bound_low = np.array(divmod(math.ceil(p * 2.0**53), 2**32), np.uint32)
    high = words[0::2] & _LOW_21
    below = high < bound_high
    ties = high == bound_high
    if np.count_nonzero(ties):
        below |= ties & (words[1::2] < bound_low)
    return below
