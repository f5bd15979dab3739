"""Primitives of JAX as NumPy functions: one row for each that the operators' functions are mostly made of."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from operator import itemgetter, methodcaller, setitem
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.trace.host.convolution import convolution
from funcgrad.trace.host.fourier import transform
from funcgrad.trace.host.indexing import add_at, dynamic_slice, dynamic_update_slice, gather, scatter, sort
from funcgrad.trace.host.linalg import cholesky, eigh, lu, lu_pivots_to_permutation, qr, svd, triangular_solve
from funcgrad.trace.host.padding import padding
from funcgrad.trace.host.row import Function, Row, check
from funcgrad.trace.host.special import error_function, inverse_error_function, log_gamma, special, zeta
from funcgrad.trace.jaxprs import place_of_cpu


def _always(function: Function) -> Row:
    return lambda taken, made, **_: function


def _wide(function: Function) -> Row:
    """A function of 32 bits by way of 64: PyTorch's are nearly as exact as that, NumPy's are off by two last bits."""
    wide = functools.partial(function, dtype=np.float64)

    def row(taken: Any, made: Any, **_: Any) -> Function:
        if taken[0].dtype != np.float32:
            return function
        return lambda *xs: wide(*xs).astype(np.float32)

    return row


def _logistic(taken: Any, made: Any, **_: Any) -> Function:
    dtype = taken[0].dtype
    if dtype.kind == "c":
        return lambda x: 1 / (1 + np.exp(-x))
    computed = np.float64 if dtype == np.float64 else np.float32

    def run(x: Any) -> Any:
        power = np.exp(-x.astype(computed, copy=False), dtype=np.float64)
        return (1 / (1 + power.astype(computed))).astype(dtype, copy=False)

    return run


def _complex(taken: Any, made: Any) -> Function:
    dtype = made[0].dtype

    def run(real: Any, imaginary: Any) -> Any:
        found = np.empty(np.broadcast(real, imaginary).shape, dtype)
        found.real, found.imag = real, imaginary
        return found

    return run


def _reduction(function: np.ufunc) -> Row:
    def row(taken: Any, made: Any, *, axes: Sequence[int], **_: Any) -> Function:
        dtype = made[0].dtype if made[0].dtype.kind in "iu" else None  # NumPy would widen short whole numbers
        return functools.partial(function.reduce, axis=tuple(axes), dtype=dtype)

    return row


_FORMATS = {(8, 7): np.dtype(jnp.bfloat16), (5, 10): np.dtype(np.float16)}
"""Numbers of 16 bits by the bits of their exponent and their mantissa."""


def _shortening(taken: Any, made: Any, *, exponent_bits: int, mantissa_bits: int) -> Function:
    check((exponent_bits, mantissa_bits) in _FORMATS)
    dtype = _FORMATS[exponent_bits, mantissa_bits]
    return lambda x: x.astype(dtype).astype(x.dtype)


def _position(name: str) -> Row:
    def row(taken: Any, made: Any, *, axes: Sequence[int], index_dtype: Any, **_: Any) -> Function:
        find = methodcaller(name, axes[0])
        return lambda x: find(x).astype(index_dtype)

    return row


def _running(function: np.ufunc) -> Row:
    def row(taken: Any, made: Any, *, axis: int, reverse: bool, **_: Any) -> Function:
        run = functools.partial(function.accumulate, axis=axis, dtype=made[0].dtype)
        return (lambda x: np.flip(run(np.flip(x, axis)), axis)) if reverse else run

    return row


def _division(taken: Any, made: Any) -> Function:
    if taken[0].dtype.kind in "fc":
        return np.divide
    remainder = _remainder(taken, made)
    return lambda x, y: (x - remainder(x, y)) // y  # towards zero


def _remainder(taken: Any, made: Any) -> Function:
    if taken[0].dtype.kind == "f":
        return np.fmod
    check(taken[0].dtype.kind in "iu")

    def run(x: Any, y: Any) -> Any:
        check(bool(np.all(y != 0)))
        return np.fmod(x, y)

    return run


def _integer_power(taken: Any, made: Any, *, y: int) -> Function:
    """By squaring, as the compiled code does."""

    def run(x: Any) -> Any:
        result, square, left = None, x, abs(y)
        while left:
            if left & 1:
                result = square if result is None else result * square
            left >>= 1
            square = square * square if left else square
        found = np.ones_like(x) if result is None else result
        return 1 / found if y < 0 else found

    return run


def _rounding(taken: Any, made: Any, *, rounding_method: Any) -> Function:
    check(int(rounding_method) == 1)  # half to even
    return np.rint


def _selection(taken: Any, made: Any) -> Function:
    if taken[0].dtype == bool:
        where = np.where
        return lambda which, no, yes: where(which, yes, no)
    return lambda which, *cases: np.choose(which, cases)


def _conversion(taken: Any, made: Any, *, new_dtype: Any, **_: Any) -> Function:
    source, target = taken[0].dtype, np.dtype(new_dtype)
    if source.kind == "c" and target.kind != "c":
        return lambda x: x.real.astype(target)
    if taken[0].shape == () and {source, target} <= {np.dtype(np.float32), np.dtype(np.float64)}:
        return target.type
    return methodcaller("astype", target)


def _shift(kind: str) -> Row:
    def row(taken: Any, made: Any) -> Function:
        check(taken[0].dtype.kind == kind)
        return np.right_shift

    return row


def _other_reading(taken: Any, made: Any, *, new_dtype: Any) -> Function:
    check(taken[0].dtype.itemsize == np.dtype(new_dtype).itemsize)
    return methodcaller("view", new_dtype)


def _clamp(taken: Any, made: Any) -> Function:
    maximum, minimum = np.maximum, np.minimum
    return lambda low, x, high: minimum(maximum(x, low), high)


ELEMENTWISE: dict[str, Row] = {
    "abs": _always(np.abs),
    "neg": _always(np.negative),
    "sign": _always(np.sign),
    "exp": _wide(np.exp),
    "exp2": _wide(np.exp2),
    "expm1": _wide(np.expm1),
    "log": _wide(np.log),
    "log1p": _wide(np.log1p),
    "sin": _wide(np.sin),
    "cos": _wide(np.cos),
    "tan": _wide(np.tan),
    "tanh": _wide(np.tanh),
    "asin": _wide(np.arcsin),
    "acos": _wide(np.arccos),
    "atan": _wide(np.arctan),
    "sinh": _wide(np.sinh),
    "cosh": _wide(np.cosh),
    "asinh": _wide(np.arcsinh),
    "acosh": _wide(np.arccosh),
    "atanh": _wide(np.arctanh),
    "cbrt": _wide(np.cbrt),
    "sqrt": _always(np.sqrt),
    "rsqrt": _always(lambda x: 1 / np.sqrt(x)),
    "square": _always(np.square),
    "floor": _always(np.floor),
    "ceil": _always(np.ceil),
    "round": _rounding,
    "integer_pow": _integer_power,
    "is_finite": _always(np.isfinite),
    "not": _always(np.invert),
    "logistic": _logistic,
    "erf": error_function,
    "erfc": special("erfc"),
    "erf_inv": inverse_error_function,
    "lgamma": log_gamma,
    "digamma": special("psi"),
    "igamma": special("gammainc"),
    "igammac": special("gammaincc"),
    "zeta": zeta,
    "bessel_i0e": special("i0e"),
    "bessel_i1e": special("i1e"),
    "convert_element_type": _conversion,
    "add": _always(np.add),
    "add_any": _always(np.add),
    "sub": _always(np.subtract),
    "mul": _always(np.multiply),
    "div": _division,
    "rem": _remainder,
    "max": _always(np.maximum),
    "min": _always(np.minimum),
    "pow": _wide(np.power),
    "atan2": _wide(np.arctan2),
    "and": _always(np.bitwise_and),
    "or": _always(np.bitwise_or),
    "xor": _always(np.bitwise_xor),
    "shift_left": _always(np.left_shift),
    "shift_right_arithmetic": _shift("i"),
    "shift_right_logical": _shift("u"),
    "bitcast_convert_type": _other_reading,
    "nextafter": _always(np.nextafter),
    "eq": _always(np.equal),
    "ne": _always(np.not_equal),
    "lt": _always(np.less),
    "le": _always(np.less_equal),
    "gt": _always(np.greater),
    "ge": _always(np.greater_equal),
    "real": _always(np.real),
    "imag": _always(np.imag),
    "conj": _always(np.conj),
    "complex": _complex,
    "select_n": _selection,
    "clamp": _clamp,
}
"""Functions of each element: operands that NumPy would broadcast need not be."""


def _reshape(taken: Any, made: Any, *, dimensions: Any, **_: Any) -> Function:
    check(dimensions is None)
    return reshaped(made[0].shape)


def reshaped(shape: Sequence[int]) -> Function:
    """A function that shows an array in another shape."""
    return methodcaller("reshape", tuple(shape))


def _transpose(taken: Any, made: Any, *, permutation: Sequence[int]) -> Function:
    return methodcaller("transpose", tuple(permutation))


def _reverse(taken: Any, made: Any, *, dimensions: Sequence[int]) -> Function:
    return itemgetter(tuple(slice(None, None, -1 if k in dimensions else None) for k in range(taken[0].ndim)))


def _slice(taken: Any, made: Any, *, start_indices: Any, limit_indices: Any, strides: Any) -> Function:
    steps = strides or (1,) * len(start_indices)
    return itemgetter(tuple(itertools.starmap(slice, zip(start_indices, limit_indices, steps, strict=True))))


def _concatenation(taken: Any, made: Any, *, dimension: int) -> Function:
    concatenate = np.concatenate
    return lambda *xs: concatenate(xs, dimension)


def _split(taken: Any, made: Any, *, sizes: Sequence[int], axis: int) -> Function:
    ends = [*itertools.accumulate(sizes)]
    return _parts(axis, [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)])


def _stack(taken: Any, made: Any, *, axis: int) -> Function:
    shape = taken[0].shape
    concatenate, widen = np.concatenate, reshaped((*shape[:axis], 1, *shape[axis:]))
    return lambda *xs: concatenate([*map(widen, xs)], axis)


def _unstack(taken: Any, made: Any, *, axis: int) -> Function:
    return _parts(axis, range(taken[0].shape[axis]))


def _parts(axis: int, parts: Sequence[Any]) -> Function:
    where = [(*[slice(None)] * axis, part) for part in parts]
    return lambda x: [x[w] for w in where]


def _tile(taken: Any, made: Any, *, reps: Sequence[int]) -> Function:
    return lambda x: np.tile(x, reps)


def _product(taken: Any, made: Any, *, dimension_numbers: Any, **_: Any) -> Function:
    """A product with contracted and batch dimensions, as one matrix product for each batch."""
    (contracted_x, contracted_y), (batch_x, batch_y) = dimension_numbers
    x, y = taken
    dtype = made[0].dtype
    is_plain = x.ndim == y.ndim == 2 and len(contracted_x) == 1 and not batch_x
    if is_plain and x.dtype == y.dtype == dtype and dtype.itemsize > 2:
        return _PLAIN[contracted_x[0], contracted_y[0]]
    free_x = [k for k in range(x.ndim) if k not in contracted_x and k not in batch_x]
    free_y = [k for k in range(y.ndim) if k not in contracted_y and k not in batch_y]
    batch = [x.shape[k] for k in batch_x]
    inner = int(np.prod([x.shape[k] for k in contracted_x]))
    rows, columns = [x.shape[k] for k in free_x], [y.shape[k] for k in free_y]
    left = _moved([*batch_x, *free_x, *contracted_x], (*batch, int(np.prod(rows)), inner), x)
    right = _moved([*batch_y, *contracted_y, *free_y], (*batch, inner, int(np.prod(columns))), y)
    shape, matmul = made[0].shape, np.matmul
    each = inner * int(np.prod(rows + columns))
    if batch and dtype.kind == "f" and 0 < each < _SMALL and each * int(np.prod(batch)) <= _QUICK:
        matmul = _summed_in_turn
    if x.dtype == y.dtype == dtype and dtype.itemsize > 2:
        return lambda x, y: matmul(left(x), right(y)).reshape(shape)
    wide = np.float32 if x.dtype.itemsize == 2 else dtype  # 16-bit products are summed in 32 bits
    return lambda x, y: matmul(left(x).astype(wide), right(y).astype(wide)).reshape(shape).astype(dtype)


_SMALL = 400
"""Below so many products for each batch PyTorch multiplies with plain loops; above it calls BLAS, as NumPy does."""
_QUICK = 2**14
"""Products that cost no more than a few operators do where each is an element of an array."""


def _summed_in_turn(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The matrix product, each product rounded before it is added to those before it."""
    columns, rows = np.moveaxis(left, -1, 0)[..., None], np.moveaxis(right, -2, 0)[..., None, :]
    products = np.multiply(columns, rows, order="C")
    if products.size == len(products):
        return np.add.accumulate(products, 0)[-1]  # NumPy sums a single row in another order
    return np.add.reduce(products, 0)


def _moved(axes: list[int], shape: tuple[int, ...], x: Any) -> Function:
    if axes == [*range(x.ndim)]:
        return reshaped(shape)
    return lambda x: x.transpose(axes).reshape(shape)


_PLAIN: dict[tuple[int, int], Function] = {
    (1, 0): np.matmul,
    (1, 1): lambda x, y: x @ y.T,
    (0, 0): lambda x, y: x.T @ y,
    (0, 1): lambda x, y: x.T @ y.T,
}
"""Products of two matrices, by the axes that are summed over."""

ROWS: dict[str, Row] = {
    "reduce_sum": _reduction(np.add),
    "reduce_precision": _shortening,
    "reduce_max": _reduction(np.maximum),
    "reduce_min": _reduction(np.minimum),
    "reduce_prod": _reduction(np.multiply),
    "reduce_and": _reduction(np.bitwise_and),
    "reduce_or": _reduction(np.bitwise_or),
    "argmax": _position("argmax"),
    "argmin": _position("argmin"),
    "cumsum": _running(np.add),
    "cumprod": _running(np.multiply),
    "cummax": _running(np.maximum),
    "cummin": _running(np.minimum),
    "reshape": _reshape,
    "squeeze": lambda taken, made, **_: reshaped(made[0].shape),
    "transpose": _transpose,
    "rev": _reverse,
    "slice": _slice,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice,
    "concatenate": _concatenation,
    "split": _split,
    "pad": padding,
    "conv_general_dilated": convolution,
    "fft": transform,
    "empty2": lambda taken, made, **_: lambda: np.empty(made[0].shape, made[0].dtype),
    "dot_general": _product,
    "gather": gather,
    "scatter": scatter(setitem),
    "scatter-add": scatter(add_at),
    "scatter-mul": scatter(np.multiply.at),
    "scatter-max": scatter(np.maximum.at),
    "scatter-min": scatter(np.minimum.at),
    "sort": sort,
    "stack": _stack,
    "unstack": _unstack,
    "tile": _tile,
    "cholesky": cholesky,
    "qr": qr,
    "eigh": eigh,
    "svd": svd,
    "lu": lu,
    "lu_pivots_to_permutation": lu_pivots_to_permutation,
    "triangular_solve": triangular_solve,
    "platform_index": lambda taken, made, platforms: lambda: np.int32(place_of_cpu(platforms)),
}
"""All others."""

LISTS = frozenset({"sort", "split", "unstack", "scan", "qr", "eigh", "svd", "lu"})
"""Primitives whose functions make a list."""
