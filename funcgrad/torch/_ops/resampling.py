"""Resampling: spatial dimensions in a new size."""

from __future__ import annotations

import math
import operator
from typing import Any, cast

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.pooling import adaptive_avg_pool
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.taps import (
    Taps,
    antialiased_taps,
    cubic_taps,
    linear_taps,
    nearest_taps,
    resampled,
)
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op

LINEAR = {"linear": 3, "bilinear": 4, "trilinear": 5}  # by dimensions of the input
MODES = "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"


def _interpolated(
    x: Any, *, size: tuple[int, ...], scales: tuple[Any, ...], mode: str, align_corners: bool, antialias: bool
) -> Any:
    _check(x, size, mode)
    if mode == "nearest" and size == x.shape[2:] and x.ndim == 4:
        return x  # whatever the scale; in one and three dimensions PyTorch minds the scale
    arithmetic = np.float64 if x.dtype == np.float64 else np.float32
    wide = x if mode.startswith("nearest") else x.astype(arithmetic)
    for axis in range(x.ndim - 1, 1, -1):
        taps = _taps(x.shape[axis], size[axis - 2], scales[axis - 2], mode, align_corners, antialias, arithmetic)
        wide = cast("Any", resampled(wide, axis, taps))
    return wide.astype(x.dtype)


def _taps(
    length: int, out: int, scale: float | None, mode: str, align_corners: bool, antialias: bool, dtype: Any
) -> Taps:
    if mode.startswith("nearest"):
        return nearest_taps(length, out, scale, mode == "nearest-exact")
    if antialias:
        return antialiased_taps(length, out, scale, align_corners, mode == "bicubic")
    return (cubic_taps if mode == "bicubic" else linear_taps)(length, out, scale, align_corners, dtype)


def _check(x: Any, size: tuple[int, ...], mode: str) -> None:
    if 0 in x.shape[1:]:
        raise RuntimeError(f"Non-empty {x.ndim}D data tensor expected but got a tensor with sizes {list(x.shape)}")
    if min(size) < 1:
        names, between = "DHW"[3 - len(size) :], " and" if len(size) == 1 else ""
        shown = [", ".join(f"{n}: {k}" for n, k in zip(names, s, strict=True)) for s in (x.shape[2:], size)]
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({shown[0]}){between} output ({shown[1]})"
        )
    if x.dtype.kind in "biu" and not (x.dtype == np.uint8 and mode.startswith("nearest")):
        name = mode.removesuffix("-exact") + _DIMS[x.ndim]
        raise NotImplementedError(f"\"upsample_{name}\" not implemented for '{scalar_name(x.dtype)}'")


_DIMS = {3: "1d", 4: "2d_channels_last", 5: "3d"}
_NODES = {
    "nearest": "Nearest", "nearest-exact": "NearestExact", "linear": "Linear", "bilinear": "Bilinear",
    "bicubic": "Bicubic", "trilinear": "Trilinear",
}  # fmt: skip


def _label(equation: Equation) -> str:
    size, _, mode, _, antialias = equation.static
    return f"Upsample{_NODES[mode]}{len(size)}D{'Aa' if antialias else ''}"


INTERPOLATE = Op("interpolate", _interpolated, saves={0: ()}, label=_label)


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Spatial dimensions in a new size.

    Args:
        input: `[batch, channels, *space]`, one to three spatial dimensions.
        size: The new size, one number or one for each dimension; or else
        scale_factor: how much larger each becomes.
        mode: `nearest`, `nearest-exact`, `linear`, `bilinear`, `bicubic`, `trilinear` or `area`.
        align_corners: Whether the centres of the first and last elements stay in their places.
        recompute_scale_factor: Whether positions follow from the sizes alone, even if a scale factor is given.
        antialias: Whether to average over all elements that an output covers.

    Raises:
        ValueError: The arguments do not fit each other.
        NotImplementedError: The mode does not take this many dimensions.
    """
    _check_modes(mode, align_corners, recompute_scale_factor, size)
    space = tuple(input.shape[2:])
    sizes, scales = _target(space, size, scale_factor)
    if recompute_scale_factor:
        scales = None
    if antialias and not (mode in ("bilinear", "bicubic") and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    _check_dimensions(mode, input.ndim)
    if mode == "area":
        return adaptive_avg_pool(input, sizes)
    static = sizes, scales or (None,) * len(sizes), mode, bool(align_corners), antialias
    return apply(INTERPOLATE, static, input)


def _check_modes(mode: str, align_corners: Any, recompute: Any, size: Any) -> None:
    if align_corners is not None and mode in ("nearest", "area", "nearest-exact"):
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    if recompute and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")


def _target(space: tuple[int, ...], size: Any, scale: Any) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
    """The new sizes, and the scale factors if those were given."""
    if size is not None and scale is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        return tuple(map(operator.index, _for_each(space, size, "output size of", "output size", "o"))), None
    if scale is None:
        raise ValueError("either size or scale_factor should be defined")
    scales = tuple(map(float, _for_each(space, scale, "scale_factor of shape", "scale_factor", "s")))
    return tuple([math.floor(n * s) for n, s in zip(space, scales, strict=True)]), scales


def _for_each(space: tuple[int, ...], given: Any, shown: str, noun: str, letter: str) -> tuple[Any, ...]:
    if not isinstance(given, tuple | list):
        return (given,) * len(space)
    if len(given) != len(space):
        subject = "output" if letter == "o" else "scale_factor"
        raise ValueError(
            f"Input and {subject} must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {list(space)} and {shown} {given}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
            f"format and {noun} in ({letter}1, {letter}2, ...,{letter}K) format."
        )
    return tuple(given)


def _check_dimensions(mode: str, ndim: int) -> None:
    wanted = LINEAR.get(mode)
    if 3 <= ndim <= 5 and wanted and ndim != wanted:
        raise NotImplementedError(f"Got {ndim}D input, but {mode} mode needs {wanted}D input")
    known = mode in ("nearest", "nearest-exact", "area", *LINEAR) or (mode == "bicubic" and ndim == 4)
    if not known or not 3 <= ndim <= 5:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: {MODES} (got {mode})"
        )


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """The old name of `interpolate`."""
    warn(_OLD.format("upsample"))
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of `interpolate` with `mode="nearest"`."""
    warn(_OLD.format("upsample_nearest"))
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of `interpolate` with `mode="bilinear"` and `align_corners=True`."""
    warn(_OLD.format("upsample_bilinear"))
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


_OLD = "`nn.functional.{}` is deprecated. Use `nn.functional.interpolate` instead."
