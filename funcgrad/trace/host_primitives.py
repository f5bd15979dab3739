"""Primitives of JAX as NumPy functions: one row for each that the operators' functions are mostly made of.

A row takes the operands and the primitive's parameters. It raises `UncoveredError` for a case that it does not know.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from funcgrad.trace.host_convolution import convolve, pad

Row = Callable[..., Any]


class UncoveredError(Exception):
    """A primitive, or a case of it, without a NumPy function here."""


def _check(is_covered: bool) -> None:
    if not is_covered:
        raise UncoveredError


def _wide(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of 32 bits by way of 64: PyTorch's are nearly as exact as that, NumPy's are off by two last bits."""

    def run(*xs: Any) -> Any:
        is_32 = xs[0].dtype == np.float32
        return function(*xs, dtype=np.float64).astype(np.float32) if is_32 else function(*xs)

    return run


_exp = _wide(np.exp)


def _logistic(x: Any) -> Any:
    x = x.astype(np.float32) if x.dtype.itemsize == 2 else x
    return 1 / (1 + _exp(-x))


def _complex(real: Any, imaginary: Any) -> Any:
    found = real.astype(np.result_type(real, np.complex64))
    found.imag = imaginary
    return found


def _reduction(function: Callable[..., Any]) -> Row:
    return lambda x, *, axes, **_: function(x, axis=tuple(axes))


def _positions(function: Callable[..., Any]) -> Row:
    return lambda x, *, axes, index_dtype, **_: function(x, axis=axes[0]).astype(index_dtype)


def _running(function: Callable[..., Any]) -> Row:
    def run(x: Any, *, axis: int, reverse: bool) -> Any:
        return np.flip(function(np.flip(x, axis), axis=axis), axis) if reverse else function(x, axis=axis)

    return run


def _divided(x: Any, y: Any) -> Any:
    if x.dtype.kind in "fc":
        return np.divide(x, y)
    return (x - _remainder(x, y)) // y  # towards zero


def _remainder(x: Any, y: Any) -> Any:
    _check(x.dtype.kind == "f" or (x.dtype.kind in "iu" and bool(np.all(y != 0))))
    return np.fmod(x, y)


def _integer_power(x: Any, *, y: int) -> Any:
    """By squaring, as the compiled code does."""
    if y < 0:
        return 1 / _integer_power(x, y=-y)
    result, square = None, x
    while y:
        if y & 1:
            result = square if result is None else result * square
        y >>= 1
        square = square * square if y else square
    return np.ones_like(x) if result is None else result


def _rounded(x: Any, *, rounding_method: Any) -> Any:
    _check(int(rounding_method) == 1)  # half to even
    return np.round(x)


def _selected(which: Any, *cases: Any) -> Any:
    return np.where(which, cases[1], cases[0]) if which.dtype == bool else np.choose(which, cases)


def _converted(x: Any, *, new_dtype: Any, **_: Any) -> Any:
    x = x.real if x.dtype.kind == "c" and new_dtype.kind != "c" else x
    return x.astype(new_dtype)


def _broadcast(x: Any, *, shape: Sequence[int], broadcast_dimensions: Sequence[int], **_: Any) -> Any:
    wide = [1] * len(shape)
    for k, axis in enumerate(broadcast_dimensions):
        wide[axis] = x.shape[k]
    return np.broadcast_to(x.reshape(wide), shape)


def _reshaped(x: Any, *, new_sizes: Sequence[int], dimensions: Any, **_: Any) -> Any:
    _check(dimensions is None)
    return x.reshape(new_sizes)


def _sliced(x: Any, *, start_indices: Sequence[int], limit_indices: Sequence[int], strides: Any) -> Any:
    steps = strides or (1,) * x.ndim
    return x[tuple([slice(*s) for s in zip(start_indices, limit_indices, steps, strict=True)])]


def _starts(x: Any, starts: Sequence[Any], sizes: Sequence[int]) -> tuple[slice, ...]:
    """A window moved inside the array, as XLA does with one that reaches out of it."""
    lows = [min(max(int(s), 0), n - size) for s, n, size in zip(starts, x.shape, sizes, strict=True)]
    return tuple([slice(low, low + size) for low, size in zip(lows, sizes, strict=True)])


def _dynamic_slice(x: Any, *starts: Any, slice_sizes: Sequence[int]) -> Any:
    return x[_starts(x, starts, slice_sizes)]


def _dynamic_update_slice(x: Any, update: Any, *starts: Any) -> Any:
    changed = x.copy()
    changed[_starts(x, starts, update.shape)] = update
    return changed


def _padded(x: Any, fill: Any, *, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    return pad(x, fill, padding_config)


def _counted(*, dtype: Any, shape: Sequence[int], dimension: int, **_: Any) -> Any:
    numbers = np.arange(shape[dimension], dtype=dtype)
    return np.broadcast_to(numbers.reshape([-1 if k == dimension else 1 for k in range(len(shape))]), shape)


def _split(x: Any, *, sizes: Sequence[int], axis: int) -> list[Any]:
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def _clamped(low: Any, x: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _dot(x: Any, y: Any, *, dimension_numbers: Any, preferred_element_type: Any, **_: Any) -> Any:
    """A product with contracted and batch dimensions, as one matrix product for each batch."""
    (contracted_x, contracted_y), (batch_x, batch_y) = dimension_numbers
    is_plain = x.ndim == y.ndim == 2 and len(contracted_x) == 1 and not batch_x
    if is_plain and x.dtype == y.dtype == preferred_element_type:
        return (x if contracted_x[0] else x.T) @ (y.T if contracted_y[0] else y)
    free_x = [k for k in range(x.ndim) if k not in contracted_x and k not in batch_x]
    free_y = [k for k in range(y.ndim) if k not in contracted_y and k not in batch_y]
    batch = [x.shape[k] for k in batch_x]
    inner = int(np.prod([x.shape[k] for k in contracted_x]))
    rows, columns = [x.shape[k] for k in free_x], [y.shape[k] for k in free_y]
    left = x.transpose([*batch_x, *free_x, *contracted_x]).reshape(*batch, int(np.prod(rows)), inner)
    right = y.transpose([*batch_y, *contracted_y, *free_y]).reshape(*batch, inner, int(np.prod(columns)))
    if x.dtype.itemsize == 2:  # 16-bit products are summed in 32 bits
        left, right = left.astype(np.float32), right.astype(np.float32)
    return (left @ right).reshape((*batch, *rows, *columns)).astype(preferred_element_type or x.dtype)


def _gathered(x: Any, indices: Any, *, dimension_numbers: Any, slice_sizes: Sequence[int], mode: Any, **_: Any) -> Any:
    """Whole slices at positions that are inside, which is what an embedding and an index make."""
    d = dimension_numbers
    axes, positions = tuple(d.start_index_map), np.moveaxis(indices, -1, 0)
    _check(axes == tuple(d.collapsed_slice_dims) and not d.operand_batching_dims)
    _check(all(size == (1 if k in axes else n) for k, (size, n) in enumerate(zip(slice_sizes, x.shape, strict=True))))
    _check(all(not p.size or (p.min() >= 0 and p.max() < x.shape[k]) for k, p in zip(axes, positions, strict=True)))
    found = _leading(x, axes)[tuple(positions)]
    return np.moveaxis(found, range(indices.ndim - 1, found.ndim), d.offset_dims)


def _scattered(put: Callable[..., None]) -> Row:
    """Whole slices put at positions; those outside are left out."""

    def run(x: Any, indices: Any, new: Any, *, dimension_numbers: Any, mode: Any, **_: Any) -> Any:
        d = dimension_numbers
        axes, positions = tuple(d.scatter_dims_to_operand_dims), np.moveaxis(indices, -1, 0)
        _check(axes == tuple(d.inserted_window_dims) and not d.operand_batching_dims and "CLIP" not in str(mode))
        inside = np.all([(p >= 0) & (p < x.shape[k]) for k, p in zip(axes, positions, strict=True)], 0)
        slices = np.moveaxis(new, d.update_window_dims, range(indices.ndim - 1, new.ndim))
        changed = x.copy()
        put(_leading(changed, axes), tuple([p[inside] for p in positions]), slices[inside])
        return changed

    return run


def _leading(x: Any, axes: Sequence[int]) -> Any:
    """The array seen with these axes in front."""
    return x.transpose([*axes, *(k for k in range(x.ndim) if k not in axes)])


def _sorted(*xs: Any, dimension: int, is_stable: bool, num_keys: int) -> list[Any]:
    """All arrays in the order of the first ones; equal elements stay in their order, nan comes last."""
    _check(all(key.dtype.kind in "biuf" for key in xs[:num_keys]))
    order = np.argsort(xs[num_keys - 1], dimension, kind="stable")
    for key in reversed(xs[: num_keys - 1]):
        moved = np.argsort(np.take_along_axis(key, order, dimension), dimension, kind="stable")
        order = np.take_along_axis(order, moved, dimension)
    return [np.take_along_axis(x, order, dimension) for x in xs]


ALONE: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "neg": np.negative,
    "sign": np.sign,
    "exp": _exp,
    "exp2": _wide(np.exp2),
    "expm1": _wide(np.expm1),
    "log": _wide(np.log),
    "log1p": _wide(np.log1p),
    "sin": _wide(np.sin),
    "cos": _wide(np.cos),
    "tan": _wide(np.tan),
    "tanh": _wide(np.tanh),
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "square": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "is_finite": np.isfinite,
    "not": np.invert,
    "logistic": _logistic,
    "copy": np.copy,
    "copy_p": np.copy,
    "stop_gradient": lambda x: x,
    "add": np.add,
    "add_any": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": _divided,
    "rem": _remainder,
    "max": np.maximum,
    "min": np.minimum,
    "pow": _wide(np.power),
    "atan2": _wide(np.arctan2),
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "real": np.real,
    "imag": np.imag,
    "conj": np.conj,
    "kept": lambda x: x,
    "shared": lambda x: x,
    "select_n": _selected,
    "clamp": _clamped,
    "dynamic_update_slice": _dynamic_update_slice,
}
"""Primitives whose parameters, if they have any, say nothing about the values."""

ROWS: dict[str, Row] = {
    "round": _rounded,
    "integer_pow": _integer_power,
    "reduce_sum": _reduction(np.sum),
    "reduce_max": _reduction(np.max),
    "reduce_min": _reduction(np.min),
    "reduce_prod": _reduction(np.prod),
    "reduce_and": _reduction(np.all),
    "reduce_or": _reduction(np.any),
    "argmax": _positions(np.argmax),
    "argmin": _positions(np.argmin),
    "cumsum": _running(np.cumsum),
    "cumprod": _running(np.cumprod),
    "cummax": _running(np.maximum.accumulate),
    "cummin": _running(np.minimum.accumulate),
    "convert_element_type": _converted,
    "broadcast_in_dim": _broadcast,
    "reshape": _reshaped,
    "squeeze": lambda x, *, dimensions: np.squeeze(x, tuple(dimensions)),
    "transpose": lambda x, *, permutation: np.transpose(x, permutation),
    "rev": lambda x, *, dimensions: np.flip(x, tuple(dimensions)),
    "slice": _sliced,
    "dynamic_slice": _dynamic_slice,
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "split": _split,
    "pad": _padded,
    "conv_general_dilated": convolve,
    "iota": _counted,
    "dot_general": _dot,
    "gather": _gathered,
    "scatter": _scattered(operator.setitem),
    "scatter-add": _scattered(np.add.at),
    "sort": _sorted,
    "stack": lambda *xs, axis: np.stack(xs, axis),
    "unstack": lambda x, *, axis: [*np.moveaxis(x, axis, 0)],
    "tile": lambda x, *, reps: np.tile(x, reps),
    "complex": _complex,
}
