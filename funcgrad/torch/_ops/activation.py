"""Activations: the functions between layers, as PyTorch defines them at their kinks.

At its kinks hardtanh and the shrinking functions have gradient 0, leaky_relu and prelu the negative slope, elu 1.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import erf

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._ops import softmax_kernels
from funcgrad.torch._ops.copying import to_dtype
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.promotion import cast, once, refuse, scalar_name
from funcgrad.torch._ops.rows import Row, named, require_tensor, with_out
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import IMPLICIT_CLASSES
from funcgrad.trace import Op

# Over classes.


def _class_function(name: str, function: Any) -> Any:
    checked = refuse(f"{name}_lastdim_kernel_impl", "bi", function)
    return lambda x, *, dim: checked(x, axis=dim) if x.ndim else checked(x[None], axis=0)[0]


def _softmax_gradient(y: Any, g: Any, *, dim: int) -> Any:
    return (g - jnp.sum(g * y, dim if y.ndim else None, keepdims=True)) * y


def _log_softmax_gradient(y: Any, g: Any, *, dim: int) -> Any:
    return g - jnp.exp(y) * jnp.sum(g, dim if y.ndim else None, keepdims=True)


SOFTMAX = Op("softmax", _class_function("softmax", softmax_kernels.softmax), from_result=once(_softmax_gradient))
LOG_SOFTMAX = Op(
    "log_softmax",
    _class_function("log_softmax", softmax_kernels.log_softmax),
    from_result=once(_log_softmax_gradient),
)


def _get_softmax_dim(name: str, ndim: int, stacklevel: int = 1) -> int:
    """The dimension of the classes, which the caller has not named, with PyTorch's warning."""
    warn(IMPLICIT_CLASSES.format(name))
    return 0 if ndim in (0, 1, 3) else 1


def _over_classes(op: Op, name: str) -> Any:
    def call(input: Tensor, dim: int | None = None, _stacklevel: Any = 3, dtype: Any = None, **other: Any) -> Tensor:
        if not isinstance(_stacklevel, int):  # outside of nn.functional the dtype is third
            dtype = _stacklevel
        if other:
            return with_out(call, other, input, **({} if dim is None else {"dim": dim}), dtype=dtype)
        require_tensor(input, name)
        if dim is None:
            dim = _get_softmax_dim(name, input.ndim)
        x = input if dtype is None else to_dtype(input, dtype)
        return apply(op, (dim_of(dim, len(input._aval.shape)),), x)

    return named(call, name)


softmax, log_softmax = _over_classes(SOFTMAX, "softmax"), _over_classes(LOG_SOFTMAX, "log_softmax")


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The softmax of the negated input."""
    return softmax(-input, _get_softmax_dim("softmin", input.ndim) if dim is None else dim, dtype=dtype)


# Of one number. What a user may choose (a slope, a bound) is data.


def _between(x: Any, low: Any, high: Any) -> Any:
    if x.dtype == np.bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    low, high = cast(low, x.dtype), cast(high, x.dtype)
    return jnp.where(x <= low, low, jnp.where(x >= high, high, x))


def _softplus(x: Any, beta: Any, threshold: Any) -> Any:
    beta, threshold = cast(beta, x.dtype), cast(threshold, x.dtype)
    is_linear = x * beta > threshold
    return jnp.where(is_linear, x, jnp.log1p(jnp.exp(jnp.where(is_linear, 0, x * beta))) / beta)


def _exponential(x: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    """`scale * x` above 0, `scale * alpha * (exp(x * input_scale) - 1)` below."""
    alpha, scale, input_scale = (cast(a, x.dtype) for a in (alpha, scale, input_scale))
    return jnp.where(x > 0, scale * x, scale * alpha * jnp.expm1(jnp.where(x > 0, 0, x) * input_scale))


def _gelu(x: Any, *, approximate: str) -> Any:
    if approximate == "none":
        return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))
    return 0.5 * x * (1 + jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def _soft_shrink(x: Any, by: Any) -> Any:
    by = cast(by, x.dtype)
    return jnp.where(x > by, x - by, jnp.where(x < -by, x + by, 0 * x))


def _hard_shrink(x: Any, by: Any) -> Any:
    by = cast(by, x.dtype)
    return jnp.where((x >= -by) & (x <= by), 0, x)


def _prelu(x: Any, slope: Any) -> Any:
    if slope.size > 1:
        slope = slope.reshape([-1 if d == min(1, x.ndim - 1) else 1 for d in range(x.ndim)])
    return jnp.where(x > 0, x, x * slope.reshape(()) if slope.size == 1 else x * slope)


@jax.custom_jvp
def _hardsigmoid(x: Any) -> Any:
    return jnp.where(x <= -3, 0, jnp.where(x >= 3, 1, x / 6 + 0.5))


@_hardsigmoid.defjvp
def _hardsigmoid_jvp(primals: Any, tangents: Any) -> Any:
    (x,), slope = primals, np.float32(1 / 6)  # which PyTorch rounds so in every dtype
    return _hardsigmoid(x), tangents[0] * jnp.where(jnp.abs(x) < 3, slope, 0).astype(x.dtype)


def _hardswish(x: Any) -> Any:
    bent = jnp.where(x <= -3, 0, x)  # what is not chosen must not make a gradient nan
    zero = jax.lax.stop_gradient(x * 0)  # -0, and nan for -inf
    return jnp.where(x <= -3, zero, jnp.where(x >= 3, x, bent * (bent + 3) / 6))


def _glu(x: Any, *, dim: int) -> Any:
    if x.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {x.shape[dim]}")
    first, second = jnp.split(x, 2, dim)
    return first * jax.nn.sigmoid(second)


def _op(name: str, kernel: str, function: Any, label: str | None = None) -> Op:
    return Op(name, once(refuse(kernel, "bi", function)), label=label)


HARDTANH = Op("hardtanh", _between)
THRESHOLD = Op("threshold", lambda x, at, value: jnp.where(x > cast(at, x.dtype), x, cast(value, x.dtype)))
SOFTPLUS = _op("softplus", "softplus_cpu", _softplus)
ELU = _op("elu", "elu_cpu", _exponential)
CELU = _op("celu", "elu_cpu", _exponential)
GELU = _op("gelu", "GeluKernelImpl", _gelu)
LEAKY_RELU = _op("leaky_relu", "leaky_relu_cpu", lambda x, slope: jnp.where(x > 0, x, x * cast(slope, x.dtype)))
SOFTSHRINK = _op("softshrink", "softshrink_check", _soft_shrink)
HARDSHRINK = _op("hardshrink", "hardshrink_cpu", _hard_shrink)
PRELU = Op("prelu", once(_prelu), label="PreluKernel")
GLU = Op("glu", once(_glu))
PLAIN = {
    "silu": _op("silu", "silu_cpu", jax.nn.silu),
    "mish": _op("mish", "mish_cpu", lambda x: x * jnp.tanh(jax.nn.softplus(x))),
    "hardsigmoid": _op("hardsigmoid", "hardsigmoid_cpu", _hardsigmoid),
    "hardswish": _op("hardswish", "hardswish_cpu", _hardswish),
}
LOGSIGMOID = _op("log_sigmoid", "log_sigmoid_cpu", jax.nn.log_sigmoid)


def _into(input: Tensor, result: Tensor, inplace: bool) -> Tensor:
    if not inplace:
        return result
    check_writable(input)
    return assign(input, result)


def _plain(name: str, op: Op) -> Any:
    def call(input: Tensor, inplace: bool = False) -> Tensor:
        return _into(input, apply(op, (), input), inplace)

    return named(call, name)


silu, mish, hardsigmoid, hardswish = (_plain(name, op) for name, op in PLAIN.items())


def _functional(call: Any, **kind: Any) -> Row:
    options: dict[str, Any] = {"function": False, "method": False, **kind}
    return Row(call.__name__, call, **options, functional=True)


def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """`log(1 + exp(beta * x)) / beta`; x itself above `threshold / beta`."""
    return apply(SOFTPLUS, (), input, float(beta), float(threshold))


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x times the normal distribution function of x; "tanh" approximates it."""
    require_tensor(input, "gelu")
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return apply(GELU, (approximate,), input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x above 0, `negative_slope * x` below."""
    return _into(input, apply(LEAKY_RELU, (), input, float(negative_slope)), inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, `alpha * (exp(x) - 1)` below."""
    return _into(input, apply(ELU, (), input, float(alpha), 1.0, 1.0), inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """elu with the two constants that keep mean 0 and variance 1."""
    return _into(input, apply(ELU, (), input, 1.6732632423543772, 1.0507009873554805, 1.0), inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, `alpha * (exp(x / alpha) - 1)` below."""
    return _into(input, apply(CELU, (), input, float(alpha), 1.0, 1.0 / alpha), inplace)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to `[min_val, max_val]`; the gradient at the bounds is 0."""
    if input._aval.dtype == np.uint8 and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _into(input, apply(HARDTANH, (), input, min_val, max_val), inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """x limited to [0, 6]; the gradient at the bounds is 0."""
    return hardtanh(input, 0, 6, inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x above the threshold, `value` elsewhere."""
    return _into(input, apply(THRESHOLD, (), input, threshold, value), inplace)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by `lambd`, and 0 where it would cross it."""
    dtype = input._aval.dtype
    if dtype.kind not in "biu" and not 0 <= lambd <= jnp.finfo(dtype).max:
        raise RuntimeError(
            f"lambda must be in range [0, {float(jnp.finfo(dtype).max):g}] for input dtype {scalar_name(dtype)}, but "
            f"found {lambd:g}"
        )
    return apply(SOFTSHRINK, (), input, float(lambd))


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x where it is farther than `lambd` from 0, else 0."""
    return apply(HARDSHRINK, (), input, float(lambd))


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x above 0, `weight * x` below; one weight, or one for each channel (dimension 1)."""
    if weight._aval.size != 1:
        _check_channels(input, weight)
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    return apply(PRELU, (), input, weight)


def _check_channels(x: Tensor, weight: Tensor) -> None:
    if not x.ndim:
        raise RuntimeError("Not allow zero-dim input tensor.")
    channels, count = x._aval.shape[1] if x.ndim > 1 else 1, weight._aval.size
    if channels != count:
        raise RuntimeError(
            f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {count} and channel size "
            f"= {channels}."
        )


def logsigmoid(input: Tensor) -> Tensor:
    """Logarithm of the sigmoid."""
    return apply(LOGSIGMOID, (), input)


def softsign(input: Any) -> Tensor:
    """`x / (1 + |x|)`."""
    return input / (input.abs() + 1)


def tanhshrink(input: Any) -> Tensor:
    """`x - tanh(x)`."""
    return input - input.tanh()


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along a dimension times the sigmoid of the second."""
    return apply(GLU, (dim_of(dim, input.ndim),), input)


ROWS = (
    Row("softmax", softmax, functional=True),
    Row("log_softmax", log_softmax, functional=True),
    _functional(softmin),
    *map(_functional, (silu, mish, hardsigmoid, hardswish)),
    *map(_functional, (softplus, gelu, leaky_relu, elu, hardtanh, relu6, softshrink, logsigmoid, softsign, tanhshrink)),
    _functional(glu),
    *(_functional(call, function=True) for call in (selu, celu, threshold)),
    *(_functional(call, function=True, method=True) for call in (hardshrink, prelu)),
)
