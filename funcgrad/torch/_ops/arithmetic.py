"""Arithmetic of two operands: sums, products, quotients, powers, and smooth functions of two numbers.

Operands broadcast, and meet in the dtype that `promotion.py` gives.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.optim._numeric import is_left_over
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._in_place import assign
from funcgrad.torch._ops.labels import NOT_DIFFERENTIABLE, by_operand
from funcgrad.torch._ops.of_old import called_as_of_old
from funcgrad.torch._ops.promotion import (
    HALVES,
    cast,
    common,
    floating,
    no_derivative,
    once,
    refuse,
    result_type,
    scalar_name,
    to_float,
)
from funcgrad.torch._ops.rows import Row, binary, named, of_tensors, some_tensor, tensor_first
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Number, Op, array_of

NEITHER: Any = {0: (), 1: ()}
EACH_OTHER: Any = {0: (1,), 1: (0,)}


def _is_int(x: Any) -> bool:
    return jnp.issubdtype(x.dtype, np.integer)


def _add(x: Any, y: Any) -> Any:
    return x | y if x.dtype == np.bool_ else x + y


def _sub(x: Any, y: Any) -> Any:
    _refuse_bool(x, y)
    return common(jnp.subtract)(x, y)


def _refuse_bool(x: Any, y: Any) -> None:
    is_bool = [_kind_of(x) == "b", _kind_of(y) == "b"]
    if all(is_bool):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any(is_bool):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )


def _kind_of(x: Any) -> str:
    return np.dtype(x.kind if isinstance(x, Number) else x.dtype).kind


def _sum_scaled(x: Any, y: Any, alpha: Any) -> Any:
    dtype = _checked_scale(x, y, alpha)
    if dtype in HALVES:
        return _sum_of_halves(x, y, cast(alpha, dtype), dtype)
    return common(_add)(x, cast(y, dtype) * cast(alpha, dtype))


def _difference_scaled(x: Any, y: Any, alpha: Any) -> Any:
    _refuse_bool(x, y)
    dtype = _checked_scale(x, y, alpha)
    if dtype in HALVES:
        return _sum_of_halves(x, y, -cast(alpha, dtype), dtype)
    return common(jnp.subtract)(x, cast(y, dtype) * cast(alpha, dtype))


def _sum_of_halves(x: Any, y: Any, alpha: Any, dtype: np.dtype[Any]) -> Any:
    """`x + alpha * y` in float32 but for elements that PyTorch adds one by one: of each row where one is repeated."""
    single = np.dtype(np.float32)
    x, y, alpha = (cast(cast(z, dtype), single) for z in (x, y, alpha))
    product = alpha * y
    total = np.broadcast_shapes(x.shape, y.shape)
    one_by_one = is_left_over(total if x.shape == y.shape else total[-1:])
    return (x + jnp.where(one_by_one, cast(cast(product, dtype), single), product)).astype(dtype)


def _checked_scale(x: Any, y: Any, alpha: Any) -> np.dtype[Any]:
    """The dtype of the result, which a factor must fit."""
    dtype, kind = result_type((x, y)), _kind_of(alpha)
    if kind == "b" and dtype != np.bool_:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if kind in "fcV" and not jnp.issubdtype(dtype, np.inexact):
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if kind == "c" and dtype.kind != "c":
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    return dtype


def _by_numbers(function: Any, promoted: Any) -> Any:
    """The function of promoted operands; where 16-bit floats meet a number, the result is rounded, not the number."""

    def scaled(x: Any, y: Any) -> Any:
        dtype = result_type((x, y))
        is_number = isinstance(x, Number) or isinstance(y, Number) or y.ndim == 0 < x.ndim
        if not (is_number and dtype in HALVES):
            return promoted(function)(x, y)
        single = np.dtype(np.float32)
        return function(cast(x, single), cast(y, single)).astype(dtype)

    return scaled


ADD = Op("add", common(_add), saves=NEITHER)
SUB = Op("sub", _sub, saves=NEITHER)
ADD_SCALED = Op("add_scaled", _sum_scaled, saves=NEITHER, label="Add")
SUB_SCALED = Op("sub_scaled", _difference_scaled, saves=NEITHER, label="Sub")
RSUB = Op("rsub", lambda x, y: _sub(y, x), saves=NEITHER, label=by_operand("Rsub", 1, tensor=0, number=1))
MUL = Op("mul", _by_numbers(jnp.multiply, common), saves=EACH_OTHER)
DIV = Op("div", _by_numbers(jnp.true_divide, to_float), saves={0: (1,), 1: (0, 1)})
RDIV = Op("rdiv", lambda x, y: _by_numbers(jnp.multiply, common)(to_float(jnp.reciprocal)(x), y), label="Mul")
RSUB_SCALED = Op(
    "rsub_scaled",
    lambda x, y, alpha: _difference_scaled(y, x, alpha),
    saves=NEITHER,
    label=by_operand("Rsub", 1, tensor=0, number=1),
)


def add(input: Any, other: Any, *of_old: Any, alpha: Any = 1) -> Tensor:
    """Sum, `input + alpha * other`."""
    if of_old:
        return called_as_of_old(add, ("other",), ("alpha",), input, other, *of_old)
    return (
        apply(ADD, (), input, other) if _is_one(alpha) else apply(ADD_SCALED, (), input, other, _factor("add", alpha))
    )


def sub(input: Any, other: Any, *of_old: Any, alpha: Any = 1) -> Tensor:
    """Difference, `input - alpha * other`."""
    if of_old:
        return called_as_of_old(sub, ("other",), ("alpha",), input, other, *of_old)
    return (
        apply(SUB, (), input, other) if _is_one(alpha) else apply(SUB_SCALED, (), input, other, _factor("sub", alpha))
    )


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Difference the other way round, `other - alpha * input`."""
    tensor_first("rsub", input, other)
    return apply(RSUB_SCALED, (), input, other, _factor("rsub", alpha))


def _is_one(alpha: Any) -> bool:
    return not isinstance(alpha, Tensor) and alpha == 1 and alpha is not True


def _factor(name: str, alpha: Any) -> Any:
    """A factor that PyTorch takes as a number, which a tensor without dimensions and gradient may stand for."""
    if isinstance(alpha, Tensor) and (alpha.ndim or alpha.requires_grad):
        raise TypeError(f"{name}(): argument 'alpha' must be Number, not Tensor")
    return alpha


# Rounded quotients and their remainders are steps: the quotients have gradient 0.


def _floor_divide(x: Any, y: Any) -> Any:
    return jax.lax.stop_gradient(jnp.floor_divide(x, y))


def _trunc_divide(x: Any, y: Any) -> Any:
    return jax.lax.div(x, y) if _is_int(x) else jnp.trunc(jax.lax.stop_gradient(x / y))


@jax.custom_jvp
def _remainder(x: Any, y: Any) -> Any:
    return jnp.remainder(x, y)


@_remainder.defjvp
def _remainder_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    return _remainder(x, y), tangents[0] - tangents[1] * jnp.floor(x / y)


@jax.custom_jvp
def _fmod(x: Any, y: Any) -> Any:
    return jnp.fmod(x, y)


@_fmod.defjvp
def _fmod_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    return _fmod(x, y), tangents[0] - tangents[1] * jnp.trunc(x / y)


FLOOR_DIVIDE = Op(
    "floor_divide",
    common(refuse("div_floor_cpu", "bc", no_derivative("floor_divide", jnp.floor_divide))),
    saves=NEITHER,
    label=NOT_DIFFERENTIABLE,
)
FLOORED = Op("div_floor", common(_floor_divide), saves=NEITHER, label="DivBackward2")
TRUNCATED = Op("div_trunc", common(_trunc_divide), saves=NEITHER, label="DivBackward2")
REMAINDER = Op(
    "remainder",
    common(refuse("remainder_cpu", "bc", _remainder)),
    saves={0: (), 1: (0, 1)},
    label=by_operand("Remainder", 1, tensor=1, number=0),
)
FMOD = Op(
    "fmod",
    common(refuse("fmod_cpu", "bc", _fmod)),
    saves={0: (), 1: (0, 1)},
    label=by_operand("Fmod", 1, tensor=1, number=0),
)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Quotient; `rounding_mode` "trunc" or "floor" rounds it.

    Raises:
        RuntimeError: Another rounding mode; integers divided by zero.
    """
    if rounding_mode is None:
        return apply(DIV, (), input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return _by_nonzero(apply(TRUNCATED if rounding_mode == "trunc" else FLOORED, (), input, other), other)


def _by_nonzero(result: Tensor, divisor: Any) -> Tensor:
    """A result of dividing by what has no zero, where it is of integers; a divisor that is a tensor is looked at.

    Raises:
        RuntimeError: Integers are divided by a zero.
    """
    if result._aval.dtype.kind in "iu" and 0 not in result._aval.shape:
        array = array_of(value_of(divisor), "divisor") if isinstance(divisor, Tensor) else divisor
        if not np.all(np.asarray(array)):
            raise RuntimeError("ZeroDivisionError")
    return result


def _looking(op: Op, name: str, require: Any = None) -> Any:
    def call(input: Any, other: Any) -> Tensor:
        if require is not None:
            require(name, input, other)
        return _by_nonzero(apply(op, (), input, other), other)

    return named(call, name)


floor_divide = _looking(FLOOR_DIVIDE, "floor_divide")
remainder, fmod = _looking(REMAINDER, "remainder", some_tensor), _looking(FMOD, "fmod", tensor_first)


# Powers. PyTorch's exponent 2 is a product and exponent 0.5 a root; those exponents are structure, others are data.


def _power(x: Any, y: Any) -> Any:
    dtype = result_type((x, y))
    if dtype == np.bool_ and isinstance(y, Number):
        return jnp.where(y.value != 0, cast(x, dtype), True)
    if dtype == np.bool_:
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    if jnp.issubdtype(dtype, np.integer) and isinstance(y, Number) and y.kind is int:
        return jnp.power(cast(x, dtype), y.value).astype(dtype)
    power = _integer_power if jnp.issubdtype(dtype, np.integer) else _real_power
    return power(*jnp.broadcast_arrays(cast(x, dtype), cast(y, dtype)))


def _integer_power(x: Any, y: Any) -> Any:
    """A power that is rounded to zero where the exponent is negative."""
    reciprocal = jnp.where(abs(x) == 1, jnp.where(y % 2 == 0, x * x, x), 0)
    return jnp.where(y < 0, reciprocal, jnp.power(x, jnp.maximum(y, 0)))


@jax.custom_jvp
def _real_power(x: Any, y: Any) -> Any:
    return jnp.power(x, y)


@_real_power.defjvp
def _real_power_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    result = _real_power(x, y)
    slope = jnp.where(y == 0, 0, y * _real_power(x, jnp.where(y == 0, 1, y - 1)))
    growth = jnp.where((x == 0) & (y >= 0), 0, result * jnp.log(jnp.where((x == 0) & (y >= 0), 1, x)))
    return result, tangents[0] * slope + tangents[1] * growth


def _constant_power(x: Any, *, exponent: float) -> Any:
    if exponent == 0.5:
        return jnp.sqrt(x)
    return jnp.ones_like(x) if exponent == 0 else jax.lax.integer_pow(x, int(exponent))


def _power_label(equation: Equation) -> str:
    base, exponent = equation.avals
    return "PowBackward0" if exponent is None else "PowBackward2" if base is None else "PowBackward1"


POW = Op("pow", _power, label=_power_label)
POW_CONSTANT = Op("pow_constant", _constant_power, label="Pow")


def pow(input: Any, exponent: Any) -> Tensor:
    """Power, `input ** exponent`.

    Raises:
        RuntimeError: Integers to a negative integer power.
    """
    if type(exponent) in (int, float) and isinstance(input, Tensor):
        kind = input._aval.dtype.kind
        if kind in "iu" and type(exponent) is int and exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        if exponent in (0, 0.5, 1, 2, 3) and kind not in "iub":
            return apply(POW_CONSTANT, (float(exponent),), input)
    some_tensor("pow", input, exponent)
    return apply(POW, (), input, exponent)


def _double_power(x: Any, y: Any) -> Any:
    wide = np.dtype(np.complex128 if result_type((x, y)).kind == "c" else np.float64)
    return _power(cast(x, wide), cast(y, wide))


# Smooth functions of two numbers.


@jax.custom_jvp
def _hypot(x: Any, y: Any) -> Any:
    return jnp.hypot(x, y)


@_hypot.defjvp
def _hypot_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    result = _hypot(x, y)
    return result, (tangents[0] * x + tangents[1] * y) / result


@jax.custom_jvp
def _atan2(x: Any, y: Any) -> Any:
    return jnp.arctan2(x, y)


@_atan2.defjvp
def _atan2_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    square = x * x + y * y
    share = jnp.where(square == 0, 0, 1 / jnp.where(square == 0, 1, square))
    return _atan2(x, y), (tangents[0] * y - tangents[1] * x) * share


@jax.custom_jvp
def _xlogy(x: Any, y: Any) -> Any:
    return jnp.where(jnp.isnan(y), jnp.nan, jnp.where(x == 0, 0, x * jnp.log(y)))


@_xlogy.defjvp
def _xlogy_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    in_x = jnp.where((x == 0) & (y <= 0), 0, jnp.log(y))
    return _xlogy(x, y), tangents[0] * in_x + tangents[1] * (x / y)


def _xlogy_label(equation: Equation) -> str:
    x, y = equation.avals
    return "XlogyBackward2" if y is None else "XlogyBackward1" if x is None else "XlogyBackward0"


ATAN2 = Op("atan2", to_float(refuse("atan2_cpu", "c", _atan2)))
HYPOT = Op("hypot", once(common(refuse("hypot_cpu", "bic", _hypot))))
LOGADDEXP = Op("logaddexp", once(common(jnp.logaddexp)))
LOGADDEXP2 = Op("logaddexp2", once(common(jnp.logaddexp2)))
XLOGY = Op("xlogy", to_float(refuse("xlogy_cpu", "c", _xlogy)), label=_xlogy_label)
COPYSIGN = Op(
    "copysign", to_float(refuse("copysign_cpu", "c", jnp.copysign)), label=by_operand("Copysign", 1, tensor=0, number=1)
)
FLOAT_POWER = Op("float_power", _double_power, label=_power_label)


# Products in a sum.


def _addc(function: Any) -> Any:
    def added(x: Any, a: Any, b: Any, value: Any) -> Any:
        dtype = floating(result_type((x, a, b))) if function is jnp.true_divide else result_type((x, a, b))
        x, a, b, value = (cast(operand, dtype) for operand in (x, a, b, value))
        return x + value * function(a, b)

    return added


ADDCMUL = Op("addcmul", once(_addc(jnp.multiply)), saves={0: (), 1: (2,), 2: (1,), 3: ()})
ADDCDIV = Op("addcdiv", once(_addc(jnp.true_divide)), saves={0: (), 1: (2,), 2: (1, 2), 3: ()})
_lerp = once(common(lambda x, end, weight: x + weight * (end - x)))
LERP = Op("lerp", _lerp, label="LerpBackward1")
LERP_NUMBER = Op("lerp_number", _lerp, saves=NEITHER, label="LerpBackward0")


_FACTORS = ("tensor1", "tensor2")


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *of_old: Any, value: Any = 1) -> Tensor:
    """`input + value * tensor1 * tensor2`."""
    if of_old:
        return called_as_of_old(addcmul, _FACTORS, ("value",), input, tensor1, tensor2, *of_old)
    return apply(ADDCMUL, (), input, tensor1, tensor2, value)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *of_old: Any, value: Any = 1) -> Tensor:
    """`input + value * tensor1 / tensor2`."""
    if of_old:
        return called_as_of_old(addcdiv, _FACTORS, ("value",), input, tensor1, tensor2, *of_old)
    return apply(ADDCDIV, (), input, tensor1, tensor2, value)


def float_power_(input: Tensor, exponent: Any) -> Tensor:
    """The power in place, of a tensor that has the result's wide dtype.

    Raises:
        RuntimeError: It has another one.
    """
    own, wide = input._aval.dtype, np.dtype(np.complex128 if _is_complex(input) or _is_complex(exponent) else float)
    if own != wide:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {scalar_name(own)} but the operation's result requires dtype "
            f"{scalar_name(wide)}"
        )
    return assign(input, apply(FLOAT_POWER, (), input, exponent))


def _is_complex(x: Any) -> bool:
    return x._aval.dtype.kind == "c" if isinstance(x, Tensor) else isinstance(x, complex)


def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """`input + weight * (end - input)`."""
    return apply(LERP if isinstance(weight, Tensor) else LERP_NUMBER, (), input, end, weight)


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
    Row("floor_divide", floor_divide, inplace=True),
    Row("remainder", remainder, inplace=True),
    Row("fmod", fmod, inplace=True),
    Row("pow", pow, inplace=True),
    binary("float_power", FLOAT_POWER, inplace=False, require=some_tensor),
    Row("float_power_", float_power_, function=False),
    of_tensors("atan2", ATAN2, inplace=True),
    of_tensors("arctan2", ATAN2, inplace=True),
    of_tensors("hypot", HYPOT, inplace=True),
    of_tensors("logaddexp", LOGADDEXP),
    of_tensors("logaddexp2", LOGADDEXP2),
    binary("xlogy", XLOGY, require=some_tensor),
    binary("copysign", COPYSIGN, require=tensor_first),
    Row("addcmul", addcmul, inplace=True),
    Row("addcdiv", addcdiv, inplace=True),
    Row("lerp", lerp, inplace=True),
)
