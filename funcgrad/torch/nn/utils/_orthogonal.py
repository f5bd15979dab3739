"""Orthogonal: a matrix with orthonormal columns (or rows, if it is wide) from one without constraints."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.comparison import allclose
from funcgrad.torch._ops.creation import eye
from funcgrad.torch._ops.householder import geqrf, householder_product
from funcgrad.torch._ops.joining import cat
from funcgrad.torch._ops.matrix import matrix_exp, qr, solve
from funcgrad.torch._ops.random import randn
from funcgrad.torch._type_info import finfo
from funcgrad.torch.nn._module import Module

MAPS = ("matrix_exp", "cayley", "householder")
NO_INVERSE = (
    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
    "use_trivialization=False."
)


def map_for(weight: Any, asked: str | None) -> str:
    """The map by name, or the usual one for a weight.

    Raises:
        ValueError: There is no such map.
    """
    if asked is None:
        return "matrix_exp" if weight.shape[-2] == weight.shape[-1] or weight.is_complex() else "householder"
    if asked not in MAPS:
        raise ValueError(f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {asked}')
    return asked


class Orthogonal(Module):
    """A matrix with orthonormal columns, or rows.

    Args:
        weight: The matrix whose shape it has.
        orthogonal_map: Which map leads there.
        use_trivialization: Whether it is a product with `base`, the orthogonal matrix that was assigned last.
    """

    base: Any

    def __init__(self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def _get_name(self) -> str:
        return "_Orthogonal"

    def forward(self, X: Any) -> Any:
        """The orthogonal matrix."""
        is_wide = X.shape[-2] < X.shape[-1]
        tall = X.mT if is_wide else X
        Q = _reflected(tall) if self.orthogonal_map == "householder" else self._rotated(tall)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if is_wide else Q

    def _rotated(self, X: Any) -> Any:
        """The exponential or the Cayley transform of a skew-symmetric matrix."""
        n, k = X.shape[-2:]
        lower = X.tril()
        if n != k:
            lower = cat([lower, X.new_zeros(n, n - k).expand(*X.shape[:-2], -1, -1)], dim=-1)
        A = lower - lower.mH
        if self.orthogonal_map == "matrix_exp":
            return matrix_exp(A)[..., :k]  # pyright: ignore[reportIndexIssue]
        one: Any = eye(n, dtype=A.dtype)
        return solve(one.add(A, alpha=-0.5), one.add(A, alpha=0.5))[..., :k]  # pyright: ignore[reportIndexIssue]

    def right_inverse(self, Q: Any) -> Any:
        """The matrix without constraints for an orthogonal one; what is not orthogonal is made so."""
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        with no_grad():
            is_wide = Q.shape[-2] < Q.shape[-1]
            tall = Q.mT if is_wide else Q
            if not hasattr(self, "base"):
                made = self._reflections(tall)
                return made.mT if is_wide else made
            self.base = _completed(tall)
            start: Any = Q.new_zeros(Q.shape)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return start

    def _reflections(self, Q: Any) -> Any:
        if self.orthogonal_map != "householder":
            raise NotImplementedError(NO_INVERSE)
        A, tau = geqrf(Q)
        diagonal = A.diagonal(dim1=-2, dim2=-1)
        diagonal.copy_(diagonal.sign() * (1 - 2 * (tau == 0).to(A.dtype)))
        return A


def _reflected(X: Any) -> Any:
    A = X.tril(diagonal=-1)
    tau = 2.0 / (1.0 + (A * A).sum(dim=-2))
    signs = X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
    return householder_product(A, tau) * signs


def _completed(Q: Any) -> Any:
    """A square orthogonal matrix that begins with the columns of `Q`, made orthogonal if they are not."""
    n, k = Q.shape[-2:]
    if n != k:
        return _made_orthogonal(cat([Q, randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype)], dim=-1))
    one: Any = eye(k, dtype=Q.dtype)
    if allclose(Q.mH @ Q, one, atol=10.0 * n * finfo(Q.dtype).eps):
        return Q.clone()
    return _made_orthogonal(Q)


def _made_orthogonal(A: Any) -> Any:
    Q, R = qr(A)
    return Q * R.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
