"""Factors of low rank by random projections, in the order of PyTorch's draws and factorizations."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._ops.random import randn
from funcgrad.torch.linalg import qr, svd


def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> tuple[Any, Any, Any]:
    """Factors U, S, V of the rank `q` with `A - M` nearly `U @ diag(S) @ V.mH`.

    Args:
        A: `[..., m, n]`.
        q: How many columns the factors have; a few more than the rank.
        niter: Steps of the subspace iteration.
        M: What is taken off, broadcast to the shape of `A`.

    Returns:
        `[..., m, q]`, `[..., q]`, `[..., n, q]`.

    Source: Halko, Martinsson, Tropp (2009), algorithms 4.4 and 5.1; torch.svd_lowrank, PyTorch 2.13.
    """
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    matrix = A if M is None else A - M
    if matrix.shape[-2] < matrix.shape[-1]:
        v, s, u = _of_tall(matrix.mH, q, niter)
        return u, s, v
    return _of_tall(matrix, q, niter)


def _of_tall(matrix: Any, q: int, niter: int) -> tuple[Any, Any, Any]:
    basis = qr(matrix @ randn(matrix.shape[-1], q, dtype=matrix.dtype)).Q
    for _ in range(niter):
        basis = qr(matrix.mH @ basis).Q
        basis = qr(matrix @ basis).Q
    u, s, vh = svd(basis.mH @ matrix, full_matrices=False)
    return basis @ u, s, vh.mH


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Any, Any, Any]:
    """Principal components: `svd_lowrank` of the matrix less the mean of its rows.

    Args:
        A: `[..., m, n]`: m samples of n features.
        q: Number of components; by default the least of 6, m and n.
        center: Whether the mean is taken off.
        niter: Steps of the subspace iteration.

    Returns:
        As `svd_lowrank`; the columns of V are the directions, `A @ V` the projections.

    Raises:
        ValueError: `q` is negative or exceeds m or n, or `niter` is negative.
    """
    least = min(A.shape[-2:])
    if q is None:
        q = min(6, least)
    elif not 0 <= q <= least:
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={least}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(dim=(-2,), keepdim=True) if center else A, q, niter)
