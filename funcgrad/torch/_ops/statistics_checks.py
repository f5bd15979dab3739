"""What cov and gradient refuse, in PyTorch's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._tensor import Tensor


def check_cov(x: Tensor, fweights: Tensor | None, aweights: Tensor | None) -> None:
    """Refuse what is no matrix of observations, and weights that do not fit.

    Raises:
        RuntimeError: PyTorch's text.
    """
    if x.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {x.ndim} dimensions"
        )
    count = x._aval.shape[-1] if x.ndim else 1
    for name, kinds, wanted, given in (
        ("fweights", "biu", "integral", fweights),
        ("aweights", "f", "floating point", aweights),
    ):
        if given is not None:
            _check_weights(name, kinds, wanted, given, count)


def _check_weights(name: str, kinds: str, wanted: str, given: Tensor, count: int) -> None:
    if given.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {given.ndim} dimensions"
        )
    if given._aval.dtype.kind not in kinds:
        raise RuntimeError(
            f"cov(): expected {name} to have {wanted} dtype but got {name} with {scalar_name(given._aval.dtype)} dtype"
        )
    if given._aval.size != count:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{given._aval.size} != {count}"
        )

    def check(found: np.ndarray) -> None:
        if (found < 0).any():
            raise RuntimeError(f"cov(): {name} cannot be negative")

    expect(given, check)


def check_gradient(x: Tensor, spacing: Any, dim: Any, edge_order: int) -> None:
    """Refuse dimensions, distances and lengths of which there is no slope.

    Raises:
        RuntimeError: PyTorch's text.
    """
    _check_spacing(x, spacing, dim)
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    found = [dim_of(d, x.ndim) for d in dims]
    for k, d in enumerate(found):
        if d in found[:k]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        if x._aval.shape[d] <= edge_order:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")


def _check_spacing(x: Tensor, spacing: Any, dim: Any) -> None:
    if not isinstance(spacing, Sequence):
        return
    if dim is None and len(spacing) != x.ndim:
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() = "
            f"{x.ndim}', since dim argument was not given, but got a list of length {len(spacing)}"
        )
    count = 1 if isinstance(dim, int) else len(dim or spacing)
    if len(spacing) != count:
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the "
            f"same length, but got a spacing argument of length {len(spacing)} and a dim argument of length {count}."
        )
    for places in spacing:
        if isinstance(places, Tensor) and places.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got an element with "
                f"{places.ndim} dimensions!"
            )
