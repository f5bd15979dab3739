"""Sampling of images at positions that are data: grids of coordinates between -1 and 1."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.rows import Row, named
from funcgrad.torch._ops.taps import cubic_weights
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op


def _centres(length: int, align_corners: bool, dtype: np.dtype[Any]) -> np.ndarray:
    """The coordinates of elements, rounded as in PyTorch.

    Under the identity they are where the elements lie, so their last bit says between which two neighbours a gradient
    is taken; and every spatial transformer starts from the identity.
    """
    if length == 1:
        return np.zeros(1, dtype)
    step = (np.asarray(2, dtype) / np.asarray(length - 1, dtype)).astype(np.longdouble)  # products are not rounded
    i = np.arange(length)
    ends = np.where(i < length // 2, step * i - 1, 1 - step * i[::-1]).astype(dtype)
    return ends if align_corners else ends * np.asarray(length - 1, dtype) / np.asarray(length, dtype)


def _affine_grid(theta: Any, *, size: tuple[int, ...], align_corners: bool) -> Any:
    """`theta @ [x, y, (z,) 1]` at the centre of each element."""
    axes = [_centres(n, align_corners, theta.dtype) for n in size[2:]]
    places = [*np.meshgrid(*axes, indexing="ij")[::-1], np.ones(size[2:], theta.dtype)]
    base = np.stack(places, -1).reshape(-1, len(size) - 1)
    return jnp.einsum("pk,bck->bpc", base, theta).reshape(size[0], *size[2:], len(size) - 2)


AFFINE_GRID = Op("affine_grid", _affine_grid, saves={0: ()}, label="AffineGridGenerator")


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid of coordinates that an affine map makes of an image's own.

    Args:
        theta: `[batch, 2, 3]` or `[batch, 3, 4]`.
        size: `(batch, channels, *space)` of the image that is to be sampled.
        align_corners: Whether -1 and 1 are the centres, instead of the edges, of the first and last elements.

    Returns:
        `[batch, *space, 2 or 3]`.

    Raises:
        ValueError: The size is empty, or theta's shape or dtype does not fit.
        NotImplementedError: There are not two or three spatial dimensions.
    """
    size = tuple([int(n) for n in size])
    if not theta.dtype.is_floating_point:
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    n = len(size) - 2
    if n not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{size}."
        )
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (n, n + 1):
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got {theta.shape}."
        )
    if min(size) < 1:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if align_corners is None:
        warn(_NO_CORNERS)
    return apply(AFFINE_GRID, (size, bool(align_corners)), theta)


_NO_CORNERS = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)


def _unnormalized(x: Any, length: int, align_corners: bool) -> Any:
    return (x + 1) / 2 * (length - 1) if align_corners else ((x + 1) * length - 1) / 2


def _reflected(x: Any, low: float, high: float) -> Any:
    """Positions folded back at the ends until they lie between them."""
    if low == high:
        return x * 0
    width = high - low
    distance = jnp.abs(x - low)
    flips, extra = jnp.floor(distance / width), jnp.mod(distance, width)
    return jnp.where(flips % 2 == 0, extra + low, width - extra + low)


def _inside(x: Any, length: int, padding: str, align_corners: bool) -> Any:
    """Positions brought inside the image, as the padding mode says; at the ends the gradient is 0."""
    if padding == "zeros":
        return x
    if padding == "reflection":
        x = _reflected(x, 0, length - 1) if align_corners else _reflected(x, -0.5, length - 0.5)
    return jnp.where(x <= 0, 0, jnp.where(x >= length - 1, length - 1, x)).astype(x.dtype)


def _read(image: Any, places: Sequence[Any]) -> Any:
    """`[batch, channels, *out]` at integer positions `[batch, *out]`, 0 outside."""
    space = image.shape[2:]
    is_inside, flat = cast("tuple[Any, Any]", (True, 0))  # arrays from the first dimension on
    for place, length in zip(places, space, strict=True):
        is_inside = is_inside & (place >= 0) & (place < length)
        flat = flat * length + jnp.clip(place, 0, length - 1)
    rows = image.reshape(*image.shape[:2], -1)
    index = flat.reshape(flat.shape[0], 1, -1)
    picked = jnp.take_along_axis(rows, index, 2, mode="clip").reshape(*image.shape[:2], *flat.shape[1:])
    return jnp.where(is_inside[:, None], picked, 0)


def _whole(x: Any) -> Any:
    return jnp.floor(x).astype(np.int64)


def _linear(image: Any, places: Sequence[Any]) -> Any:
    """The corners around each position, weighted by nearness."""
    total = 0
    lows = [_whole(x) for x in places]
    for corner in itertools.product((0, 1), repeat=len(places)):
        weight = cast("Any", 1)  # an array from the first dimension on
        for x, low, high in zip(places, lows, corner, strict=True):
            weight = weight * (x - low if high else low + 1 - x)
        value = _read(image, [low + c for low, c in zip(lows, corner, strict=True)])
        total = total + value * weight[:, None].astype(image.dtype)
    return total


def _cubic(image: Any, places: Sequence[Any], padding: str, align_corners: bool) -> Any:
    """Sixteen neighbours; padding applies to each of them, not to the position."""
    lows = [jnp.floor(x) for x in places]
    weights = [cubic_weights(x - low) for x, low in zip(places, lows, strict=True)]
    total = 0
    for i, j in itertools.product(range(4), repeat=2):
        at = [
            _inside(low + k - 1, n, padding, align_corners)
            for low, k, n in zip(lows, (i, j), image.shape[2:], strict=True)
        ]
        total = total + _read(image, [_whole(x) for x in at]) * (weights[0][i] * weights[1][j])[:, None]
    return total


def _grid_sample(x: Any, grid: Any, *, mode: str, padding: str, align_corners: bool) -> Any:
    _check(x, grid, mode)
    space = x.shape[2:]
    places = [_unnormalized(grid[..., -1 - d], n, align_corners) for d, n in enumerate(space)]
    if mode == "bicubic":
        return _cubic(x, places, padding, align_corners)
    places = [_inside(place, n, padding, align_corners) for place, n in zip(places, space, strict=True)]
    if mode == "bilinear":
        return _linear(x, places)
    return _read(x, [jnp.round(place).astype(np.int64) for place in places])


def _check(x: Any, grid: Any, mode: str) -> None:
    shapes = f"but got input with sizes {list(x.shape)} and grid with sizes {list(grid.shape)}"
    if x.shape[0] != grid.shape[0]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, {shapes}")
    if grid.shape[-1] != x.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {x.ndim - 2} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}"
        )
    for d, n in enumerate(x.shape[2:], 2):
        if n == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{list(x.shape)} with dimension {d} being empty"
            )
    if x.ndim not in (4, 5):
        raise RuntimeError(f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, {shapes}")
    if x.ndim != grid.ndim:
        raise RuntimeError(
            f"grid_sampler(): expected {x.ndim}D input and grid with same number of dimensions, {shapes}"
        )
    if mode == "bicubic" and x.ndim == 5:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if x.dtype != grid.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(x.dtype)} but found {scalar_name(grid.dtype)}")
    if x.dtype.kind in "biu":
        kernel = f"grid_sampler_{x.ndim - 2}d_cpu{'_kernel_impl' if x.ndim == 4 else ''}"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x.dtype)}'")


def _label(equation: Equation) -> str:
    assert equation.avals[0] is not None
    return f"GridSampler{len(equation.avals[0].shape) - 2}D"


GRID_SAMPLE = Op("grid_sample", _grid_sample, label=_label)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """An image at the positions of a grid.

    Args:
        input: `[batch, channels, *space]`, two or three spatial dimensions.
        grid: `[batch, *out, 2 or 3]`: x, y and z between -1 and 1; beyond, the padding mode says what is there.
        mode: `bilinear`, `nearest` or `bicubic`.
        padding_mode: `zeros`, `border` or `reflection`.
        align_corners: Whether -1 and 1 are the centres, instead of the edges, of the first and last elements.

    Returns:
        `[batch, channels, *out]`.

    Raises:
        ValueError: A mode is unknown.
        RuntimeError: Shapes or dtypes do not fit.
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    if align_corners is None:
        warn(_NO_CORNERS)
    return apply(GRID_SAMPLE, (mode, padding_mode, bool(align_corners)), input, grid)


_MODES, _PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def _by_number(name: str) -> Row:
    """`grid_sample` with its modes given by their numbers."""

    def call(input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Tensor:
        return grid_sample(input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)

    call.__doc__ = "As `torch.nn.functional.grid_sample`, with the modes' numbers."
    return Row(name, named(call, name), method=False)


ROWS = tuple(map(_by_number, ("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")))
