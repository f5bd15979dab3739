"""Draws of category numbers by weight."""

from __future__ import annotations

import numpy as np

from funcgrad.torch._random.continuous import exponential
from funcgrad.torch._random.generator import Generator
from funcgrad.torch._random.rounding import FLOAT32, FLOAT64, narrowed
from funcgrad.torch._random.uniform import units53

_NO_MASS = "invalid multinomial distribution (sum of probabilities <= 0)"


def multinomial(generator: Generator, weights: np.ndarray, num_samples: int, replacement: bool = False) -> np.ndarray:
    """Category numbers, `torch.multinomial`.

    With replacement each sample is a binary search in the running sum of the weights. Without, or for one sample,
    each weight is divided by an exponential draw and the `num_samples` largest ratios are taken; among equal ones,
    which only the half types often have, PyTorch's choice is not reproduced.

    Args:
        generator: Where the words come from.
        weights: At least 0, of shape (categories,) or (rows, categories).
        num_samples: In each row.
        replacement: Whether a category may come again.

    Returns:
        int64 of shape (num_samples,) or (rows, num_samples).

    Raises:
        RuntimeError: The weights or the number of samples are no such.
    """
    _check_request(weights, num_samples, replacement)
    if replacement and num_samples > 1:
        rows = [_search(generator, row, num_samples) for row in _checked_rows(weights)]
        return np.array(rows, np.int64).reshape(*weights.shape[:-1], num_samples)
    _check_weights(weights)
    return _race(generator, weights, num_samples)


def _race(generator: Generator, weights: np.ndarray, num_samples: int) -> np.ndarray:
    rivals = exponential(generator, weights.shape, 1.0, weights.dtype)
    wide = FLOAT64 if weights.dtype == FLOAT64 else FLOAT32
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = narrowed(weights.astype(wide, copy=False) / rivals.astype(wide, copy=False), weights.dtype)
    if num_samples == 1:
        return ratios.argmax(-1)[..., None].astype(np.int64)
    return np.argsort(-ratios, axis=-1, kind="stable")[..., :num_samples]


def _search(generator: Generator, weights: np.ndarray, num_samples: int) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.cumsum(weights, dtype=weights.dtype)
        sums /= sums[-1]
    sums[-1] = 1
    return np.searchsorted(sums, _rounded_up(units53(generator.stream, num_samples), sums.dtype), side="left")


def _rounded_up(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The smallest numbers of a dtype that are not below the float64 values: no number of it lies between the two."""
    rounded = values.astype(dtype)
    return np.where(rounded < values, np.nextafter(rounded, dtype.type(np.inf)), rounded)


def _checked_rows(weights: np.ndarray) -> np.ndarray:
    rows = np.atleast_2d(weights if weights.dtype == FLOAT64 else weights.astype(FLOAT32, copy=False))
    if not rows.min(initial=0) >= 0:
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    greatest = rows.max(-1, initial=0)
    if (greatest == np.inf).any():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry = infinity or NaN)")
    if (greatest == 0).any():
        raise RuntimeError(_NO_MASS)
    return rows


def _check_weights(weights: np.ndarray) -> None:
    greatest = weights.max(-1, initial=0)
    if not (weights.min(initial=0) >= 0 and (greatest < np.inf).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (greatest == 0).any():
        raise RuntimeError(_NO_MASS)


def _check_request(weights: np.ndarray, num_samples: int, replacement: bool) -> None:
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
