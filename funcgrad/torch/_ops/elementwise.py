"""Elementwise operators: arithmetic, comparison, rounding, and the functions of one number.

Gradients at ties and kinks follow PyTorch: zero at 0 for abs and relu, shared halves for equal maxima, one at the
bounds of a clamp.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.promotion import cast, common, result_type, scalar_name, to_float
from funcgrad.torch._ops.rows import Row, binary, unary
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import as_dtype
from funcgrad.trace import Number, Op

NEITHER: Any = {0: (), 1: ()}
EACH_OTHER: Any = {0: (1,), 1: (0,)}
NONE: Any = {0: ()}


def _scaled(function: Any) -> Any:
    def scaled(x: Any, y: Any, alpha: Any) -> Any:
        dtype = result_type((x, y))
        if alpha.kind is float and not jnp.issubdtype(dtype, np.inexact):
            raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
        return function(x, cast(y, dtype) * cast(alpha, dtype))

    return scaled


_add, _sub = common(jnp.add), common(jnp.subtract)
ADD = Op("add", _add, saves=NEITHER)
SUB = Op("sub", _sub, saves=NEITHER)
ADD_SCALED = Op("add_scaled", _scaled(_add), saves=NEITHER, label="Add")
SUB_SCALED = Op("sub_scaled", _scaled(_sub), saves=NEITHER, label="Sub")
MUL = Op("mul", common(jnp.multiply), saves=EACH_OTHER)
DIV = Op("div", to_float(jnp.true_divide), saves={0: (1,), 1: (0, 1)})


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Sum, `input + alpha * other`."""
    return apply(ADD, (), input, other) if alpha == 1 else apply(ADD_SCALED, (), input, other, alpha)


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Difference, `input - alpha * other`."""
    return apply(SUB, (), input, other) if alpha == 1 else apply(SUB_SCALED, (), input, other, alpha)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Difference the other way round, `other - alpha * input`."""
    return sub(other, input, alpha=alpha)


def _floor_divide(x: Any, y: Any) -> Any:
    return jnp.floor_divide(x, y)


FLOOR_DIVIDE = Op("floor_divide", common(_floor_divide))
TRUNC_DIVIDE = Op("trunc_divide", common(lambda x, y: jax.lax.div(x, y) if _is_int(x) else jnp.trunc(x / y)), label="Div")


def _is_int(x: Any) -> bool:
    return jnp.issubdtype(x.dtype, np.integer)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Quotient; `rounding_mode` "trunc" or "floor" rounds it.

    Raises:
        RuntimeError: Another rounding mode.
    """
    if rounding_mode not in (None, "trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    op = {None: DIV, "trunc": TRUNC_DIVIDE, "floor": FLOOR_DIVIDE}[rounding_mode]
    return apply(op, (), input, other)


# Powers. PyTorch's exponent 2 is a product and exponent 0.5 a root; those exponents are structure, others are data.


def _power(x: Any, y: Any) -> Any:
    dtype = result_type((x, y))
    if jnp.issubdtype(dtype, np.integer) and isinstance(y, Number) and y.kind is int:
        return jnp.power(cast(x, dtype), y.value)
    return jnp.power(cast(x, dtype), cast(y, dtype))


def _constant_power(x: Any, *, exponent: float) -> Any:
    if exponent == 0.5:
        return jnp.sqrt(x)
    return jnp.ones_like(x) if exponent == 0 else jax.lax.integer_pow(x, int(exponent))


POW = Op("pow", _power, label="Pow")
POW_CONSTANT = Op("pow_constant", _constant_power, label="Pow")


def pow(input: Any, exponent: Any) -> Tensor:
    """Power, `input ** exponent`.

    Raises:
        RuntimeError: Integers to a negative integer power.
    """
    if isinstance(input, Tensor) and type(exponent) in (int, float):
        floating = input.dtype.is_floating_point
        if not floating and type(exponent) is int and exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        if floating and exponent in (0, 0.5, 1, 2, 3):
            return apply(POW_CONSTANT, (float(exponent),), input)
    return apply(POW, (), input, exponent)


# Comparisons. Results are booleans and carry no gradient.

COMPARISONS = {
    "eq": jnp.equal,
    "ne": jnp.not_equal,
    "lt": jnp.less,
    "le": jnp.less_equal,
    "gt": jnp.greater,
    "ge": jnp.greater_equal,
}


# Functions of one number; where the result gives the gradient it is what is saved.

FROM_RESULT = {
    "exp": (jnp.exp, lambda y, g: g * y),
    "sqrt": (jnp.sqrt, lambda y, g: g / (2 * y)),
    "rsqrt": (jax.lax.rsqrt, lambda y, g: -0.5 * g * y * y * y),
    "reciprocal": (jnp.reciprocal, lambda y, g: -g * y * y),
    "tanh": (jnp.tanh, lambda y, g: g * (1 - y * y)),
    "sigmoid": (jax.nn.sigmoid, lambda y, g: g * (1 - y) * y),
    "relu": (lambda x: jnp.maximum(x, 0), lambda y, g: jnp.where(y > 0, g, 0)),
}
OF_INPUT = {
    "log": jnp.log,
    "log1p": jnp.log1p,
    "log2": jnp.log2,
    "log10": jnp.log10,
    "expm1": jnp.expm1,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
}
KEEPS_DTYPE = {
    "neg": jnp.negative,
    "abs": jnp.abs,
    "sign": jnp.sign,
    "square": jnp.square,
    "floor": jnp.floor,
    "ceil": jnp.ceil,
    "trunc": jnp.trunc,
    "round": jnp.round,
}
PREDICATES = {"isnan": jnp.isnan, "isinf": jnp.isinf, "isfinite": jnp.isfinite, "logical_not": jnp.logical_not}

UNARY: dict[str, Op] = {
    **{n: Op(n, to_float(f) if n != "relu" else f, from_result=r) for n, (f, r) in FROM_RESULT.items()},
    **{name: Op(name, to_float(f)) for name, f in OF_INPUT.items()},
    **{name: Op(name, f, saves="all" if name in ("abs", "square") else NONE) for name, f in KEEPS_DTYPE.items()},
}
NEG = UNARY["neg"]
MAXIMUM = Op("maximum", common(jnp.maximum))
MINIMUM = Op("minimum", common(jnp.minimum))


# Clamp, and choice.


@jax.custom_jvp
def _clamp(x: Any, low: Any, high: Any) -> Any:
    return jnp.minimum(jnp.maximum(x, low), high)


@_clamp.defjvp
def _clamp_jvp(primals: Any, tangents: Any) -> Any:
    x, low, high = primals
    inside = (x >= low) & (x <= high)
    at = jnp.where(inside, tangents[0], jnp.where(x < low, tangents[1], tangents[2]))
    return _clamp(x, low, high), at


def _clamp_between(x: Any, low: Any, high: Any) -> Any:
    dtype = result_type((x, low, high))
    x, low, high = (cast(a, dtype) for a in (x, low, high))
    shape = jnp.broadcast_shapes(x.shape, low.shape, high.shape)
    return _clamp(*(jnp.broadcast_to(a, shape) for a in (x, low, high)))


def _clamp_below(x: Any, low: Any) -> Any:
    high = jnp.array(_highest(result_type((x, low))))
    return _clamp_between(x, low, high)


def _clamp_above(x: Any, high: Any) -> Any:
    low = jnp.array(_lowest(result_type((x, high))))
    return _clamp_between(x, low, high)


def _highest(dtype: Any) -> Any:
    return np.array(np.inf if jnp.issubdtype(dtype, np.floating) else jnp.iinfo(dtype).max, dtype)


def _lowest(dtype: Any) -> Any:
    return np.array(-np.inf if jnp.issubdtype(dtype, np.floating) else jnp.iinfo(dtype).min, dtype)


CLAMP = Op("clamp", _clamp_between)
CLAMP_MIN = Op("clamp_min", _clamp_below, label="ClampBackward1")
CLAMP_MAX = Op("clamp_max", _clamp_above, label="ClampBackward1")


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Values limited to `[min, max]`.

    Raises:
        RuntimeError: Neither bound is given.
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if max is None:
        return apply(CLAMP_MIN, (), input, min)
    return apply(CLAMP_MAX, (), input, max) if min is None else apply(CLAMP, (), input, min, max)


def _where(condition: Any, x: Any, y: Any) -> Any:
    dtype = result_type((x, y))
    return jnp.where(condition, cast(x, dtype), cast(y, dtype))


WHERE = Op("where", _where, saves={1: (0,), 2: (0,)})


def where(condition: Tensor, input: Any, other: Any) -> Tensor:
    """`input` where the condition holds, `other` elsewhere."""
    return apply(WHERE, (), condition, input, other)


# Dtypes and copies.


def _cast(x: Any, *, dtype: np.dtype[Any]) -> Any:
    return jax.lax.convert_element_type(x, dtype)


CAST = Op("cast", _cast, saves=NONE, label="ToCopy")
CLONE = Op("clone", lambda x: x, saves=NONE)
COPY = Op("copy", lambda x: x, saves=NONE, label="CopyBackwards")


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy with its own storage; gradients flow back to the original."""
    return apply(CLONE, (), input)


def to_dtype(x: Tensor, dtype: Any) -> Tensor:
    """The tensor in another dtype; the same object if it has it already."""
    wanted = as_dtype(dtype).numpy
    return x if x._aval.dtype == wanted else apply(CAST, (wanted,), x)


def _logical(function: Any) -> Any:
    return lambda x, y: function(*(cast(a, np.dtype(np.bool_)) for a in (x, y)))


def _bitwise(name: str, function: Any) -> Any:
    def checked(x: Any, y: Any) -> Any:
        if jnp.issubdtype(x.dtype, np.inexact):
            raise NotImplementedError(f'"{name}_cpu" not implemented for \'{scalar_name(x.dtype)}\'')
        return function(x, y)

    return common(checked)


NOT = Op("bitwise_not", jnp.bitwise_not)
COMPARE = {name: Op(name, common(f)) for name, f in COMPARISONS.items()}
BINARY = {
    "floor_divide": FLOOR_DIVIDE,
    "remainder": Op("remainder", common(jnp.remainder), saves={0: (), 1: (0, 1)}),
    "fmod": Op("fmod", common(jnp.fmod), saves={0: (), 1: (0, 1)}),
    "atan2": Op("atan2", to_float(jnp.arctan2)),
    "logical_and": Op("logical_and", _logical(jnp.logical_and)),
    "logical_or": Op("logical_or", _logical(jnp.logical_or)),
    "logical_xor": Op("logical_xor", _logical(jnp.logical_xor)),
    "bitwise_and": Op("bitwise_and", _bitwise("bitwise_and", jnp.bitwise_and)),
    "bitwise_or": Op("bitwise_or", _bitwise("bitwise_or", jnp.bitwise_or)),
    "bitwise_xor": Op("bitwise_xor", _bitwise("bitwise_xor", jnp.bitwise_xor)),
    **COMPARE,
}

ROWS = (
    Row("add", add, inplace=True),
    Row("sub", sub, inplace=True),
    Row("subtract", sub, inplace=True),
    Row("rsub", rsub, method=False),
    binary("mul", MUL),
    binary("multiply", MUL),
    Row("div", div, inplace=True),
    Row("divide", div, inplace=True),
    binary("true_divide", DIV),
    binary("maximum", MAXIMUM, inplace=False),
    binary("minimum", MINIMUM, inplace=False),
    *(binary(name, op) for name, op in BINARY.items()),
    Row("pow", pow, inplace=True),
    Row("clamp", clamp, inplace=True),
    Row("clip", clamp, inplace=True),
    Row("where", where, method=False),
    Row("clone", clone),
    unary("bitwise_not", NOT),
    *(unary(name, op) for name, op in UNARY.items()),
    *(unary(name, Op(name, f), inplace=False) for name, f in PREDICATES.items()),
)
