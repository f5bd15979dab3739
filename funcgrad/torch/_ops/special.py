"""Special functions: what `torch.special` has beside the operators of `torch`.

They are computed in float64 where XLA's own in float32 are several units in the last place off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jax.scipy import special

from funcgrad.torch._dispatch import apply
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._ops.promotion import no_derivative, to_float
from funcgrad.torch._ops.rows import Row, binary, of_tensors, some_tensor, unary
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

Function = Callable[..., Any]


def in_double(function: Function) -> Function:
    """The function computed in float64."""

    def call(*operands: Any, **static: Any) -> Any:
        return function(*(x.astype(np.float64) for x in operands), **static).astype(operands[0].dtype)

    return call


def _with_slope(function: Function, slope: Function) -> Function:
    """The function with this derivative: JAX's own is wrong at 0, where a factor has a kink."""
    known = jax.custom_jvp(function)

    @known.defjvp
    def jvp(primals: Any, tangents: Any) -> Any:
        return known(*primals), tangents[0] * slope(*primals)

    return known


def _or_half(x: Any, slope: Function) -> Any:
    """The slope away from 0, and its limit 1/2 at 0."""
    safe = jnp.where(x == 0, 1, x)
    return jnp.where(x == 0, 0.5, slope(safe))


def _odd(function: Function) -> Function:
    """The function with PyTorch's 0 at -0."""
    return lambda x: jnp.where(x == 0, 0, function(x))


i0 = _with_slope(special.i0, special.i1)
_i1 = _with_slope(_odd(special.i1), lambda x: _or_half(x, lambda x: special.i0(x) - special.i1(x) / x))
_i0e = _with_slope(special.i0e, lambda x: special.i1e(x) - jnp.sign(x) * special.i0e(x))
_i1e = _with_slope(
    _odd(special.i1e), lambda x: _or_half(x, lambda x: special.i0e(x) - special.i1e(x) * (jnp.sign(x) + 1 / x))
)


def _erfcx(x: Any) -> Any:
    """`exp(x ** 2) * erfc(x)`: by the logarithm where neither factor overflows, and by its asymptotic series."""
    near, far = jnp.clip(x, -30, 50), jnp.maximum(x, 50)
    square = 1 / (far * far)
    series = (1 - square / 2 * (1 - square * 1.5)) / (far * math.sqrt(math.pi))
    return jnp.where(x > 50, series, 2 * jnp.exp(near * near + special.log_ndtr(-near * math.sqrt(2))))


def _spherical_j0(x: Any) -> Any:
    return jnp.sinc(x / np.pi)


# K of order n is the integral of exp(-x cosh t) cosh(n t) over t > 0. The trapezoidal rule, whose error falls
# exponentially with the number of places, has it to the last digits.


def _scaled_k(order: int) -> Function:
    places = np.arange(0, 240) * 0.125
    weights = np.where(places == 0, 0.5, 1) * 0.125 * np.cosh(order * places)

    def scaled(x: Any) -> Any:
        found = jnp.sum(weights * jnp.exp(-x[..., None] * (np.cosh(places) - 1)), -1)
        return jnp.where(x > 0, found, jnp.where(x == 0, np.inf, np.nan))

    return scaled


def _unscaled(function: Function) -> Function:
    return lambda x: jnp.exp(-x) * function(x)


UNARY: dict[str, Function] = {
    "entr": special.entr,
    "erfcx": _erfcx,
    "i0e": _i0e,
    "i1": _i1,
    "i1e": _i1e,
    "log_ndtr": special.log_ndtr,
    "ndtr": special.ndtr,
    "ndtri": special.ndtri,
}
WITHOUT_DERIVATIVE: dict[str, Function] = {
    "modified_bessel_i0": special.i0,
    "modified_bessel_i1": special.i1,
    "modified_bessel_k0": _unscaled(_scaled_k(0)),
    "modified_bessel_k1": _unscaled(_scaled_k(1)),
    "scaled_modified_bessel_k0": _scaled_k(0),
    "scaled_modified_bessel_k1": _scaled_k(1),
    "spherical_bessel_j0": _spherical_j0,
}
OPS = {name: Op(f"special_{name}", to_float(in_double(f))) for name, f in UNARY.items()} | {
    name: Op(f"special_{name}", to_float(no_derivative(name, in_double(f)))) for name, f in WITHOUT_DERIVATIVE.items()
}
FUNCTIONS: dict[str, Function] = {name: unary(name, op).call for name, op in OPS.items()}


# Functions of two numbers.


@jax.custom_jvp
def _xlog1py(x: Any, y: Any) -> Any:
    return jnp.where(jnp.isnan(y), jnp.nan, jnp.where(x == 0, 0, x * jnp.log1p(y)))


@_xlog1py.defjvp
def _xlog1py_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    in_x = jnp.where((x == 0) & (y <= -1), 0, jnp.log1p(y))
    return _xlog1py(x, y), tangents[0] * in_x + tangents[1] * (x / (y + 1))


XLOG1PY = Op("special_xlog1py", to_float(_xlog1py))
ZETA = Op("special_zeta", to_float(in_double(special.zeta)))


def _incomplete_gamma(name: str, function: Function, sign: int) -> Op:
    """An operator of an order and a place, with a derivative by the place only, as PyTorch's."""

    @jax.custom_jvp
    def known(order: Any, x: Any) -> Any:
        of_infinite = jnp.where(x == jnp.inf, jnp.nan, float(sign < 0))  # XLA takes it for an order like others
        return jnp.where((order == jnp.inf) & (x >= 0), of_infinite, function(order, x))

    def jvp(primals: Any, tangents: Any) -> Any:
        (order, x), (in_order, in_x) = primals, tangents
        if not isinstance(in_order, SymbolicZero):
            raise NotImplementedError(f"the derivative for '{name}: input' is not implemented.")
        density = jnp.exp((order - 1) * jnp.log(x) - x - jax.lax.lgamma(order))
        return known(*primals), sign * density * (0 if isinstance(in_x, SymbolicZero) else in_x)

    known.defjvp(jvp, symbolic_zeros=True)
    return Op(name, to_float(in_double(known)))


IGAMMA = _incomplete_gamma("igamma", special.gammainc, 1)
IGAMMAC = _incomplete_gamma("igammac", special.gammaincc, -1)
xlog1py, zeta = (
    binary(name, op, require=some_tensor).call for name, op in (("special_xlog1py", XLOG1PY), ("special_zeta", ZETA))
)


# Functions of a number and an order.


def _hurwitz_zeta(s: int, q: Any) -> Any:
    """The zeta function, left of 0 too: there its first terms are added one by one."""
    is_pole = (q <= 0) & (q == jnp.floor(q))
    left = jnp.where(is_pole, 0, jnp.fmax(jnp.ceil(-q), 0))  # of a nan too: the loop is as long as the longest

    def add(state: Any) -> Any:
        k, total = state
        return k + 1, total + jnp.where(k < left, (q + k) ** -s, 0)

    _, head = jax.lax.while_loop(lambda state: state[0] < jnp.max(left, initial=0), add, (0.0, jnp.zeros_like(q)))
    return jnp.where(is_pole, jnp.inf, head + special.zeta(jnp.full_like(q, s), q + left))


def _trigamma(x: Any) -> Any:
    """The asymptotic series six places further on, with as many terms as PyTorch's: both are 1e-9 off in float64."""
    y = jnp.where(x < 0.5, 1 - x, x)
    total = sum(1 / ((y + k) * (y + k)) for k in range(6))
    y = y + 6
    square = 1 / (y * y)
    total = total + (1 + 1 / (2 * y) + square * (1 / 6 - square * (1 / 30 - square / 42))) / y
    return jnp.where(x < 0.5, jnp.square(math.pi / jnp.sin(math.pi * x)) - total, total)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def polygamma_of(order: int, x: Any) -> Any:
    """Derivative `order` of the digamma function."""
    if order == 0:
        return jnp.where(x == 0, jnp.copysign(jnp.inf, -x), jax.lax.digamma(x))
    if order == 1:
        return _trigamma(x)
    return (-1.0) ** (order + 1) * math.factorial(order) * _hurwitz_zeta(order + 1, x)


@polygamma_of.defjvp
def _polygamma_jvp(order: int, primals: Any, tangents: Any) -> Any:
    return polygamma_of(order, *primals), tangents[0] * polygamma_of(order + 1, *primals)


lgamma = _with_slope(jax.lax.lgamma, partial(polygamma_of, 0))


def _of_order(x: Any, *, order: int) -> Any:
    if order == 1:
        return polygamma_of(1, x)  # as PyTorch, in the dtype of x
    return in_double(lambda x: polygamma_of(order, x))(x)


def _multivariate(x: Any, *, order: int) -> Any:
    constant = order * (order - 1) / 4 * math.log(math.pi)
    return in_double(lambda x: constant + sum(jax.lax.lgamma(x - k / 2) for k in range(order)))(x)


POLYGAMMA = Op("polygamma", to_float(_of_order))
MVLGAMMA = Op("mvlgamma", to_float(_multivariate))


def polygamma(n: Any, input: Any) -> Tensor:
    """Derivative `n` of the digamma function; as a method, `x.polygamma(n)`, with the tensor first.

    Raises:
        RuntimeError: A negative order.
    """
    n, input = (input, n) if isinstance(n, Tensor) else (n, input)
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return apply(POLYGAMMA, (n,), input)


def polygamma_(self: Tensor, n: int) -> Tensor:
    """`polygamma` in place."""
    check_writable(self)
    return assign(self, polygamma(n, self))


def mvlgamma(input: Tensor, p: int) -> Tensor:
    """Logarithm of the multivariate gamma function of `p` dimensions."""
    return apply(MVLGAMMA, (p,), input)


ROWS = (
    Row("polygamma", polygamma),
    Row("polygamma_", polygamma_, function=False),
    Row("mvlgamma", mvlgamma, inplace=True),
    of_tensors("igamma", IGAMMA, inplace=True),
    of_tensors("igammac", IGAMMAC, inplace=True),
)
