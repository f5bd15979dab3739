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


class ViewOp(Op):
    """An operator of one array (and positions), every element of whose results is an element of that array.

    Args:
        name: As for `Op`.
        function: As for `Op`.
        inverse: `(base, new, *positions, **static) -> base` with `new` where the function reads, if there is a
            faster way than scattering. Only for one result.
        writable: False if two elements of a result can be the same element of the input.
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
            indices = jnp.arange(math.prod(base.shape)).reshape(base.shape)
            target = self([indices, *places], static)[number]
            return base.reshape(-1).at[target.reshape(-1)].set(new.reshape(-1)).reshape(base.shape)

        def write(base: Any, new: Any, *places: Any, static: tuple[Any, ...], number: int) -> Any:
            assert inverse is not None
            return inverse(base, new, *places, **dict(zip(self.static_names, static, strict=True)))

        writer = scatter if inverse is None else write
        self.writer = Op(f"write_{name}", writer, saves={0: (), 1: ()}, label="CopySlices")
