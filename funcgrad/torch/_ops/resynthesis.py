"""The inverse short-time Fourier transform: windows with given spectra, added up."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.padding import pad
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.spectrum import hop_and_width
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op, array_of

TOO_SHORT = (
    "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. Please "
    "check your center and hop_length settings."
)
LEAST_WEIGHT = 1e-11
"""Smallest sum of squared windows by which a sample can be divided."""


def _signal(x: Any, window: Any, *, hop: int, start: int, stop: int, normalized: bool, is_real: bool) -> Any:
    size, norm, spectra = window.shape[0], "ortho" if normalized else None, jnp.swapaxes(x, -1, -2)
    half = spectra[..., : size // 2 + 1]
    frames = jnp.fft.irfft(half, size, norm=norm) if is_real else jnp.fft.ifft(spectra, norm=norm)
    places = _places(size, hop, x.shape[-1])
    empty = jnp.zeros((*x.shape[:-2], places[-1, -1] + 1), x.real.dtype if is_real else x.dtype)
    total = empty.at[..., places].add(frames * window)
    weights = jnp.zeros(total.shape[-1], window.dtype).at[places].add(jnp.broadcast_to(window**2, places.shape))
    return total[..., start:stop] / weights[start:stop]


def _places(size: int, hop: int, count: int) -> np.ndarray:
    """Where the samples of each window lie, `[windows, size]`."""
    return hop * np.arange(count)[:, None] + np.arange(size)


ISTFT = Op("istft", _signal, label="Div")


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The signal whose windows have these spectra: the inverse of `stft`.

    Args:
        input: `[batch, frequencies, windows]` or `[frequencies, windows]`, complex.
        n_fft: The length of a window.
        hop_length: From one window to the next; a quarter of `n_fft` if None.
        win_length: The length of `window`, which zeros pad to `n_fft`.
        window: Weights, `[win_length]`; ones if None.
        center: Whether the signal was padded.
        normalized: Whether the spectra are divided by the square root of `n_fft`.
        onesided: Whether they leave out what follows by symmetry; if None, their size tells.
        length: Of the result; if None, as far as the windows reach.
        return_complex: A complex signal.

    Returns:
        `[batch, time]` or `[time]`.

    Raises:
        RuntimeError: Sizes do not fit, or the windows leave gaps.
    """
    hop, width = hop_and_width(n_fft, hop_length, win_length)
    is_half = input.shape[-2] != n_fft if onesided is None else onesided
    _check(input, n_fft, hop, width, is_half, return_complex)
    weights = _padded(input.real.new_ones(width) if window is None else window, width, n_fft)
    margin = n_fft // 2 if center else 0
    end = n_fft + hop * (input.shape[-1] - 1)
    stop = end - margin if length is None else margin + length
    _check_overlap(weights, hop, input.shape[-1], margin, min(stop, end))
    found = apply(ISTFT, (hop, margin, min(stop, end), normalized, not return_complex), input, weights)
    if stop <= end:
        return found
    warn(TOO_SHORT)
    return pad(found, [0, stop - end])


def _padded(window: Tensor, width: int, n_fft: int) -> Tensor:
    if tuple(window.shape) != (width,):
        raise RuntimeError("istft: Invalid window shape. window has to be 1D and length of `win_length`")
    left = (n_fft - width) // 2
    return pad(window, [left, n_fft - width - left])


def _check(x: Tensor, n_fft: int, hop: int, width: int, onesided: bool, return_complex: bool) -> None:
    """Refuse sizes that do not fit.

    Raises:
        RuntimeError: What was expected.
    """
    if not x.is_complex():
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    if onesided and return_complex:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    expected = n_fft // 2 + 1 if onesided else n_fft
    if x.shape[-2] != expected:
        raise RuntimeError(
            f"istft: expected the frequency dimension (3rd to the last) of the input tensor to match n_fft"
            f"{' / 2 + 1' if onesided else ''} when onesided={onesided}, but got {x.shape[-2]}"
        )
    if not 0 < hop <= width:
        raise RuntimeError("istft: expected 0 < hop_length <= win_length")
    if not 0 < width <= n_fft:
        raise RuntimeError("istft: expected 0 < win_length <= n_fft")
    if not x.numel():
        raise RuntimeError("istft: input tensor cannot be empty.")


def _check_overlap(window: Tensor, hop: int, count: int, start: int, stop: int) -> None:
    """Refuse windows that leave samples out, by which nothing could be divided."""
    squares = np.asarray(array_of(value_of(window), "istft")) ** 2
    places = _places(len(squares), hop, count)
    total = np.zeros(places[-1, -1] + 1)
    np.add.at(total, places, np.broadcast_to(squares, places.shape))
    if stop <= start or total[start:stop].min() < LEAST_WEIGHT:
        raise RuntimeError("istft: window overlap add min: 1")


ROWS = (Row("istft", istft),)
