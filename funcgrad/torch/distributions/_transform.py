"""Transform: the base of invertible functions, and what is composed of them.

`domain` and `codomain` are constraints; the event dimensions of a transform are those that one call treats together.
"""

from __future__ import annotations

import copy
import math
import weakref
from typing import Any

from funcgrad.torch._ops.creation import zeros
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions.utils import sum_rightmost


class Transform:
    """An invertible function.

    Args:
        cache_size: 1 if the inverse of the last result shall be the very input that gave it, else 0.
    """

    bijective = False
    domain: Any
    codomain: Any

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._cached: tuple[Any, Any] = (None, None)
        self._inverted: Any = None  # a weak reference to the inverse, which is one object while it is used

    def with_cache(self, cache_size: int = 1) -> Any:
        """The same transform with another `cache_size`: itself, if that is its own."""
        return self if cache_size == self._cache_size else self._with(cache_size)

    def _with(self, cache_size: int) -> Any:
        if not type(self).__init__.__module__.startswith("funcgrad."):  # what else it is made of is not known
            raise NotImplementedError(f"{type(self)}.with_cache is not implemented")
        other = copy.copy(self)
        Transform.__init__(other, cache_size)
        return other

    @property
    def event_dim(self) -> int:
        """Dimensions that one call treats together, where input and result have the same."""
        if self.domain.event_dim == self.codomain.event_dim:
            return self.domain.event_dim
        raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")

    @property
    def inv(self) -> Any:
        """The inverse."""
        found = None if self._inverted is None else self._inverted()
        if found is None:
            found = self._make_inverse()
            self._inverted = weakref.ref(found)
        return found

    def _make_inverse(self) -> Transform:
        return _InverseTransform(self)

    @property
    def sign(self) -> Any:
        """1 if increasing, -1 if decreasing."""
        raise NotImplementedError

    def __call__(self, x: Tensor) -> Tensor:
        """The result for an input."""
        if self._cache_size and x is self._cached[0]:
            return self._cached[1]
        return self._keep(x, self._call(x))[1]

    def _inv_call(self, y: Tensor) -> Tensor:
        if self._cache_size and y is self._cached[1]:
            return self._cached[0]
        return self._keep(self._inverse(y), y)[0]

    def _keep(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        if self._cache_size:
            self._cached = x, y
        return x, y

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log |dy / dx|."""
        raise NotImplementedError

    def forward_shape(self, shape: Size) -> Size:
        """The result's shape for an input's."""
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        """The input's shape for a result's."""
        return shape

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(map(same, self._parameters(), other._parameters()))  # pyright: ignore[reportAttributeAccessIssue]

    def __hash__(self) -> int:
        return id(self)

    def _parameters(self) -> tuple[Any, ...]:
        return ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _InverseTransform(Transform):
    """Another transform, from its results to its inputs."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._transform = transform

    @property
    def domain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._transform.codomain

    @property
    def codomain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._transform.domain

    @property
    def bijective(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._transform.bijective

    @property
    def sign(self) -> Any:
        return self._transform.sign

    @property
    def inv(self) -> Transform:
        return self._transform

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._transform.with_cache(cache_size).inv

    def __call__(self, x: Tensor) -> Tensor:
        return self._transform._inv_call(x)

    def _inv_call(self, y: Tensor) -> Tensor:
        return self._transform(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._transform.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Size) -> Size:
        return self._transform.inverse_shape(shape)

    def inverse_shape(self, shape: Size) -> Size:
        return self._transform.forward_shape(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._transform == other._transform

    __hash__ = Transform.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transform!r})"


class ComposeTransform(Transform):
    """Several transforms, the first one first.

    Args:
        parts: The transforms.
        cache_size: See `Transform`.
    """

    def __init__(self, parts: list[Any], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else parts

    @property
    def domain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        if not self.parts:
            return constraints.real
        needed = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            needed = max(needed + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim)
        return widened(self.parts[0].domain, needed)

    @property
    def codomain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        if not self.parts:
            return constraints.real
        given = self.parts[0].domain.event_dim
        for part in self.parts:
            given = max(given + part.codomain.event_dim - part.domain.event_dim, part.codomain.event_dim)
        return widened(self.parts[-1].codomain, given)

    def _with(self, cache_size: int) -> ComposeTransform:
        return ComposeTransform(self.parts, cache_size)

    @property
    def bijective(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        return math.prod(part.sign for part in self.parts)

    def _make_inverse(self) -> ComposeTransform:
        inverse = ComposeTransform([part.inv for part in reversed(self.parts)])
        inverse._inverted = weakref.ref(self)
        return inverse

    def _call(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Tensor) -> Tensor:
        for part in reversed(self.parts):
            y = part.inv(y)
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return zeros(x.shape, dtype=x.dtype)
        total: Any = 0
        event_dim = self.domain.event_dim
        for part in self.parts:
            result = part(x)
            total = total + sum_rightmost(part.log_abs_det_jacobian(x, result), event_dim - part.domain.event_dim)
            event_dim += part.codomain.event_dim - part.domain.event_dim
            x = result
        return total

    def forward_shape(self, shape: Size) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Size) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = Transform.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


def same(a: Any, b: Any) -> bool:
    """Whether two parameters are equal, all their elements."""
    equal = a == b
    return bool(equal.all()) if isinstance(equal, Tensor) else equal


def widened(constraint: Any, event_dim: int) -> Any:
    """A constraint on events of more dimensions."""
    more = event_dim - constraint.event_dim
    return constraints.independent(constraint, more) if more else constraint


identity_transform = ComposeTransform([])
