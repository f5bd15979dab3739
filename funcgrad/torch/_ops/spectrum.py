"""Short-time Fourier transforms: the spectrum of one window after another."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.complex_parts import view_as_real
from funcgrad.torch._ops.padding import pad
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op

RETURN_COMPLEX = (
    "stft requires the return_complex parameter be given for real inputs, and will further require that "
    "return_complex=True in a future PyTorch release."
)
REAL_DEPRECATED = (
    "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex tensors for "
    "all inputs, and return_complex=False will raise an error.\nNote: you can still call torch.view_as_real on the "
    "complex output to recover the old return format."
)


def _spectra(x: Any, *window: Any, size: int, hop: int, normalized: bool, onesided: bool) -> Any:
    starts = np.arange(0, x.shape[-1] - size + 1, hop)
    frames = x[..., starts[:, None] + np.arange(size)]
    if window:
        left = (size - window[0].shape[0]) // 2
        frames = frames * jnp.pad(window[0], (left, size - window[0].shape[0] - left))
    norm = "ortho" if normalized else None
    found = jnp.fft.rfft(frames, norm=norm) if onesided else jnp.fft.fft(frames, norm=norm)
    return jnp.swapaxes(found, -1, -2)


def _label(equation: Equation) -> str:
    assert equation.avals[0] is not None
    return "TransposeBackward1" if len(equation.avals[0].shape) == 2 else "SqueezeBackward4"


STFT = Op("stft", _spectra, saves={0: (1,), 1: (0,)}, label=_label)


def hop_and_width(n_fft: int, hop_length: int | None, win_length: int | None) -> tuple[int, int]:
    """How far it is from one window to the next, and how wide they are, with PyTorch's defaults."""
    return n_fft // 4 if hop_length is None else hop_length, n_fft if win_length is None else win_length


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
) -> Tensor:
    """The spectra of windows of a signal.

    Args:
        input: `[time]` or `[batch, time]`.
        n_fft: The length of a window.
        hop_length: From one window to the next; a quarter of `n_fft` if None.
        win_length: The length of `window`, which zeros pad to `n_fft`.
        window: Weights, `[win_length]`; ones if None.
        center: Pad the signal, so that window t is centred at `t * hop_length`.
        pad_mode: How it is padded.
        normalized: Divide by the square root of `n_fft`.
        onesided: Leave out what follows by symmetry; by default for real signals.
        return_complex: A complex result; must be given for real signals.

    Returns:
        `[batch, frequencies, windows]`, with a last dimension of 2 if it is not complex.

    Raises:
        RuntimeError: `return_complex` is missing, or sizes do not fit.
    """
    hop, length = hop_and_width(n_fft, hop_length, win_length)
    is_complex = input.is_complex()
    if return_complex is None:
        if not is_complex and (window is None or not window.is_complex()):
            raise RuntimeError(RETURN_COMPLEX)
        return_complex = True
    if not return_complex:
        warn(REAL_DEPRECATED)
    padded = _padded(input, n_fft // 2, pad_mode) if center else input
    _check(padded, n_fft, hop, length, window)
    if window is None and length < n_fft:
        window = input.new_ones(length)
    static = (n_fft, hop, normalized, not is_complex if onesided is None else onesided)
    found = apply(STFT, static, padded, *(() if window is None else (window,)))
    return found if return_complex else view_as_real(found)


def _padded(x: Tensor, width: int, mode: str) -> Tensor:
    extended = x.view([1] * (3 - x.ndim) + list(x.shape))
    made = pad(extended, [width, width], mode)
    return made.view(made.shape[-x.ndim :])


def _check(x: Tensor, n_fft: int, hop: int, length: int, window: Tensor | None) -> None:
    """Refuse sizes that do not fit.

    Raises:
        RuntimeError: What was given, and what was expected.
    """
    given = f"stft({list(x.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={length}) : "
    if not 0 < n_fft <= x.shape[-1]:
        raise RuntimeError(f"{given}expected 0 < n_fft <= {x.shape[-1]}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"{given}expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"{given}expected 0 < win_length <= n_fft, but got win_length={length}")
    if window is not None and tuple(window.shape) != (length,):
        raise RuntimeError(
            f"{given}expected a 1D window tensor of size equal to win_length={length}, but got window with size "
            f"{list(window.shape)}"
        )


ROWS = (Row("stft", stft),)
