"""Random tensors: drawn on the host from PyTorch's own streams, so that a seed gives PyTorch's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcgrad.torch import _random
from funcgrad.torch._dispatch import apply, assign, check_writable
from funcgrad.torch._layout import is_contiguous
from funcgrad.torch._ops.creation import leaf
from funcgrad.torch._ops.dims import shape_of
from funcgrad.torch._ops.arithmetic import ADD, MUL
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import as_dtype, get_default_dtype, int64
from funcgrad.torch.random import default_generator
from funcgrad.trace import constant


def _new(array: np.ndarray, requires_grad: bool = False, device: Any = None) -> Tensor:
    return leaf(wrap(constant(array)), requires_grad, None, device)


def _floating(dtype: Any) -> np.dtype[Any]:
    return (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy


def rand(
    *size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """Numbers from U(0, 1)."""
    drawn = _random.rand(generator or default_generator, shape_of(size, ignored), _floating(dtype))
    return _new(drawn, requires_grad, device)


def randn(
    *size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """Numbers from N(0, 1)."""
    drawn = _random.normal(generator or default_generator, shape_of(size, ignored), 0.0, 1.0, _floating(dtype))
    return _new(drawn, requires_grad, device)


def randint(
    low: int,
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
        low, high, size = 0, low, high
    wanted = int64 if dtype is None else as_dtype(dtype)
    drawn = _random.randint(generator or default_generator, low, high, shape_of((size,), {}), wanted.numpy)
    return _new(drawn, requires_grad, device)


def randperm(
    n: int, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    drawn = _random.randperm(generator or default_generator, n)
    return _new(drawn if dtype is None else drawn.astype(as_dtype(dtype).numpy), requires_grad, device)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, **keywords: Any) -> Tensor:
    """Numbers from N(mean, std²), where both may be tensors."""
    if size is not None:
        drawn = _random.normal(generator or default_generator, shape_of((size,), {}), mean, std, _floating(None))
        return _new(drawn, **keywords)
    shape = np.broadcast_shapes(*(x.shape for x in (mean, std) if isinstance(x, Tensor)))
    return apply(ADD, (), apply(MUL, (), randn(shape, generator=generator), std), mean)


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Fill with numbers from N(mean, std²)."""
    check_writable(self)
    drawn = _random.normal(
        generator or default_generator, self._aval.shape, mean, std, self._aval.dtype, is_contiguous(self)
    )
    return assign(self, wrap(constant(drawn)))


def uniform_(self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **old: Any) -> Tensor:
    """Fill with numbers from U(from, to)."""
    low = old.pop("from", from_)
    low, to = old.pop("a", low), old.pop("b", to)
    check_writable(self)
    drawn = _random.uniform(generator or default_generator, self._aval.shape, low, to, self._aval.dtype)
    return assign(self, wrap(constant(drawn)))


def _like(create: Any) -> Any:
    def like(input: Tensor, *, dtype: Any = None, memory_format: Any = None, **keywords: Any) -> Tensor:
        return create(input.shape, dtype=dtype or input.dtype, **keywords)

    return like


ROWS = (
    Row("rand", rand, method=False),
    Row("randn", randn, method=False),
    Row("randint", randint, method=False),
    Row("randperm", randperm, method=False),
    Row("normal", normal, method=False),
    Row("rand_like", _like(rand), method=False),
    Row("randn_like", _like(randn), method=False),
    Row("normal_", normal_, function=False),
    Row("uniform_", uniform_, function=False),
)
