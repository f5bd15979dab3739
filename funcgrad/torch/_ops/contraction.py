"""Contractions over chosen dimensions: einsum, tensordot, Kronecker and cross products, pairwise distances."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.dims import dim_of, dims_of
from funcgrad.torch._ops.reduction import vector_norm
from funcgrad.torch._ops.rows import Row, of_tensors
from funcgrad.torch._order import arrange
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import CONTRACTED_SIZES, CROSS_WITHOUT_DIM, TENSORDOT_DIMS
from funcgrad.torch._types import type_name
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Op


def _einsum(*xs: Any, equation: str) -> Any:
    _check_subscripts(equation, [x.shape for x in xs])
    return jnp.einsum(equation, *xs)


def _check_subscripts(equation: str, shapes: list[tuple[int, ...]]) -> None:
    """Refuse a subscript that has two sizes, and other mistakes that have a text in PyTorch."""
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms, seen = inputs.split(","), {}
    if len(shapes) != len(terms):
        more = "more operands were provided than" if len(shapes) > len(terms) else "fewer operands were provided than"
        raise RuntimeError(f"einsum(): {more} specified in the equation")
    for k, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        before, dots, after = term.partition("...")
        if len(before + after) != len(shape) and not dots:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(term)}) does not match the number of "
                f"dimensions ({len(shape)}) for operand {k} and no ellipsis was given"
            )
        sizes = [*zip(before, shape, strict=False), *zip(reversed(after), reversed(shape), strict=False)]
        for letter, size in sizes:
            if 1 not in (size, known := seen.setdefault(letter, size)) and size != known:
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {size} for operand {k} which does not broadcast with "
                    f"previously seen size {known}"
                )
    for letter in output.replace("...", "") if arrow else "":
        if letter not in seen:
            raise RuntimeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any input operand"
            )


EINSUM = Op("einsum", _einsum, label="View")


def einsum(equation: str, *operands: Any) -> Tensor:
    """Sum of products over the subscripts of `equation` that its output does not name."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
    written = equation.replace(" ", "")
    return arrange(apply(EINSUM, (written,), *given), _order_of_product(written))


@functools.lru_cache(maxsize=1024)
def _order_of_product(equation: str) -> tuple[int, ...] | None:
    """How the result of a product lies: what both factors have, what the one has whose dimension comes first, the rest.

    Of other contractions nothing is said.
    """
    inputs, arrow, output = equation.partition("->")
    terms = inputs.split(",")
    if len(terms) != 2 or not arrow or "." in equation or any(len({*term}) < len(term) for term in terms):
        return None
    left, right = ({*term} for term in terms)
    if not (left & right) - {*output}:
        return None
    alone = [letter for letter in output if (letter in left) != (letter in right)]
    first = left if alone and alone[0] in left else right
    rank = [0 if letter in left & right else 1 if letter in first else 2 for letter in output]
    return tuple(sorted(range(len(output)), key=rank.__getitem__))


def _tensordot(a: Any, b: Any, *, dims: tuple[tuple[int, ...], tuple[int, ...]]) -> Any:
    """Where one of two contracted dimensions has length 1, the other is summed."""
    for i, j in zip(*dims, strict=True):
        if a.shape[i] != b.shape[j] and b.shape[j] == 1:
            a = jnp.sum(a, i, keepdims=True)
        elif a.shape[i] != b.shape[j] and a.shape[i] == 1:
            b = jnp.sum(b, j, keepdims=True)
    return jnp.tensordot(a, b, dims)


EACH_OTHER: Any = {0: (1,), 1: (0,)}
TENSORDOT = Op("tensordot", _tensordot, saves=EACH_OTHER, label="View")
KRON = Op("kron", lambda a, b: jnp.kron(a, b), saves=EACH_OTHER, label="UnsafeView")
CROSS = Op("cross", lambda a, b, *, dim: jnp.cross(a, b, axis=dim), saves=EACH_OTHER, label="LinalgCross")


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sum of products over the last dimensions of `a` and the first of `b`, or over the listed ones."""
    pairs = _named_dims(a, b, dims)
    for i, j in zip(*pairs, strict=True):
        sizes = a._aval.shape[i], b._aval.shape[j]
        if sizes[0] != sizes[1] and 1 not in sizes:
            raise RuntimeError(CONTRACTED_SIZES.format(sizes[0], i, sizes[1], j))
    over = tuple(tuple([d % x.ndim for d in dims]) for dims, x in zip(pairs, (a, b), strict=True))
    return apply(TENSORDOT, (over,), a, b)


def _named_dims(a: Tensor, b: Tensor, dims: Any) -> tuple[Sequence[int], Sequence[int]]:
    """For both tensors the dimensions to sum over, from the forms that PyTorch takes: a number, two lists, a tensor.

    Raises:
        TypeError: A number stands for a list.
        RuntimeError: Another form, or more dimensions than there are, or not as many of one as of the other.
    """
    if isinstance(dims, Tensor):
        dims = dims.tolist() if dims.numel() > 1 else int(dims.item())
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        return range(-dims, 0), range(dims)
    if not isinstance(dims, list | tuple):
        raise RuntimeError(TENSORDOT_DIMS.format(dims))
    first, second = dims
    for place, name, given, x in ((3, "dims_self", first, a), (4, "dims_other", second, b)):
        if not isinstance(given, list | tuple):
            wrong = f"must be tuple of ints, not {type_name(given)}"
            raise TypeError(f"tensordot(): argument '{name}' (position {place}) {wrong}")
        dims_of(given, x)
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    return first, second


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Vector product along a dimension of size 3, the first such one unless given."""
    shape = input._aval.shape
    if dim is None and 3 not in shape:
        raise RuntimeError("no dimension of size 3 in input")
    if dim is None:
        warn_once(CROSS_WITHOUT_DIM)
    return apply(CROSS, (shape.index(3) if dim is None else dim_of(dim, len(shape)),), input, other)


def _pairwise(a: Any, b: Any, *, p: float) -> Any:
    return vector_norm(a[..., :, None, :] - b[..., None, :, :], p=p, dims=(-1,), keepdim=False)


CDIST = Op("cdist", _pairwise)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """The p-norm of the difference of every row of `x1` and every row of `x2`."""
    return apply(CDIST, (float(p),), x1, x2)


ROWS = (
    Row("einsum", einsum, method=False),
    Row("tensordot", tensordot, method=False),
    of_tensors("kron", KRON),
    Row("cross", cross),
    Row("cdist", cdist, method=False),
)
