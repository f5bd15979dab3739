"""torch.nn.init: fillings of new parameters, with PyTorch's own draws."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn
from funcgrad.torch import _random
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._in_place import assign
from funcgrad.torch._layout import is_contiguous, placed
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.nn._truncated import truncated_normal
from funcgrad.torch.random import default_generator
from funcgrad.trace import constant as _constant

EMPTY = "Initializing zero-element tensors is a no-op"
FAR_FROM_BOUNDS = (
    "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect."
)
_LIKE_LINEAR = ("sigmoid", "linear", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps a nonlinearity's output at unit variance.

    Raises:
        ValueError: The nonlinearity is not known, or its parameter is no number.
    """
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4, **dict.fromkeys(_LIKE_LINEAR, 1)}
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    shape = tensor.shape
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


_calculate_fan_in_and_fan_out = _fans


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers from U(a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Numbers from N(mean, std²)."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


_no_grad_uniform_, _no_grad_normal_ = uniform_, normal_


def constant_(tensor: Any, val: float) -> Tensor:
    """One value everywhere."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Any) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


_no_grad_fill_, _no_grad_zero_ = constant_, zeros_


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Tensor:
    """U(-a, a) with `a = gain * sqrt(6 / (fan_in + fan_out))`."""
    a = math.sqrt(3.0) * gain * math.sqrt(2.0 / float(sum(_fans(tensor))))
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Tensor:
    """N(0, std²) with `std = gain * sqrt(2 / (fan_in + fan_out))`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(sum(_fans(tensor)))), generator)


def _fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _fans(tensor)[mode == "fan_out"]


_calculate_correct_fan = _fan


def _is_empty(tensor: Tensor) -> bool:
    """Whether there is nothing to fill, which the user is told."""
    if 0 in tensor.shape:
        warn(EMPTY)
    return 0 in tensor.shape


def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """U(-b, b) with `b = gain * sqrt(3 / fan)`."""
    if _is_empty(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """N(0, std²) with `std = gain / sqrt(fan)`."""
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


def _filled(tensor: Any, values: np.ndarray) -> Tensor:
    with no_grad():
        return assign(tensor, wrap(_constant(values.astype(tensor._aval.dtype))))


def _normals(tensor: Any, shape: tuple[int, ...], std: float, generator: Any) -> np.ndarray:
    return _random.normal(generator or default_generator, shape, 0.0, float(std), tensor._aval.dtype)


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """N(mean, std²) within `[a, b]`: what falls outside is drawn again."""
    mean, std, a, b = float(mean), float(std), float(a), float(b)
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(FAR_FROM_BOUNDS)
    if tensor.is_meta:
        return tensor
    source, aval = generator or default_generator, tensor._aval
    drawn = truncated_normal(source, aval.shape, mean, std, a, b, aval.dtype, is_contiguous(tensor))
    return _filled(tensor, placed(drawn, tensor))


_no_grad_trunc_normal_ = trunc_normal_


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Tensor:
    """A matrix with orthonormal rows or columns, times `gain`; further dimensions count as columns.

    Raises:
        ValueError: The tensor has fewer than 2 dimensions.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if 0 in tensor.shape or tensor.is_meta:
        return tensor
    rows = tensor.shape[0]
    drawn = _normals(tensor, (rows, tensor.numel() // rows), 1.0, generator)
    is_wide = drawn.shape[0] < drawn.shape[1]
    q, r = np.linalg.qr(drawn.T if is_wide else drawn)
    q = q * np.sign(np.diag(r))
    return _filled(tensor, ((q.T if is_wide else q) * q.dtype.type(gain)).reshape(tensor.shape))


def eye_(tensor: Any) -> Tensor:
    """Ones on the diagonal of a matrix, zeros elsewhere.

    Raises:
        ValueError: The tensor is no matrix.
    """
    _check_matrix(tensor)
    return _filled(tensor, np.eye(*tensor.shape))


def dirac_(tensor: Any, groups: int = 1) -> Tensor:
    """A convolution's weight that passes on as many channels as it can, in each group.

    Raises:
        ValueError: The tensor has not 3 to 5 dimensions, or `groups` does not divide its first one.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    values = np.zeros(tensor.shape)
    outputs = tensor.shape[0] // groups
    centre = tuple(length // 2 for length in tensor.shape[2:])
    for group in range(groups):
        for channel in range(min(outputs, tensor.shape[1])):
            values[(group * outputs + channel, channel, *centre)] = 1
    return _filled(tensor, values)


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """N(0, std²) with a share of zeros, rounded up, in each column.

    Raises:
        ValueError: The tensor is no matrix.
    """
    _check_matrix(tensor)
    values = _normals(tensor, tuple(tensor.shape), std, generator)
    zeros = math.ceil(sparsity * tensor.shape[0])
    for column in range(tensor.shape[1]):
        values[_random.randperm(default_generator, tensor.shape[0])[:zeros], column] = 0
    return _filled(tensor, values)


def _check_matrix(tensor: Tensor) -> None:
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")


def _deprecated(fill: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A filling under its name before PyTorch 0.4."""
    name = fill.__name__

    @functools.wraps(fill)
    def call(*args: Any, **kwargs: Any) -> Tensor:
        warn(f"`nn.init.{name[:-1]}` is now deprecated in favor of `nn.init.{name}`.", FutureWarning)
        return fill(*args, **kwargs)

    call.__name__ = call.__qualname__ = name[:-1]
    return call


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)

__getattr__ = _missing_from(__name__)
