"""Comparison and logic: results are booleans, or bits, and carry no gradient."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.promotion import cast, common, refuse
from funcgrad.torch._ops.rows import Row, binary, of_tensors, require_tensor, some_tensor, tensor_first, unary
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op, array_of

COMPARE = {
    "eq": Op("eq", common(jnp.equal)),
    "ne": Op("ne", common(jnp.not_equal)),
} | {
    name: Op(name, common(refuse(f"{name}_cpu", "c", function)))
    for name, function in {
        "lt": jnp.less,
        "le": jnp.less_equal,
        "gt": jnp.greater,
        "ge": jnp.greater_equal,
    }.items()
}
LONG_NAMES = {
    "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
}  # fmt: skip


def _logical(function: Any) -> Any:
    return lambda *xs: function(*(cast(x, np.dtype(np.bool_)) for x in xs))


LOGICAL = {
    name: Op(name, _logical(function))
    for name, function in {
        "logical_and": jnp.logical_and,
        "logical_or": jnp.logical_or,
        "logical_xor": jnp.logical_xor,
    }.items()
}
BITWISE = {
    name: Op(name, common(refuse(f"{name}_cpu", "fc", function)))
    for name, function in {
        "bitwise_and": jnp.bitwise_and,
        "bitwise_or": jnp.bitwise_or,
        "bitwise_xor": jnp.bitwise_xor,
    }.items()
}
SHIFTS = {
    "bitwise_left_shift": Op("bitwise_left_shift", common(refuse("lshift_cpu", "bfc", jnp.left_shift))),
    "bitwise_right_shift": Op("bitwise_right_shift", common(refuse("rshift_cpu", "bfc", jnp.right_shift))),
}
BITWISE_NOT = Op("bitwise_not", refuse("bitwise_not_cpu", "fc", jnp.bitwise_not))
LOGICAL_NOT = Op("logical_not", _logical(jnp.logical_not))
PREDICATES = {
    "isnan": jnp.isnan,
    "isinf": jnp.isinf,
    "isfinite": jnp.isfinite,
    "isposinf": jnp.isposinf,
    "isneginf": jnp.isneginf,
}


def _isclose(x: Any, y: Any, rtol: Any, atol: Any, *, equal_nan: bool) -> Any:
    near = jnp.abs(x - y) <= atol.value + jnp.abs(rtol.value * y)
    near = (x == y) | (near & jnp.isfinite(x) & jnp.isfinite(y))
    return near | (jnp.isnan(x) & jnp.isnan(y)) if equal_nan else near


ISCLOSE = Op("isclose", _isclose)
ISIN = Op("isin", lambda x, among, *, invert: jnp.isin(_plain(x), _plain(among), invert=invert))


def _plain(x: Any) -> Any:
    return getattr(x, "value", x)


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where `|input - other| <= atol + rtol * |other|`."""
    _require_both("isclose", input, other)
    for name, bound in (("rtol", rtol), ("atol", atol)):
        if bound < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {bound:g}")
    if input._aval.dtype != other._aval.dtype:
        raise RuntimeError(f"{input.dtype.scalar} did not match {other.dtype.scalar}")
    return apply(ISCLOSE, (equal_nan,), input, other, float(rtol), float(atol))


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds everywhere."""
    _require_both("allclose", input, other)
    return bool(_host(isclose(input, other, rtol, atol, equal_nan)).all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether shapes and values are equal."""
    _require_both("equal", input, other)
    return input._aval.shape == other._aval.shape and bool((_host(input) == _host(other)).all())


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Where an element is among others."""
    return apply(ISIN, (invert,), elements, test_elements)


def _require_both(name: str, input: Any, other: Any) -> None:
    require_tensor(input, name)
    require_tensor(other, name, "other", 2)


def _host(x: Tensor) -> np.ndarray:
    return np.asarray(array_of(value_of(x), "compare"))


ROWS = (
    *(binary(name, op, require=tensor_first) for name, op in COMPARE.items()),
    *(binary(name, COMPARE[short], require=tensor_first) for name, short in LONG_NAMES.items()),
    *(of_tensors(name, op, inplace=True) for name, op in LOGICAL.items()),
    *(binary(name, op, require=some_tensor) for name, op in BITWISE.items()),
    *(binary(name, op, require=some_tensor) for name, op in SHIFTS.items()),
    unary("logical_not", LOGICAL_NOT),
    unary("bitwise_not", BITWISE_NOT),
    *(unary(name, Op(name, function), inplace=False) for name, function in PREDICATES.items()),
    Row("isclose", isclose),
    Row("allclose", allclose),
    Row("equal", equal),
    Row("isin", isin, method=False),
)
