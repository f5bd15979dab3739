"""Transforms that treat the parts of a tensor apart: pieces along a dimension, or its slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from funcgrad.torch._ops.joining import cat, stack
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions import constraints
from funcgrad.torch.distributions._transform import Transform
from funcgrad.torch.distributions.utils import sum_rightmost


class _Parted(Transform):
    def __init__(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        if not all(isinstance(t, Transform) for t in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        super().__init__(cache_size)
        self.transforms, self.dim = list(tseq), dim

    @property
    def bijective(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return all(t.bijective for t in self.transforms)

    def _parts(self, x: Tensor, name: str = "x", noun: str = "tensor") -> list[Tensor]:
        raise NotImplementedError

    def _checked(self, x: Tensor, noun: str, name: str, count: int, what: str) -> None:
        if not -x.ndim <= self.dim < x.ndim:
            raise AssertionError(f"dim {self.dim} out of range for {noun} with {x.ndim} dimensions")
        if x.shape[self.dim] != count:
            raise AssertionError(f"{name}.size({self.dim}) = {x.shape[self.dim]} must equal {what} {count}")


class CatTransform(_Parted):
    """Each transform on its piece along a dimension, as `torch.cat` joins them.

    Args:
        tseq: The transforms.
        dim: The dimension.
        lengths: Of the pieces; 1 each by default.
        cache_size: See `Transform`.

    Raises:
        AssertionError: No transforms, or another number of lengths.
    """

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    @property
    def event_dim(self) -> int:
        return max(t.event_dim for t in self.transforms)

    @property
    def length(self) -> int:
        """Of all pieces together."""
        return sum(self.lengths)

    @property
    def domain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)

    def _parts(self, x: Tensor, name: str = "x", noun: str = "tensor") -> list[Tensor]:
        self._checked(x, noun, name, self.length, "length")
        return list(x.split(self.lengths, self.dim))

    def _call(self, x: Tensor) -> Tensor:
        return cat([t(part) for t, part in zip(self.transforms, self._parts(x), strict=True)], self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        return cat([t.inv(part) for t, part in zip(self.transforms, self._parts(y, "y"), strict=True)], self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        pieces = zip(self.transforms, self._parts(x, "x", "x"), self._parts(y, "y", "y"), strict=True)
        parts = [
            sum_rightmost(t.log_abs_det_jacobian(before, after), self.event_dim - t.event_dim)
            for t, before, after in pieces
        ]
        dim = self.dim - x.ndim * (self.dim >= 0) + self.event_dim
        return cat(parts, dim) if dim < 0 else sum(parts[1:], parts[0])


class StackTransform(_Parted):
    """Each transform on its slice of a dimension, as `torch.stack` joins them.

    Args:
        tseq: The transforms.
        dim: The dimension.
        cache_size: See `Transform`.

    Raises:
        AssertionError: No transforms.
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    @property
    def domain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @property
    def codomain(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return constraints.stack([t.codomain for t in self.transforms], self.dim)

    def _parts(self, x: Tensor, name: str = "x", noun: str = "tensor") -> list[Tensor]:
        self._checked(x, noun, name, len(self.transforms), "len(transforms)")
        return list(x.unbind(self.dim))

    def _each(self, call: Callable[[Transform, Tensor], Tensor], parts: list[Tensor]) -> Tensor:
        return stack([call(t, part) for t, part in zip(self.transforms, parts, strict=True)], self.dim)

    def _call(self, x: Tensor) -> Tensor:
        return self._each(lambda t, part: t(part), self._parts(x))

    def _inverse(self, y: Tensor) -> Tensor:
        return self._each(lambda t, part: t.inv(part), self._parts(y, "y"))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        pieces = zip(self.transforms, self._parts(x, "x", "x"), self._parts(y, "y", "y"), strict=True)
        return stack([t.log_abs_det_jacobian(before, after) for t, before, after in pieces], self.dim)
