"""Linear systems and inverses in further forms: with a report of success, of tensors, from LU factors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.joining import stack
from funcgrad.torch._ops.linalg import MATMUL
from funcgrad.torch._ops.lu import factor, lu_unpack
from funcgrad.torch._ops.matrix import CHOLESKY, INV, inv, solve, solve_any, solve_triangular
from funcgrad.torch._ops.pieces import diagonal as diagonal_of
from funcgrad.torch._ops.results import named_result
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.singular import (
    NOT_INVERTIBLE,
    NOT_POSITIVE,
    NOT_SOLVABLE,
    ZERO_IN_FACTOR,
    failing_minor,
    refuse,
    zero_pivot,
)
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

INV_EX = named_result("linalg_inv_ex", "inverse", "info")
CHOLESKY_EX = named_result("linalg_cholesky_ex", "L", "info")
LU_FACTOR_EX = named_result("linalg_lu_factor_ex", "LU", "pivots", "info")
SOLVE_EX = named_result("linalg_solve_ex", "result", "info")


# `info` is 0 where the result exists; with `check_errors` it is looked at.


def inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """The inverse matrix, and which diagonal element of the factor U is the first that is 0."""
    made = apply(INV, (), A)
    return INV_EX((made, _looked_at(zero_pivot(A), check_errors, NOT_INVERTIBLE, "linalg.inv_ex")))


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """The triangular factor, nan if there is none, and the order of the first minor that is not positive definite."""
    made = apply(CHOLESKY, (upper,), A)
    return CHOLESKY_EX((made, _looked_at(failing_minor(A, upper), check_errors, NOT_POSITIVE, "linalg.cholesky_ex")))


def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """What `lu_factor` gives, and which diagonal element of the factor U is the first that is 0."""
    made, name = factor(A), "torch.linalg.lu_factor_ex"
    return LU_FACTOR_EX((*made, _looked_at(zero_pivot(A), check_errors, ZERO_IN_FACTOR, name, RuntimeError)))


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """The solution of `A @ X = B`, and which diagonal element of the factor U of A is the first that is 0."""
    made = solve_any(A, B, left)
    return SOLVE_EX((made, _looked_at(zero_pivot(A), check_errors, NOT_SOLVABLE, "torch.linalg.solve_ex")))


def _looked_at(info: Tensor, is_wanted: bool, *refusal: Any) -> Tensor:
    if is_wanted:
        refuse(info, *refusal)
    return info


def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """The solution of `A @ X = B` (or `X @ A = B`) from what `lu_factor` gives; `adjoint` is for `A.mH`."""
    if not left:
        return lu_solve(LU, pivots, B.mH, adjoint=not adjoint).mH
    exchanges, lower, upper = lu_unpack(LU, pivots)
    if adjoint:
        first = solve_triangular(upper.mH, B, upper=False)
        return apply(MATMUL, (), exchanges, solve_triangular(lower.mH, first, upper=True, unitriangular=True))
    first = solve_triangular(lower, apply(MATMUL, (), exchanges.mT, B), upper=False, unitriangular=True)
    return solve_triangular(upper, first, upper=True)


def older_lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """`torch.linalg.lu_solve` under its old name, with another order of arguments."""
    return apply(LU_SOLVED, (), lu_solve(LU_data, LU_pivots, input))


LU_SOLVED = Op("lu_solve", lambda x: x, saves={0: ()}, label="LinalgLuSolve")


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of a tensor as a linear map: its first `ind` dimensions are the rows."""
    rows = math.prod(A.shape[:ind])
    return inv(A.reshape(rows, -1)).reshape(*A.shape[ind:], *A.shape[:ind])


def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The X with `tensordot(A, X, X.ndim) = B`; `dims` of A go to its end first."""
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    unknown = A.shape[B.ndim :]
    return solve(A.reshape(-1, math.prod(unknown)), B.reshape(-1)).reshape(unknown)


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """The powers 0 to N - 1 of each element, as a new last dimension."""
    if N is not None and N <= 1:
        raise RuntimeError("N must be greater than 1.")
    x = x if x.ndim else x.reshape(1)
    return _powers(x, x.shape[-1] if N is None else N)


def older_vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers N - 1 to 0 of each element of a vector as rows of a matrix, or 0 to N - 1 with `increasing`."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    if N is not None and N < 0:
        raise RuntimeError("N must be non-negative.")
    if N == 0:
        return x.new_empty(x.shape[0], 0)
    made = _powers(x, x.shape[0] if N is None else N)
    return made if increasing else made.flip(1)


def _powers(x: Tensor, count: int) -> Tensor:
    powers = [x.new_ones(x.shape)]
    for _ in range(1, count):
        powers.append(powers[-1] * x)
    return stack(powers, -1)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices."""
    return diagonal_of(A, offset, dim1, dim2)


ROWS = (Row("lu_solve", older_lu_solve), Row("vander", older_vander, method=False))
