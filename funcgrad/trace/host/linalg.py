"""Rows of the host's primitives that decompose matrices and solve triangular systems, by the same LAPACK as XLA's.

A matrix that has no decomposition raises `numpy.linalg.LinAlgError`: what XLA makes of it is left to XLA.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from funcgrad.trace.host.row import Function, check


def cholesky(taken: Any, made: Any, *, symmetrize_input: bool = False, **_: Any) -> Function:
    """The lower factor."""
    check(not symmetrize_input)
    return np.linalg.cholesky


def qr(taken: Any, made: Any, *, full_matrices: bool, pivoting: bool, **_: Any) -> Function:
    """The orthogonal and the upper factor."""
    check(not pivoting)
    mode: Any = "complete" if full_matrices else "reduced"
    return lambda x: [*np.linalg.qr(x, mode)]


def eigh(taken: Any, made: Any, *, lower: bool, subset_by_index: Any, **_: Any) -> Function:
    """Eigenvectors and eigenvalues, the smallest first."""
    check(subset_by_index is None)
    return lambda x: [*np.linalg.eigh(x, "L" if lower else "U")][::-1]


def svd(taken: Any, made: Any, *, full_matrices: bool, compute_uv: bool, subset_by_index: Any, **_: Any) -> Function:
    """Singular values, and the vectors on the left and on the right if asked for."""
    check(subset_by_index is None)

    def run(x: Any) -> list[Any]:
        if not compute_uv:
            return [np.linalg.svd(x, full_matrices, compute_uv=False)]
        u, s, v = np.linalg.svd(x, full_matrices)
        return [s, u, v]

    return run


def lu(taken: Any, made: Any) -> Function:
    """Both factors in one matrix, the rows exchanged step by step, and the permutation that this makes."""
    from scipy.linalg import lapack  # takes a while, and few scripts need it

    factorize: Any = lapack.get_lapack_funcs("getrf", dtype=taken[0].dtype)
    *batch, n, m = taken[0].shape

    def run(x: Any) -> list[Any]:
        found = [factorize(matrix)[:2] for matrix in x.reshape(-1, n, m)]
        factors = np.array([factor for factor, _ in found]).reshape(x.shape)
        pivots = np.array([pivot for _, pivot in found], np.int32).reshape(*batch, min(n, m))
        return [factors, pivots, _permutation(pivots, n)]

    check(0 not in taken[0].shape)
    return run


def lu_pivots_to_permutation(taken: Any, made: Any, *, permutation_size: int) -> Function:
    """Where each row comes from, after exchanges with those that pivots name."""
    return lambda pivots: _permutation(pivots, permutation_size)


def _permutation(pivots: Any, n: int) -> Any:
    rows = np.broadcast_to(np.arange(n, dtype=np.int32), (*pivots.shape[:-1], n)).reshape(-1, n).copy()
    for row, exchanged in zip(rows, pivots.reshape(-1, pivots.shape[-1]).tolist(), strict=True):
        for k, other in enumerate(exchanged):
            row[k], row[other] = row[other], row[k]
    return rows.reshape(*pivots.shape[:-1], n)


def triangular_solve(
    taken: Any,
    made: Any,
    *,
    left_side: bool,
    lower: bool,
    transpose_a: bool,
    conjugate_a: bool,
    unit_diagonal: bool,
) -> Function:
    """The X of A X = B, or of X A = B."""
    from scipy.linalg import blas  # as above

    check(0 not in taken[0].shape and 0 not in taken[1].shape)
    solve: Any = blas.get_blas_funcs("trsm", dtype=taken[0].dtype)
    transposition = 2 if transpose_a and conjugate_a else int(transpose_a)
    options = {"side": not left_side, "lower": lower, "trans_a": transposition, "diag": unit_diagonal}
    size, shape = taken[0].shape[-1], taken[1].shape

    def run(a: Any, b: Any) -> Any:
        a = a.conj() if conjugate_a and not transpose_a else a
        pairs = zip(a.reshape(-1, size, size), b.reshape(-1, *shape[-2:]), strict=True)
        return np.array([solve(1, x, y, **options) for x, y in pairs]).reshape(shape)

    return run
