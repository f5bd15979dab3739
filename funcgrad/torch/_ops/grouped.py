"""grouped_mm: products of matrices whose groups lie one after the other in one tensor.

Every group's product has all rows, of which those of the group are kept, so that shapes do not depend on the offsets.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import dtype as Dtype
from funcgrad.trace import Op

_DTYPES = ("float32", "bfloat16", "float16")
_ALIGNED = 16
"""Bytes that a row, or a column, is a multiple of."""


def _members(offs: Any, size: int) -> Any:
    """Which of `size` places belong to each group, `[groups, size]`; those after the last offset belong to none."""
    place = jnp.arange(size)
    ends = offs[:, None]
    starts = jnp.concatenate([jnp.zeros((1, 1), offs.dtype), ends[:-1]])
    return (starts <= place) & (place < ends)


def _grouped(a: Any, b: Any, *offs: Any) -> Any:
    if not offs:
        return a @ b
    zero = jnp.zeros((), a.dtype)
    if a.ndim == b.ndim:  # the groups lie along what is summed over
        inner = min(a.shape[1], b.shape[0])
        a, b = a[:, :inner], b[:inner]
        return jnp.where(_members(offs[0], a.shape[1])[:, None], a, zero) @ b
    if a.ndim == 2:
        return jnp.where(_members(offs[0], a.shape[0])[..., None], a @ b, zero).sum(0)
    return jnp.where(_members(offs[0], b.shape[1])[:, None], a @ b, zero).sum(0)


GROUPED_MM = Op("grouped_mm", _grouped)


def grouped_mm(
    mat_a: Tensor, mat_b: Tensor, *, offs: Tensor | None = None, bias: Any = None, out_dtype: Dtype | None = None
) -> Tensor:
    """Products of matrices, one for each group.

    Args:
        mat_a: `[groups, rows, inner]`, or `[rows, inner]` with the groups one after the other.
        mat_b: `[groups, inner, columns]`, or `[inner, columns]` with the groups one after the other.
        offs: Where each group ends along the shared dimension, int32 `[groups]`; what lies after the last is left out.
        bias: Not supported, as in PyTorch.
        out_dtype: The dtype of `mat_a`.

    Returns:
        `[rows, columns]` where one of the two has its groups in a dimension of their own, else with them in front.

    Raises:
        RuntimeError: Shapes, dtypes, strides or offsets that do not fit, in PyTorch's words.
    """
    require_tensor(mat_a, "_grouped_mm")
    require_tensor(mat_b, "_grouped_mm", "mat2", 2)
    _check_operands(mat_a, mat_b)
    _check_offsets(mat_a, mat_b, offs)
    if bias is not None:
        raise RuntimeError("Bias not supported yet")
    if out_dtype not in (None, mat_a.dtype):
        raise RuntimeError("Grouped gemm output dtype must match `mat_a` dtype")
    return apply(GROUPED_MM, (), mat_a, mat_b, *(() if offs is None else (offs,)))


def _check_operands(a: Any, b: Any) -> None:
    for name, x in (("mat_a", a), ("mat_b", b)):
        if x.dtype.name not in _DTYPES:
            got = scalar_name(np.dtype(x.dtype.name))
            raise RuntimeError(f"Expected {name} to be Float32, BFloat16 or Float16 matrix, got {got}")
    for name, x in (("mat_a", a), ("mat_b", b)):
        if x.ndim not in (2, 3):
            raise RuntimeError(f"{name} has to be 2 or 3d")
    if (a.ndim == 3 or b.ndim == 3) and a.shape[-1] != b.shape[-2]:
        raise RuntimeError("contraction dimension of mat_a and mat_b must match")
    for x in (a, b):
        _check_strides(x)


def _check_strides(x: Any) -> None:
    """One of the last two dimensions is dense, and the other begins at multiples of 16 bytes."""
    rows, columns = x.stride()[-2:]
    wide = rows if columns == 1 and rows >= max(1, x.shape[-1]) else columns
    if wide * x.itemsize % _ALIGNED:
        raise RuntimeError(f"strides should be multiple of {_ALIGNED} bytes")


def _check_offsets(a: Any, b: Any, offs: Any) -> None:
    if (offs is not None) != (a.ndim == 2 or b.ndim == 2):
        raise RuntimeError("Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d")
    groups = [x.shape[0] for x in (a, b) if x.ndim == 3]
    if offs is None:
        if groups[0] != groups[1]:
            raise RuntimeError("batched dimension has to match")
        return
    if offs.ndim != 1:
        raise RuntimeError("offs has to be 1D")
    if offs.dtype.name != "int32":
        raise RuntimeError("Offsets have to be int32")
    if groups and groups[0] != offs.shape[0]:
        raise RuntimeError("matrix batch sizes have to match")
