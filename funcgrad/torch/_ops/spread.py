"""Variance and standard deviation; the gradient of the deviation is 0 where the values are all equal."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dims_of
from funcgrad.torch._ops.promotion import once
from funcgrad.torch._ops.rows import Row, named, with_out
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _variance(x: Any, *, dims: Any, keepdim: bool, correction: float) -> Any:
    if not jnp.issubdtype(x.dtype, np.inexact):
        raise RuntimeError("std and var only support floating point and complex dtypes")
    count = math.prod(x.shape if dims is None else [x.shape[d] for d in dims])
    centred = x - jnp.mean(x, dims, keepdims=True)
    squares = (centred * centred.conj()).real if jnp.iscomplexobj(x) else centred * centred
    return jnp.sum(squares, dims, keepdims=keepdim) / jnp.asarray(max(count - correction, 0), squares.dtype)


@jax.custom_jvp
def _root(x: Any) -> Any:
    return jnp.sqrt(x)


@_root.defjvp
def _root_jvp(primals: Any, tangents: Any) -> Any:
    root = _root(primals[0])
    return root, jnp.where(root == 0, 0, tangents[0] / (2 * jnp.where(root == 0, 1, root)))


def _deviation(x: Any, *, dims: Any, keepdim: bool, correction: float) -> Any:
    return _root(_variance(x, dims=dims, keepdim=keepdim, correction=correction))


def _and_mean(function: Any) -> Any:
    def both(x: Any, *, dims: Any, keepdim: bool, correction: float) -> tuple[Any, Any]:
        spread = function(x, dims=dims, keepdim=keepdim, correction=correction)
        return spread, jnp.mean(x, dims, keepdims=keepdim)

    return both


def _warn_if_none_left(name: str, shape: tuple[int, ...], dims: Any, correction: float) -> None:
    if math.prod(shape if dims is None else [shape[d] for d in dims]) <= correction:
        warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel)."
        )


VAR = Op("var", once(_variance))
STD = Op("std", once(_deviation))
VAR_MEAN = Op("var_mean", once(_and_mean(_variance)))
STD_MEAN = Op("std_mean", once(_and_mean(_deviation)))


def _row(op: Op, summary: str, *, method: bool) -> Row:
    def call(
        input: Tensor,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
        **other: Any,
    ) -> Any:
        if other:
            given = {"dim": dim, "unbiased": unbiased, "keepdim": keepdim or None, "correction": correction}
            return with_out(call, other, input, **{name: x for name, x in given.items() if x is not None})
        if isinstance(dim, bool):  # the old form: var(unbiased)
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        dims = dims_of(dim, input)
        _warn_if_none_left(op.name, input._aval.shape, dims, correction)
        made = apply(op, (dims, keepdim, correction), input)
        return tuple(made) if isinstance(made, list) else made

    call.__doc__ = summary
    return Row(op.name, named(call, op.name), method=method)


ROWS = (
    _row(VAR, "Variance, divided by the count less `correction` (1, or 0 if not `unbiased`).", method=True),
    _row(STD, "Standard deviation, the root of the variance.", method=True),
    _row(VAR_MEAN, "Variance and mean.", method=False),
    _row(STD_MEAN, "Standard deviation and mean.", method=False),
)
