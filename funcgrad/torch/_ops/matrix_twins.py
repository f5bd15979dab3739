"""The top-level names of linear algebra: `torch.det` and others that `torch.linalg` has too, and removed ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.inplace import zero_
from funcgrad.torch._ops.linalg import MM
from funcgrad.torch._ops.matrix import (
    CHOLESKY,
    QR,
    SLOGDET,
    SVD,
    TRIANGULAR,
    cholesky_inverse,
    cholesky_solve,
    det,
    inv,
    logdet,
    matrix_exp,
    matrix_power,
    multi_dot,
    pinv,
)
from funcgrad.torch._ops.results import named_result
from funcgrad.torch._ops.rows import Row, named, of_tensors, renamed
from funcgrad.torch._ops.singular import check_for_svd, check_positive
from funcgrad.torch._tensor import Tensor

_NAMES = {"slogdet": ("sign", "logabsdet"), "svd": ("U", "S", "V"), "qr": ("Q", "R")}
RESULTS = {name: named_result(name, *fields) for name, fields in _NAMES.items()}
TRIANGULAR_SOLVE = named_result("triangular_solve", "solution", "cloned_coefficient")
_REMOVED = "This function was deprecated since version 1.9 and is now removed. "
_ADVICE = {
    "eig": "`torch.linalg.eig` returns complex tensors of dtype `cfloat` or `cdouble` rather than real tensors "
    "mimicking complex tensors.",
    "symeig": "The default behavior has changed from using the upper triangular portion of the matrix by default to "
    "using the lower triangular portion.",
    "lstsq": "`torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`.",
    "solve": "`torch.solve` is deprecated in favor of `torch.linalg.solve`. `torch.linalg.solve` has its arguments "
    "reversed and does not return the LU factorization.",
    "matrix_rank": "",
}
_DEPRECATED = "torch.{} is deprecated in favor of torch.linalg.{} and will be removed in a future PyTorch release."


def slogdet(input: Tensor) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return RESULTS["slogdet"](apply(SLOGDET, (), input))


def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """Factors U, S, V with `input = U @ diag(S) @ V.mH`."""
    check_for_svd(input)
    u, s, vh = apply(SVD, (not some,), input)
    return RESULTS["svd"]((u, s, vh.mH) if compute_uv else (u.detach() * 0, s, vh.detach().mT * 0))


def qr(input: Tensor, some: bool = True) -> Any:
    """An orthogonal and an upper triangular factor: the deprecated form of `torch.linalg.qr`."""
    warn(_DEPRECATED.format("qr", "qr"))
    return RESULTS["qr"](apply(QR, ("reduced" if some else "complete",), input))


def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """The triangular factor of a positive definite matrix: the deprecated form of `torch.linalg.cholesky`."""
    warn(_DEPRECATED.format("cholesky", "cholesky"))
    check_positive(input, "cholesky", upper)
    return apply(CHOLESKY, (upper,), input)


def triangular_solve(
    b: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Any:
    """The solution of `A @ X = b` for a triangular matrix: the deprecated form of `torch.linalg.solve_triangular`."""
    warn(_DEPRECATED.format("triangular_solve", "solve_triangular"))
    return TRIANGULAR_SOLVE((apply(TRIANGULAR, (upper, unitriangular, transpose), A, b), A.clone()))


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The Moore-Penrose inverse."""
    return pinv(input, rtol=rcond)


def chain_matmul(*matrices: Any) -> Tensor:
    """The product of several matrices: the deprecated form of `torch.linalg.multi_dot`."""
    warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters."
    )
    return multi_dot(matrices[0] if len(matrices) == 1 and not isinstance(matrices[0], Tensor) else matrices)


def _removed(name: str, advice: str) -> Callable[..., Any]:
    def call(*given: Any, **keywords: Any) -> Any:
        raise RuntimeError((_REMOVED + advice).strip())

    call.__doc__ = "Removed from PyTorch: raises RuntimeError with what to call instead."
    return named(call, name)


ROWS = (
    *(Row(call.__name__, call) for call in (logdet, slogdet, svd, qr, cholesky, pinverse)),
    *(Row(call.__name__, renamed(call, A="input")) for call in (det, matrix_power, matrix_exp)),
    Row("cholesky_inverse", renamed(cholesky_inverse, L="input")),
    Row("cholesky_solve", renamed(cholesky_solve, B="input", L="input2")),
    Row("triangular_solve", renamed(triangular_solve, b="input")),
    Row("inverse", renamed(inv, A="input")),
    Row("chain_matmul", chain_matmul, method=False),
    of_tensors("spmm", MM, second="mat2"),
    Row("zero_", renamed(zero_, self="input"), method=False),
    *(
        Row(name, _removed(name, advice), method=name in ("eig", "symeig", "lstsq", "solve"))
        for name, advice in _ADVICE.items()
    ),
)
