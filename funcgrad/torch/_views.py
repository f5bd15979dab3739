"""View operators: operators whose result shares memory with their input.

A view is read by its function and written by its writer, an operator in its own right; by default the writer
scatters to the positions that the function reads. Where a view starts (`x[i]`) is data, given as further operands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from funcgrad.trace import Op


class Writer(Op):
    """`(base, new, *positions) -> base`, with `new` in the place of a view; its node can be walked once only."""

    __slots__ = ()

    def __init__(self, name: str, function: Callable[..., Any], saves: dict[int, tuple[int, ...]]) -> None:
        super().__init__(name, function, saves=saves, label="CopySlices", anywhere=(2,))


class ViewOp(Op):
    """An operator of one array (and positions), every element of whose results is an element of that array.

    Args:
        name: As for `Op`.
        function: As for `Op`.
        inverse: `(base, new, *positions, **static) -> base` with `new` where the function reads, if there is a
            faster way than scattering. Only for one result.
        writable: False if two elements of a result can be the same element of the input: then the writer does not
            hold, see `WRITE_AT`.
        label: As for `Op`.
    """

    __slots__ = ("writable", "writer")

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        inverse: Callable[..., Any] | None = None,
        writable: bool = True,
        label: str | Callable[..., str] | None = None,
    ) -> None:
        super().__init__(name, function, saves={0: ()}, label=label)
        self.writable = writable

        def scatter(base: Any, new: Any, *places: Any, static: tuple[Any, ...], number: int) -> Any:
            return _write_at(base, new, self([_places(shape=base.shape), *places], static)[number])

        def write(base: Any, new: Any, *places: Any, static: tuple[Any, ...], number: int) -> Any:
            assert inverse is not None
            return inverse(base, new, *places, **dict(zip(self.static_names, static, strict=True)))

        self.writer = Writer(f"write_{name}", scatter if inverse is None else write, {0: (), 1: ()})


def _places(*, shape: tuple[int, ...]) -> Any:
    return jnp.arange(math.prod(shape)).reshape(shape)


def _write_at(base: Any, new: Any, places: Any) -> Any:
    return base.reshape(-1).at[places.reshape(-1)].set(new.reshape(-1)).reshape(base.shape)


PLACES = Op("places", _places)
"""The position of each element in memory; a view of it says where the view's elements lie."""
WRITE_AT = Writer("write_at", _write_at, {0: (2,), 1: (2,)})
"""`(base, new, places)`: the writer of any view at all, where no two elements of it are one, or both get one value."""
