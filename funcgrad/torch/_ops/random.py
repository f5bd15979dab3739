"""Random tensors: drawn on the host from PyTorch's own streams, so that a seed gives PyTorch's numbers.

Filling existing ones: `random_fill.py`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch import _random
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.creation import leaf
from funcgrad.torch._ops.dims import shape_of
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import cast, check_broadcast, scalar_name
from funcgrad.torch._ops.rounding import rounded
from funcgrad.torch._ops.rows import Row, factory
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import META, as_dtype, get_default_dtype, int64, on_meta
from funcgrad.torch.random import default_generator
from funcgrad.trace import Equation, Op, aval_of, constant, without_data

UNIFORM, NORMAL_KERNEL = "check_uniform_bounds", "normal_kernel_cpu"
"""What PyTorch calls its kernels in errors."""


def _new(array: np.ndarray, requires_grad: bool = False, device: Any = None) -> Tensor:
    return leaf(wrap(constant(array)), requires_grad, None, device)


def _without_data(shape: tuple[int, ...], dtype: np.dtype[Any], requires_grad: bool) -> Tensor:
    """A tensor on `meta`, for which nothing is drawn."""
    return leaf(wrap(without_data(aval_of(shape, dtype))), requires_grad, None, META)


def _floating(dtype: Any, kernel: str) -> np.dtype[Any]:
    wanted = (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy
    check_continuous(wanted, kernel)
    return wanted


def check_continuous(dtype: np.dtype[Any], kernel: str) -> None:
    """Refuse to draw fractions for a dtype that has none.

    Raises:
        NotImplementedError: PyTorch's text.
    """
    if dtype.kind in "biu":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(dtype)}'")


def rand(
    *size: Any,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **ignored: Any,
) -> Tensor:
    """Numbers from U(0, 1)."""
    shape, kind = shape_of(size, ignored, "rand"), _floating(dtype, UNIFORM)
    if on_meta(device):
        return _without_data(shape, kind, requires_grad)
    drawn = _random.rand(generator or default_generator, shape, kind)
    return _new(drawn, requires_grad, device)


def randn(
    *size: Any,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **ignored: Any,
) -> Tensor:
    """Numbers from N(0, 1)."""
    shape = shape_of(size, ignored, "randn")
    kind = _floating(dtype, NORMAL_KERNEL)
    if on_meta(device):
        return _without_data(shape, kind, requires_grad)
    drawn = _random.normal(generator or default_generator, shape, 0.0, 1.0, kind)
    return _new(drawn, requires_grad, device)


def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers from `low` (0 if left out) up to, not including, `high`."""
    if size is None:
        low, high, size = None, low, high
    if low is None or high is None:
        low, high = 0, low if high is None else high
    wanted, shape = int64 if dtype is None else as_dtype(dtype), shape_of((size,), {}, "randint")
    if on_meta(device):
        return _without_data(shape, wanted.numpy, requires_grad)
    drawn = _random.randint(generator or default_generator, low, high, shape, wanted.numpy)
    return _new(drawn, requires_grad, device)


def randperm(
    n: int, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    if on_meta(device):
        return _without_data((n,), (int64 if dtype is None else as_dtype(dtype)).numpy, requires_grad)
    drawn = _random.randperm(generator or default_generator, n)
    return _new(drawn if dtype is None else drawn.astype(as_dtype(dtype).numpy), requires_grad, device)


def _located(drawn: Any, std: Any, mean: Any) -> Any:
    """`drawn * std + mean`, of which each step is computed in float32 at least and rounded."""
    dtype, wide = drawn.dtype, jnp.promote_types(drawn.dtype, np.float32)
    product = rounded(drawn.astype(wide), cast(std, wide)).astype(dtype)
    return jax.lax.stop_gradient((product.astype(wide) + cast(mean, wide)).astype(dtype))


def _normal_label(equation: Equation) -> str:
    _, std, mean = equation.avals
    return "NormalBackward3" if std and mean else "NormalBackward1" if mean else "NormalBackward2"


NORMAL = Op("normal", _located, saves={0: (), 1: (), 2: ()}, label=_normal_label)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, **keywords: Any) -> Tensor:
    """Numbers from N(mean, std²), where both may be tensors.

    Raises:
        RuntimeError: A standard deviation that is known without computing is negative.
    """
    source = generator or default_generator
    if size is not None:
        mean, std = float(mean), float(std)
        dtype = _floating(keywords.pop("dtype", None), NORMAL_KERNEL)
        shape = shape_of((size,), {}, "normal")
        if on_meta(keywords.get("device")):
            return _without_data(shape, dtype, keywords.get("requires_grad", False))
        return _new(_random.normal(source, shape, mean, std, dtype), **keywords)
    _check_deviation(std)
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    check_broadcast(tensors)
    shape = np.broadcast_shapes(*(x.shape for x in tensors))
    host_std, std = (1.0, std) if isinstance(std, Tensor) else (std, 1.0)
    drawn = _random.normal(source, shape, 0.0, host_std, tensors[0]._aval.dtype)
    return apply(NORMAL, (), wrap(constant(drawn)), std, mean)


def _check_deviation(std: Any) -> None:
    if not isinstance(std, Tensor):
        if std < 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        return
    expect(std, _check_deviations)


def _check_deviations(std: np.ndarray) -> None:
    if (std < 0).any():
        raise RuntimeError("normal expects all elements of std >= 0.0")


def randint_of(size: Any, low: Any = None, high: Any = None, **keywords: Any) -> Tensor:
    """`randint` with the shape first."""
    return randint(low, high, size, **keywords)


DRAWN = Op("bernoulli", lambda x, drawn: jax.lax.stop_gradient(drawn), saves={0: (), 1: ()})
"""`(probabilities, draws)`: draws, whose gradient is 0."""


def bernoulli(input: Tensor, p: float | None = None, *, generator: Any = None) -> Tensor:
    """1 with the probability that stands in the input (or `p`), else 0."""
    source = generator or default_generator
    if p is not None:
        return _new(_random.bernoulli(source, p, input._aval.shape, input._aval.dtype))
    drawn = _new(_random.bernoulli_from(source, host_array(input, "bernoulli")))
    return apply(DRAWN, (), input, drawn)


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Tensor:
    """Indices drawn from each row of weights."""
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {input.dtype.scalar}")
    if input.ndim and input._aval.shape[-1] > 1 << 24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    source = generator or default_generator
    return _new(_random.multinomial(source, host_array(input, "multinomial"), num_samples, replacement))


ROWS = (
    factory("rand", rand),
    factory("randn", randn),
    factory("randint", randint),
    factory("randperm", randperm),
    factory("normal", normal),
    Row("bernoulli", bernoulli),
    Row("multinomial", multinomial),
)
