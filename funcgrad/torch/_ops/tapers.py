"""Tapers: the windows of signal processing, as functions of `torch` and of `torch.signal.windows`.

A window is symmetric; a periodic one is a symmetric window of one more place, without its last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._ops.rows import Row, named
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import as_dtype, get_default_dtype

Shape = Callable[..., np.ndarray]


# Weights at even places from -1 to 1.


def _of_cosines(x: np.ndarray, a: Sequence[float]) -> np.ndarray:
    return sum((weight * np.cos(k * np.pi * x) for k, weight in enumerate(a)), np.zeros_like(x))


def _kaiser(x: np.ndarray, beta: float) -> np.ndarray:
    return np.i0(beta * np.sqrt(np.maximum(1 - x * x, 0))) / np.i0(beta)


def _checked_kaiser(x: np.ndarray, beta: float) -> np.ndarray:
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    return _kaiser(x, beta)


def _bartlett(x: np.ndarray) -> np.ndarray:
    return 1 - np.abs(x)


def _cosine(x: np.ndarray) -> np.ndarray:
    return np.cos(np.pi / 2 * x * (len(x) - 1) / len(x))


def _gaussian(x: np.ndarray, std: float) -> np.ndarray:
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    return np.exp(-0.5 * (x * (len(x) - 1) / 2 / std) ** 2)


def _exponential(x: np.ndarray, center: float | None, tau: float) -> np.ndarray:
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    middle = (len(x) - 1) / 2 if center is None else center
    return np.exp(-np.abs(np.arange(len(x)) - middle) / tau)


def _made(name: str, shape: Shape, length: int, sym: bool, keywords: dict[str, Any], **options: Any) -> Tensor:
    if length < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={length}")
    wanted = as_dtype(keywords.pop("dtype", None) or get_default_dtype())
    if wanted.name not in ("float32", "float64"):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {wanted}")
    keywords.pop("layout", None)
    places = np.linspace(-1, 1, length + (not sym))
    values = np.ones(1) if length == 1 else shape(places, **options)[:length]
    return tensor(values, dtype=wanted, **keywords)


def _window(name: str, shape: Shape, **defaults: Any) -> Callable[..., Tensor]:
    """The function of `torch.signal.windows`; `defaults` are its further options."""

    def call(M: int, *, sym: bool = True, **keywords: Any) -> Tensor:
        options = {option: keywords.pop(option, default) for option, default in defaults.items()}
        return _made(name, shape, M, sym, keywords, **options)

    call.__doc__ = f"The {name} window of `M` places; periodic unless `sym`."
    return named(call, name)


def exponential(M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **keywords: Any) -> Tensor:
    """Weights that fall by e over `tau` places from the center on.

    Raises:
        ValueError: A center of a symmetric window, or a `tau` that is not positive.
    """
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    return _made("exponential", _exponential, M, sym, keywords, center=center, tau=tau)


def general_cosine(M: int, *, a: Sequence[float], sym: bool = True, **keywords: Any) -> Tensor:
    """A sum of cosines of 0, 1, 2, ... periods, with these weights."""
    if not isinstance(a, list | tuple):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    return _made("general_cosine", _of_cosines, M, sym, keywords, a=a)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **keywords: Any) -> Tensor:
    """A raised cosine: a share `alpha` of it is constant."""
    return _made("general_hamming", _of_cosines, M, sym, keywords, a=(alpha, 1 - alpha))


HANN, HAMMING, BLACKMAN = (0.5, 0.5), (0.54, 0.46), (0.42, 0.5, 0.08)
NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)
WINDOWS = {
    "bartlett": _window("bartlett", _bartlett),
    "blackman": _window("blackman", lambda x: _of_cosines(x, BLACKMAN)),
    "cosine": _window("cosine", _cosine),
    "exponential": exponential,
    "gaussian": _window("gaussian", _gaussian, std=1.0),
    "general_cosine": general_cosine,
    "general_hamming": general_hamming,
    "hamming": _window("hamming", lambda x: _of_cosines(x, HAMMING)),
    "hann": _window("hann", lambda x: _of_cosines(x, HANN)),
    "kaiser": _window("kaiser", _checked_kaiser, beta=12.0),
    "nuttall": _window("nuttall", lambda x: _of_cosines(x, NUTTALL)),
}


def _periodic(name: str, shape: Shape, length: int, periodic: bool, keywords: dict[str, Any], **options: Any) -> Tensor:
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    return _made(name, shape, length, not periodic, keywords, **options)


def _older(name: str, shape: Shape) -> Row:
    """The function of `torch`, whose windows are periodic by default."""

    def call(window_length: int, periodic: bool = True, **keywords: Any) -> Tensor:
        return _periodic(name, shape, window_length, periodic, keywords)

    call.__doc__ = f"The {name} of so many places."
    return Row(name, named(call, name), method=False)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, **keywords: Any
) -> Tensor:
    """The window `alpha - beta * cos(...)`."""
    return _periodic("hamming_window", _of_cosines, window_length, periodic, keywords, a=(alpha, beta))


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, **keywords: Any) -> Tensor:
    """The Kaiser window of shape `beta`."""
    return _periodic("kaiser_window", _kaiser, window_length, periodic, keywords, beta=beta)


ROWS = (
    _older("bartlett_window", _bartlett),
    _older("blackman_window", lambda x: _of_cosines(x, BLACKMAN)),
    _older("hann_window", lambda x: _of_cosines(x, HANN)),
    Row("hamming_window", hamming_window, method=False),
    Row("kaiser_window", kaiser_window, method=False),
)
