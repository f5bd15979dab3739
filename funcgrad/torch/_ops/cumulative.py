"""Running totals along a dimension, and differences of neighbours."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.promotion import cast, computing, floating, once
from funcgrad.torch._ops.results import VALUES_AND_INDICES
from funcgrad.torch._ops.rows import Row, named, with_out
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import as_dtype
from funcgrad.trace import Equation, Number, Op


def _running(function: Any) -> Any:
    def total(x: Any, *, dim: int, dtype: Any) -> Any:
        if dtype is None:
            dtype = x.dtype if jnp.issubdtype(x.dtype, np.inexact) else np.dtype(np.int64)
        x = x.astype(dtype)
        return function(x.astype(computing(dtype)), dim).astype(dtype) if x.ndim else x

    return total


def _running_log(x: Any, *, dim: int, dtype: Any) -> Any:
    x = x.astype(floating(x.dtype))
    return jax.lax.cumlogsumexp(x, dim) if x.ndim else x


CUMSUM = Op("cumsum", _running(jnp.cumsum), saves={0: ()})
CUMPROD = Op("cumprod", _running(jnp.cumprod))
LOGCUMSUMEXP = Op("logcumsumexp", once(_running_log))


def _total_row(op: Op, summary: str, *, inplace: bool = True) -> Row:
    def call(input: Tensor, dim: Any = None, *, dtype: Any = None, **other: Any) -> Tensor:
        if other:
            return with_out(call, other, input, **({} if dim is None else {"dim": dim}), dtype=dtype)
        if dim is None:
            raise TypeError(f'{op.name}() missing 1 required positional arguments: "dim"')
        wanted = None if dtype is None else as_dtype(dtype).numpy
        return apply(op, (dim_of(dim, len(input._aval.shape)), wanted), input)

    call.__doc__ = summary
    return Row(op.name, named(call, op.name), inplace=inplace)


def _extreme_so_far(running: Any) -> Any:
    """Values, and the position of each: the latest of equal ones."""

    def function(x: Any, *, dim: int) -> tuple[Any, Any]:
        if x.ndim == 0:
            return x, jnp.zeros((), np.int64)
        fixed = jax.lax.stop_gradient(x)
        place = jax.lax.broadcasted_iota(np.int64, x.shape, dim)
        at = jax.lax.cummax(jnp.where(fixed == running(fixed, dim), place, 0), dim)
        return jnp.take_along_axis(x, at, dim), at

    return function


CUMMAX = Op("cummax", _extreme_so_far(jax.lax.cummax))
CUMMIN = Op("cummin", _extreme_so_far(jax.lax.cummin))


def _extreme_row(op: Op) -> Row:
    def call(input: Tensor, dim: int) -> Any:
        return VALUES_AND_INDICES[op.name](apply(op, (dim_of(dim, input.ndim),), input))

    call.__doc__ = f"The {op.name[3:]}imum so far along a dimension, and its position."
    return Row(op.name, named(call, op.name))


def _difference(*parts: Any, dim: int, n: int) -> Any:
    x = parts[0] if len(parts) == 1 else jnp.concatenate(parts, dim)
    return jnp.diff(x, n, dim)


DIFF = Op("diff", _difference, saves=dict.fromkeys(range(3), ()), label="Sub")


def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Differences of neighbours along a dimension, `n` times."""
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    parts = [x for x in (prepend, input, append) if x is not None]
    return apply(DIFF, (dim_of(dim, input.ndim), n), *parts)


def _last(x: Any, dim: int) -> Any:
    return x if x.ndim == 1 else jnp.moveaxis(x, dim, -1)


def _areas(y: Any, x: Any, dim: int) -> Any:
    """The areas between neighbours, along the last dimension."""
    y = jnp.moveaxis(y, dim, -1)
    spacing = cast(x, y.dtype) if isinstance(x, Number) else jnp.diff(_last(x, dim))
    return (y[..., 1:] + y[..., :-1]) * spacing / 2


def _trapezoid(y: Any, x: Any, *, dim: int) -> Any:
    return jnp.sum(_areas(y, x, dim), -1)


def _running_trapezoid(y: Any, x: Any, *, dim: int) -> Any:
    return jnp.moveaxis(jnp.cumsum(_areas(y, x, dim), -1), -1, dim)


def _trapezoid_label(equation: Equation) -> str:
    return "MulBackward1" if equation.avals[1] is None else "DivBackward1"


TRAPEZOID = Op("trapezoid", _trapezoid, label=_trapezoid_label)


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1.0, dim: int = -1) -> Tensor:
    """The area under `y` by the trapezoidal rule, at places `x` or at steps of `dx`."""
    return apply(TRAPEZOID, (dim_of(dim, y.ndim),), y, float(dx) if x is None else x)


RUNNING_TRAPEZOID = Op(
    "cumulative_trapezoid", _running_trapezoid, label=lambda equation: "DivBackward1" if equation.avals[1] else "Cumsum"
)


def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1.0, dim: int = -1) -> Tensor:
    """The area under `y` so far by the trapezoidal rule."""
    return apply(RUNNING_TRAPEZOID, (dim_of(dim, y.ndim),), y, float(dx) if x is None else x)


ROWS = (
    _total_row(CUMSUM, "Sum of the elements so far; of integers an int64."),
    _total_row(CUMPROD, "Product of the elements so far; of integers an int64."),
    _total_row(LOGCUMSUMEXP, "Logarithm of the sum of the exponentials so far.", inplace=False),
    _extreme_row(CUMMAX),
    _extreme_row(CUMMIN),
    Row("diff", diff),
    Row("trapezoid", trapezoid, method=False),
    Row("trapz", trapezoid, method=False),
    Row("cumulative_trapezoid", cumulative_trapezoid, method=False),
)
