"""In-place fillings with random numbers, drawn on the host from PyTorch's own streams."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch import _random
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._layout import is_contiguous, placed
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.creation import empty, like
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.random import NORMAL_KERNEL, UNIFORM, check_continuous, rand, randint_of, randn
from funcgrad.torch._ops.rows import Row, factory, named
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import constant


def _fill(x: Tensor, drawn: np.ndarray) -> Tensor:
    return assign(x, wrap(constant(placed(drawn, x))))


def _unless_meta(fill: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Nothing is drawn for a tensor without data."""

    @functools.wraps(fill)
    def run(self: Tensor, *args: Any, **keywords: Any) -> Tensor:
        return self if self.is_meta else fill(self, *args, **keywords)

    return run


@_unless_meta
def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Fill with numbers from N(mean, std²)."""
    check_writable(self)
    check_continuous(self._aval.dtype, NORMAL_KERNEL)
    drawn = _random.normal(
        generator or default_generator, self._aval.shape, mean, std, self._aval.dtype, is_contiguous(self)
    )
    return _fill(self, drawn)


@_unless_meta
def uniform_(self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **old: Any) -> Tensor:
    """Fill with numbers from U(from, to)."""
    low = old.pop("from", from_)
    low, to = old.pop("a", low), old.pop("b", to)
    check_writable(self)
    check_continuous(self._aval.dtype, UNIFORM)
    drawn = _random.uniform(generator or default_generator, self._aval.shape, low, to, self._aval.dtype)
    return _fill(self, drawn)


@_unless_meta
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Fill with 1 with probability `p` (a number or a tensor), else 0."""
    check_writable(self)
    source = generator or default_generator
    if isinstance(p, Tensor):
        if not p.dtype.is_floating_point:
            raise NotImplementedError(f"\"bernoulli_tensor_cpu_p_\" not implemented for '{p.dtype.scalar}'")
        chances = host_array(p.expand(self.shape), "bernoulli")
        drawn = _random.bernoulli_from(source, chances, self._aval.dtype)
        return assign(self, wrap(constant(drawn)))
    return _fill(self, _random.bernoulli(source, p, self._aval.shape, self._aval.dtype))


@_unless_meta
def random_(self: Tensor, from_: int | None = None, to: int | None = None, *, generator: Any = None) -> Tensor:
    """Fill with integers: of the whole range of the dtype, up to `from_` if it stands alone, or between both."""
    check_writable(self)
    source, shape, dtype = generator or default_generator, self._aval.shape, self._aval.dtype
    if from_ is None:
        return _fill(self, _random.random(source, shape, dtype))
    low, high = (0, from_) if to is None else (from_, to)
    return _fill(self, _random.randint(source, low, high, shape, dtype))


def _check_dtype(draw: str, dtype: np.dtype[Any]) -> None:
    if draw in ("exponential", "cauchy") and dtype.kind in "biu":
        raise RuntimeError(
            f"{draw.title()} distribution is a continuous probability distribution. dtype must be a floating point but "
            f"you specified {scalar_name(dtype)}"
        )
    if draw == "log_normal":
        check_continuous(dtype, "log_normal_cpu")


def _continuous(draw: str, **defaults: float | None) -> Row:
    name = f"{draw}_"

    @_unless_meta
    def fill(self: Tensor, *parameters: float, generator: Any = None, **named: float) -> Tensor:
        check_writable(self)
        _check_dtype(draw, self._aval.dtype)
        chosen = {**defaults, **dict(zip(defaults, parameters, strict=False)), **named}
        if len(parameters) > len(defaults) or len(chosen) > len(defaults) or None in chosen.values():
            raise TypeError(f"{name}() takes the numbers {', '.join(defaults)}, but got {parameters} and {named}")
        drawn = getattr(_random, draw)(
            generator or default_generator, self._aval.shape, *chosen.values(), self._aval.dtype
        )
        return _fill(self, drawn)

    fill.__name__ = fill.__qualname__ = name
    return Row(name, fill, function=False)


def _like(name: str, create: Callable[..., Tensor], fill: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function that draws a tensor of the shape, dtype and memory order of another."""
    plain, blank = like(name, create), like("empty_like", empty)

    def create_like(
        input: Tensor, *bounds: Any, generator: Any = None, requires_grad: bool = False, **keywords: Any
    ) -> Tensor:
        if not isinstance(input, Tensor) or not input._turned:
            return plain(input, *bounds, generator=generator, requires_grad=requires_grad, **keywords)
        made = fill(blank(input, **keywords), *bounds, generator=generator)
        return made.requires_grad_(requires_grad)

    return named(create_like, name)


def _fill_with_integers(x: Tensor, low: Any, high: Any = None, *, generator: Any = None) -> Tensor:
    return random_(x, low, generator=generator) if high is None else random_(x, low, high, generator=generator)


ROWS = (
    factory("rand_like", _like("rand_like", rand, uniform_)),
    factory("randn_like", _like("randn_like", randn, normal_)),
    factory("randint_like", _like("randint_like", randint_of, _fill_with_integers)),
    Row("normal_", normal_, function=False),
    Row("uniform_", uniform_, function=False),
    Row("bernoulli_", bernoulli_, function=False),
    Row("random_", random_, function=False),
    _continuous("exponential", lambd=1.0),
    _continuous("geometric", p=None),
    _continuous("cauchy", median=0.0, sigma=1.0),
    _continuous("log_normal", mean=1.0, std=2.0),
)
