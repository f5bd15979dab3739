"""Functions of one number. Gradients at kinks follow PyTorch: 0 at 0 for abs, sign and relu, 0 for all rounding."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy import special

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.promotion import cast, once, refuse, to_float
from funcgrad.torch._ops.rows import Row, unary
from funcgrad.torch._ops.special import i0, in_double, lgamma, polygamma_of
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

NONE: Any = {0: ()}


def _relu(x: Any) -> Any:
    if x.dtype == np.bool_:
        raise RuntimeError("Boolean inputs not supported for relu")
    return jnp.maximum(x, 0)


def _negative(x: Any) -> Any:
    if x.dtype == np.bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )
    return -x


@jax.custom_jvp
def absolute(x: Any) -> Any:
    """The absolute value, with gradient 0 at 0."""
    return jnp.abs(x)


@absolute.defjvp
def _absolute_jvp(primals: Any, tangents: Any) -> Any:
    return absolute(primals[0]), tangents[0] * jnp.sign(primals[0])


def _square(x: Any) -> Any:
    return x.astype(np.int64) if x.dtype == np.bool_ else x * x


def _sign(x: Any) -> Any:
    """Without a sign for nan and -0, which are neither above nor below 0."""
    return x if x.dtype == np.bool_ else (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)


def direction(x: Any) -> Any:
    """The number of size 1 that points where x does."""
    if not jnp.iscomplexobj(x):
        return _sign(x)
    size = jnp.abs(jnp.where(x == 0, 1, x))
    return x / size


def _integers_stay(function: Any) -> Any:
    return lambda x: x if jnp.issubdtype(x.dtype, np.integer) else function(x)


def _cube(x: Any) -> Any:
    """PyTorch's kernel rounds bfloat16 after each product, float16 once."""
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    return (wide * wide * wide).astype(x.dtype)


def _times_log_of_2(x: Any) -> Any:
    return x * math.log(2)


# Where the result gives the gradient, it is what is saved.
# `once` is for what PyTorch does in one kernel, and JAX in several steps.
FROM_RESULT = {
    "exp": (jnp.exp, lambda y, g: g * y),
    "exp2": (once(jnp.exp2), lambda y, g: once(_times_log_of_2)(g * y)),
    "expm1": (jnp.expm1, lambda y, g: g * (y + 1)),
    "sqrt": (jnp.sqrt, lambda y, g: g / (2 * y)),
    "rsqrt": (once(jax.lax.rsqrt), lambda y, g: -0.5 * g * _cube(y)),
    "reciprocal": (jnp.reciprocal, lambda y, g: -g * y * y),
    "tan": (jnp.tan, lambda y, g: g * (1 + y * y)),
    "tanh": (jnp.tanh, once(lambda y, g: g * (1 - y * y))),
    "sigmoid": (once(jax.nn.sigmoid), once(lambda y, g: g * (1 - y) * y)),
}
OF_FLOATS = {
    "log": jnp.log,
    "log1p": jnp.log1p,
    "log2": once(jnp.log2),
    "log10": once(jnp.log10),
    "sin": jnp.sin,
    "cos": jnp.cos,
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "asinh": once(jnp.arcsinh),
    "acosh": jnp.arccosh,
    "atanh": jnp.arctanh,
    "erf": special.erf,
    "erfc": special.erfc,
    "erfinv": special.erfinv,
    "lgamma": in_double(lgamma),
    "digamma": in_double(partial(polygamma_of, 0)),
    "sinc": once(jnp.sinc),
    "i0": once(i0),
    "rad2deg": once(jnp.rad2deg),
    "deg2rad": once(jnp.deg2rad),
}
LABELS = {"log1p": "Log1P", "rad2deg": "Rad2Deg", "deg2rad": "Deg2Rad"}
UNARY: dict[str, Op] = {
    **{name: Op(name, to_float(f), from_result=gradient) for name, (f, gradient) in FROM_RESULT.items()},
    **{name: Op(name, to_float(f), label=LABELS.get(name)) for name, f in OF_FLOATS.items()},
    "relu": Op("relu", _relu, from_result=lambda y, g: jnp.where(y > 0, g, 0)),
    "neg": Op("neg", _negative, saves=NONE),
    "abs": Op("abs", refuse("abs_cpu", "b", lambda x: jnp.abs(x) if jnp.iscomplexobj(x) else absolute(x))),
    "square": Op("square", _square, label="Pow"),
    "sign": Op("sign", _sign, saves=NONE),
    "sgn": Op("sgn", direction),
    "floor": Op("floor", refuse("floor_vml_cpu", "b", _integers_stay(jnp.floor)), saves=NONE),
    "ceil": Op("ceil", refuse("ceil_vml_cpu", "b", _integers_stay(jnp.ceil)), saves=NONE),
    "trunc": Op("trunc", refuse("trunc_vml_cpu", "b", _integers_stay(jnp.trunc)), saves=NONE),
    "frac": Op("frac", refuse("frac_cpu", "bi", lambda x: x - jnp.trunc(x)), saves=NONE),
}
NEG = UNARY["neg"]
OTHER_NAMES = {
    "negative": "neg",
    "absolute": "abs",
    "fix": "trunc",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
}

ROUND = Op("round", refuse("round_vml_cpu", "b", _integers_stay(jnp.round)), saves=NONE)


def _round_to(x: Any, scale: Any, inverse: Any) -> Any:
    return jnp.round(x * cast(scale, x.dtype)) * cast(inverse, x.dtype) if jnp.issubdtype(x.dtype, np.inexact) else x


ROUND_TO = Op("round_to", _round_to, saves={0: ()}, label="RoundBackward1")


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest integer, halves to even; or the nearest number of so many decimals."""
    if decimals == 0:
        return apply(ROUND, (), input)
    return apply(ROUND_TO, (), input, 10.0**decimals, 10.0**-decimals)


def _logit(x: Any) -> Any:
    return jnp.log(x / (1 - x))


def _logit_within(x: Any, eps: Any) -> Any:
    eps = cast(eps, x.dtype)
    inside = (x >= eps) & (x <= 1 - eps)
    return _logit(jnp.where(inside, x, jax.lax.stop_gradient(jnp.clip(x, eps, 1 - eps))))


LOGIT = Op("logit", to_float(_logit))
LOGIT_WITHIN = Op("logit_within", _logit_within, label="Logit")


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """`log(x / (1 - x))`, of the input limited to `[eps, 1 - eps]` if `eps` is given."""
    return apply(LOGIT, (), input) if eps is None else apply(LOGIT_WITHIN, (), input, float(eps))


def _nan_to_num(x: Any, nan: Any, high: Any, low: Any) -> Any:
    if not jnp.issubdtype(x.dtype, np.inexact):
        return x
    nan, high, low = (cast(number, x.dtype) for number in (nan, high, low))
    return jnp.where(jnp.isnan(x), nan, jnp.where(x == np.inf, high, jnp.where(x == -np.inf, low, x)))


NAN_TO_NUM = Op("nan_to_num", _nan_to_num)


def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """The values with nan and the infinities replaced: by 0 and the largest finite numbers, or as given."""
    limits = np.finfo(np.float64) if not input.dtype.is_floating_point else jnp.finfo(input._aval.dtype)
    high = float(limits.max) if posinf is None else float(posinf)
    low = float(limits.min) if neginf is None else float(neginf)
    return apply(NAN_TO_NUM, (), input, 0.0 if nan is None else float(nan), high, low)


def positive(input: Tensor) -> Tensor:
    """The tensor itself."""
    return input


ROWS = (
    *(unary(name, op, functional=name in ("relu", "sigmoid", "tanh")) for name, op in UNARY.items()),
    *(unary(name, UNARY[known]) for name, known in OTHER_NAMES.items()),
    Row("round", round, inplace=True),
    Row("logit", logit, inplace=True),
    Row("nan_to_num", nan_to_num, inplace=True),
    Row("positive", positive),
)
