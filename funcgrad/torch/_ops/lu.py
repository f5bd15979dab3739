"""LU factors with row exchanges, packed in one matrix or apart."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.creation import zeros
from funcgrad.torch._ops.results import named_result
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.singular import ZERO_IN_FACTOR, check_invertible, zero_pivot
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Op

LU_UNPACK = named_result("lu_unpack", "P", "L", "U")
LINALG_LU = named_result("linalg_lu", "P", "L", "U")
LINALG_LU_FACTOR = named_result("linalg_lu_factor", "LU", "pivots")
DEPRECATED = (
    "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in a "
    "future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\nLU, pivots = "
    "torch.linalg.lu_factor(A, compute_pivots)\nand\nLU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\n"
    "should be replaced with\nLU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)"
)
WRONG_PIVOTS = (
    "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
    "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor"
)


def _factored(a: Any, *, name: str) -> Any:
    if a.ndim < 2:
        shape = list(a.shape)
        raise RuntimeError(f"{name}: Expected tensor with 2 or more dimensions. Got size: {shape} instead")
    lu, pivots, _ = jax.lax.linalg.lu(a)
    return _nan_after_nan(lu), pivots + 1  # LAPACK counts from one


def _nan_after_nan(lu: Any) -> Any:
    """Packed factors with nan in all that a pivot of nan has entered; LAPACK's elimination may hide it."""
    if not lu.size:
        return lu
    rows, columns = np.indices(lu.shape[-2:])
    last = np.minimum(rows - 1, columns)  # the last pivot that enters an element
    is_nan = jnp.isnan(jnp.diagonal(lu, axis1=-2, axis2=-1)).cumsum(-1) > 0
    excess = jnp.where((last >= 0) & is_nan[..., last], jnp.nan, 0).astype(lu.dtype)
    return lu - jax.lax.stop_gradient(excess)


def _triangles(lu: Any) -> Any:
    rows, columns = lu.shape[-2:]
    least = min(rows, columns)
    lower = jnp.tril(lu[..., :least], -1) + jnp.eye(rows, least, dtype=lu.dtype)
    return lower, jnp.triu(lu[..., :least, :])


def _exchanges(pivots: Any, *, rows: int, dtype: Any) -> Any:
    order = jax.lax.linalg.lu_pivots_to_permutation(pivots - 1, rows)
    return jnp.swapaxes(jax.nn.one_hot(order, rows, dtype=dtype), -1, -2)


LU_FACTOR = Op("lu_factor", _factored, label="LinalgLuFactorEx")
TRIANGLES = Op("lu_triangles", _triangles, label="LuUnpack")
EXCHANGES = Op("lu_exchanges", _exchanges)


def factor(A: Tensor, name: str = "torch.lu_factor") -> tuple[Tensor, Tensor]:
    """Both factors in one matrix, and the row exchanges, of any matrix."""
    return tuple(apply(LU_FACTOR, (name,), A))


def _unpack(packed: Tensor, pivots: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    exchanges = apply(EXCHANGES, (packed.shape[-2], packed._aval.dtype), pivots)
    return exchanges, *apply(TRIANGLES, (), packed)


def lu_factor(A: Tensor, *, pivot: bool = True) -> Any:
    """Both factors in one matrix, and the row exchanges.

    Args:
        A: `[..., m, n]`.
        pivot: Whether rows may be exchanged; without effect, they are.

    Returns:
        `LU`, `[..., m, n]`, and `pivots`, `[..., min(m, n)]` int32, counted from one.

    Raises:
        RuntimeError: The matrix is singular.
    """
    check_invertible(A, ZERO_IN_FACTOR, "torch.linalg.lu_factor", RuntimeError)
    return LINALG_LU_FACTOR(factor(A))


def lu(A: Tensor, *, pivot: bool = True) -> Any:
    """P, L and U with `A = P @ L @ U`."""
    return LINALG_LU(_unpack(*factor(A, "linalg.lu")))


def packed_lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> Any:
    """`torch.linalg.lu_factor` under its old name; with `get_infos` the info of `lu_factor_ex` too."""
    warn_once(DEPRECATED)
    made = factor(A)
    return (*made, zero_pivot(A)) if get_infos else made


def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:
    """P, L and U from what `torch.linalg.lu_factor` gives.

    Raises:
        RuntimeError: Pivots that are not int32.
    """
    if LU_pivots._aval.dtype != np.int32:
        raise RuntimeError(WRONG_PIVOTS)
    parts = _unpack(LU_data, LU_pivots)
    wanted = (unpack_pivots, unpack_data, unpack_data)
    return LU_UNPACK(x if asked else zeros(0) for x, asked in zip(parts, wanted, strict=True))


ROWS = (
    Row("lu", packed_lu),
    Row("lu_unpack", lu_unpack, method=False),
)
