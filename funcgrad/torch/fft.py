"""torch.fft: discrete Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._dispatch import apply as _apply
from funcgrad.torch._ops.creation import tensor as _tensor
from funcgrad.torch._ops.dims import dim_of as _dim_of
from funcgrad.torch._ops.out import functions as _out_functions
from funcgrad.torch._ops.promotion import floating as _floating
from funcgrad.torch._ops.promotion import scalar_name as _scalar_name
from funcgrad.torch._ops.rearranging import roll as _roll
from funcgrad.torch._order import arrange as _arrange
from funcgrad.torch._order import innermost as _innermost
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import as_dtype, get_default_dtype
from funcgrad.trace import Op

_LINEAR: Any = {0: ()}


def _transform(name: str, function: Callable[..., Any]) -> Op:
    def call(x: Any, *, n: int | None, dim: int, norm: str | None) -> Any:
        return function(_prepared(name, x), n, dim, norm)

    return Op(name, call, saves=_LINEAR, label=_label(name))


def _transform_many(name: str, function: Callable[..., Any]) -> Op:
    def call(x: Any, *, s: Any, dims: Any, norm: str | None) -> Any:
        return function(_prepared(name, x), s, dims, norm)

    return Op(name, call, saves=_LINEAR, label=_label(name))


def _label(name: str) -> str:
    if name.startswith("rfft"):
        return "FftR2C"
    return "FftC2R" if name.startswith(("irfft", "hfft")) else "FftC2C"


def _prepared(name: str, x: Any) -> Any:
    """Integers as floats; what PyTorch does not transform is refused."""
    if x.dtype.itemsize == 2 and jnp.issubdtype(x.dtype, np.floating):
        raise RuntimeError(f"Unsupported dtype {_scalar_name(x.dtype)}")
    if name.startswith(("rfft", "ihfft")) and jnp.iscomplexobj(x):
        raise RuntimeError(f"{name} expects a real input tensor, but got {_scalar_name(x.dtype)}")
    return x.astype(_floating(x.dtype))


_ONE = {name: _transform(name, getattr(jnp.fft, name)) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")}
_MANY = {name: _transform_many(name, getattr(jnp.fft, name)) for name in ("fftn", "ifftn", "rfftn", "irfftn")}


def _check_norm(norm: str | None) -> None:
    if norm not in (None, "forward", "backward", "ortho"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')


_HALVED = frozenset({"irfft", "hfft", "irfftn"})
"""Transforms of half a spectrum: without a length the result has 2 (n - 1) places."""


def _check_length(n: int) -> None:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")


def _along_one(name: str) -> Callable[..., Tensor]:
    def transform(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
        _check_norm(norm)
        if not input.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        chosen = _dim_of(dim, input.ndim)
        size = input.shape[chosen]
        _check_length(n if n is not None else 2 * (size - 1) if name in _HALVED else size)
        return _arrange(_apply(_ONE[name], (n, chosen, norm), input), _innermost(input, (chosen,)))

    return _named(transform, name, "one dimension")


def _along_many(name: str, shown: str, default: tuple[int, ...] | None) -> Callable[..., Tensor]:
    def transform(input: Tensor, s: Any = None, dim: Any = default, norm: str | None = None) -> Tensor:
        _check_norm(norm)
        chosen = range(-len(s), 0) if dim is None and s is not None else range(input.ndim) if dim is None else dim
        chosen = (chosen,) if isinstance(chosen, int) else tuple(chosen)
        if chosen and not input.ndim:
            raise IndexError(f"Dimension specified as {chosen[0]} but tensor has no dimensions")
        dims = tuple(_dim_of(d, input.ndim) for d in chosen)
        lengths = None if s is None else tuple(input.shape[d] if k == -1 else k for k, d in zip(s, dims, strict=True))
        for length in [input.shape[d] for d in dims] if lengths is None else lengths:
            _check_length(length)
        if dims and lengths is None and name in _HALVED:
            _check_length(2 * (input.shape[dims[-1]] - 1))
        return _arrange(_apply(_MANY[name], (lengths, dims, norm), input), _innermost(input, dims))

    return _named(transform, shown, "several dimensions")


def _named(transform: Callable[..., Any], name: str, along: str) -> Callable[..., Any]:
    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"The {name} transform along {along}, scaled as `norm` says."
    return transform


fft, ifft, rfft, irfft, hfft, ihfft = map(_along_one, _ONE)
fftn, ifftn, rfftn, irfftn = (_along_many(name, name, None) for name in _MANY)


def _hermitian(name: str, conjugate: str, default: tuple[int, ...] | None) -> Any:
    """The transform of a signal with Hermitian symmetry: the other one of its conjugate, scaled the other way."""
    other = _along_many(conjugate, name, default)

    def transform(input: Tensor, s: Any = None, dim: Any = default, norm: str | None = None) -> Tensor:
        _check_norm(norm)
        if name.startswith("h"):
            return other(input.conj(), s, dim, _REVERSED.get(norm, norm))
        return other(input, s, dim, _REVERSED.get(norm, norm)).conj()

    return _named(transform, name, "several dimensions")


_REVERSED: dict[str | None, str] = {None: "forward", "backward": "forward", "forward": "backward"}
hfftn, ihfftn = _hermitian("hfftn", "irfftn", None), _hermitian("ihfftn", "rfftn", None)
hfft2, ihfft2 = _hermitian("hfft2", "irfftn", (-2, -1)), _hermitian("ihfft2", "rfftn", (-2, -1))
fft2, ifft2, rfft2, irfft2 = (_along_many(name, name.replace("n", "2"), (-2, -1)) for name in _MANY)


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The frequencies of the results of `fft`, in cycles per unit of the sample spacing `d`."""
    return _frequencies(np.fft.fftfreq(n, d), dtype, device, requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The frequencies of the results of `rfft`, in cycles per unit of the sample spacing `d`."""
    return _frequencies(np.fft.rfftfreq(n, d), dtype, device, requires_grad)


def _frequencies(values: np.ndarray, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    return _tensor(values, dtype=wanted, device=device, requires_grad=requires_grad)


def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The zero frequency moved to the middle."""
    return _shifted(input, dim, lambda length: length // 2)


def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The zero frequency moved back to the start."""
    return _shifted(input, dim, lambda length: -(length // 2))


def _shifted(input: Tensor, dim: Any, shift: Callable[[int], int]) -> Tensor:
    dims: Sequence[int] = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    return _roll(input, tuple(shift(input.shape[d]) for d in dims), tuple(dims))


_TRANSFORMS = tuple(f"{part}fft{many}" for part in ("", "i", "r", "ir", "h", "ih") for many in ("", "2", "n"))
globals().update(_out_functions(globals(), _TRANSFORMS, "fft_"))
__getattr__ = _missing_from(__name__)
