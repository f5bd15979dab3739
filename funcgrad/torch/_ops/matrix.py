"""Functions of square matrices and decompositions, batch by batch.

Values are LAPACK's.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import expm
from jax.scipy.linalg import solve_triangular as jax_solve_triangular

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.linalg import MATMUL
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.results import named_result
from funcgrad.torch._ops.singular import (
    NOT_INVERTIBLE,
    NOT_SOLVABLE,
    check_factor,
    check_for_eig,
    check_for_svd,
    check_invertible,
    check_positive,
)
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op, rolled


def checked(name: str, function: Callable[..., Any], square: bool = True) -> Callable[..., Any]:
    """The function, for batches of matrices of floats; the rest is refused in PyTorch's words."""

    @functools.wraps(function)
    def call(a: Any, *others: Any, **static: Any) -> Any:
        if a.ndim < 2:
            raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
        if square and a.shape[-1] != a.shape[-2]:
            raise RuntimeError(
                f"{name}: A must be batches of square matrices, but they are {a.shape[-2]} by {a.shape[-1]} matrices"
            )
        if not jnp.issubdtype(a.dtype, np.inexact):
            raise RuntimeError(
                f"{name}: Expected a floating point or complex tensor as input. Got {scalar_name(a.dtype)}"
            )
        return function(a, *others, **static)

    return call


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _hermitian(a: Any, lower: bool) -> Any:
    """The matrix that one triangle stands for; its gradient goes to both triangles alike, as PyTorch's."""
    strict = jnp.tril(a, -1) if lower else jnp.triu(a, 1)
    diagonal = jnp.tril(jnp.triu(a)).real  # as LAPACK reads it
    return strict + diagonal + strict.mT.conj()


@_hermitian.defjvp
def _hermitian_jvp(lower: bool, primals: Any, tangents: Any) -> Any:
    (da,) = tangents
    return _hermitian(*primals, lower), (da + da.mT.conj()) / 2


def _nan_throughout(a: Any) -> Any:
    """The matrix, all nan if any element is, as an elimination makes it; LAPACK's pivots may hide a nan."""
    return a - jax.lax.stop_gradient(jnp.where(jnp.isnan(a).any((-2, -1), keepdims=True), jnp.nan, 0)).astype(a.dtype)


def _cholesky(a: Any, *, upper: bool) -> Any:
    found = jax.lax.linalg.cholesky(_hermitian(a, not upper), symmetrize_input=False)
    return found.mT.conj() if upper else found


def _eigh(a: Any, *, lower: bool) -> Any:
    finite, excess = _made_finite(_hermitian(a, lower))
    vectors, values = jax.lax.linalg.eigh(finite, symmetrize_input=False)
    return values.astype(jnp.finfo(a.dtype).dtype) + excess[..., 0], vectors + excess


def _svd(a: Any, *, full: bool) -> Any:
    finite, excess = _made_finite(a)
    u, s, vh = jnp.linalg.svd(finite, full_matrices=full and a.shape[-1] != a.shape[-2])
    return u + excess, s + excess[..., 0], vh + excess


def _made_finite(a: Any) -> Any:
    """The matrix, or zeros where it holds what is not finite, of which LAPACK finds no end; and 0, or nan there."""
    is_finite = jnp.isfinite(a).all((-2, -1), keepdims=True)
    return jnp.where(is_finite, a, 0), jnp.where(is_finite, 0, jnp.nan).astype(jnp.finfo(a.dtype).dtype)


def _qr(a: Any, *, mode: str) -> Any:
    if mode == "r":
        return jnp.linalg.qr(a, "r")
    return tuple(jnp.linalg.qr(a, mode))


def _solve(a: Any, b: Any) -> Any:
    is_vector = b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])
    rows, columns = (b.shape[-1], 1) if is_vector else b.shape[-2:]
    if rows != a.shape[-1]:
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation AX = B ({a.shape[-2]}x{a.shape[-1]} and "
            f"{rows}x{columns})"
        )
    found = jnp.linalg.solve(_nan_throughout(a), b[..., None] if is_vector else b)
    return found[..., 0] if is_vector else found


def _solve_triangular(a: Any, b: Any, *, upper: bool, unit: bool, transpose: bool) -> Any:
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = jnp.triu(a, int(unit)) if upper else jnp.tril(a, -int(unit))  # no gradient goes to what is not read
    a, b = jnp.broadcast_to(a, batch + a.shape[-2:]), jnp.broadcast_to(b, batch + b.shape[-2:])
    return jax_solve_triangular(a, b, trans=int(transpose), lower=not upper, unit_diagonal=unit)


def _inv(a: Any) -> Any:
    return jnp.linalg.inv(_nan_throughout(a))


def _slogdet(a: Any) -> Any:
    sign, size = jnp.linalg.slogdet(a)
    return (sign if jnp.iscomplexobj(a) else jnp.where(jnp.isnan(size), 0, sign)), size


def _det(a: Any) -> Any:
    return jnp.linalg.det(a) if a.size else jnp.ones(a.shape[:-2], a.dtype)


def _logdet(a: Any) -> Any:
    sign, size = jnp.linalg.slogdet(a)
    return jnp.log(sign) + size if jnp.iscomplexobj(a) else jnp.where(sign < 0, jnp.nan, size)


def _bound(sizes: Any, a: Any, atol: Any, rtol: Any) -> Any:
    """What singular values must exceed to count: the larger of both tolerances; of eps where none is given."""
    largest = jnp.max(sizes, -1, keepdims=True, initial=0)
    if rtol is None:
        relative = jnp.asarray(max(a.shape[-2:]) * jnp.finfo(a.dtype).eps, sizes.dtype)
        rtol = relative if atol is None else jnp.where(atol > 0, 0, relative)
    return jnp.maximum(0 if atol is None else atol, rtol * largest).astype(sizes.dtype)


def _tolerances(given: tuple[Any, ...], names: str) -> list[Any]:
    """The tolerances by what `names` says of each: n number, t tensor, - absent."""
    values = iter(given)
    found = {"n": lambda: next(values).value, "t": lambda: next(values)[..., None], "-": lambda: None}
    return [found[name]() for name in names]


def _rank(a: Any, *given: Any, hermitian: bool, names: str) -> Any:
    finite, excess = _made_finite(a)
    sizes = jnp.abs(jnp.linalg.eigvalsh(finite)) if hermitian else jnp.linalg.svd(finite, compute_uv=False)
    sizes += excess[..., 0]
    return jnp.sum(sizes > _bound(sizes, a, *_tolerances(given, names)), -1)


def _pinv(a: Any, *given: Any, hermitian: bool, names: str) -> Any:
    """The inverse of the part that counts, differentiated as if no value changed sides."""
    if 0 in a.shape:
        return jnp.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)
    fixed = jax.lax.stop_gradient(a)
    fixed = _hermitian(fixed, True) if hermitian else fixed
    u, s, vh = _svd(fixed, full=False)
    kept = s > _bound(s, fixed, *_tolerances(given, names))
    value = (vh.mT.conj() * jnp.where(kept, 1 / jnp.where(kept, s, 1), 0)[..., None, :]) @ u.mT.conj()
    return _pseudo_inverse(a, value)


@jax.custom_jvp
def _pseudo_inverse(a: Any, value: Any) -> Any:
    """`value`, which is known to be the pseudo-inverse of `a`."""
    return value


@_pseudo_inverse.defjvp
def _pseudo_inverse_jvp(primals: Any, tangents: Any) -> Any:
    a, da = primals[0], tangents[0]
    p = _pseudo_inverse(*primals)  # not the value alone, which a second derivative would take for a constant
    rows, columns = jnp.eye(a.shape[-2], dtype=a.dtype), jnp.eye(a.shape[-1], dtype=a.dtype)
    ph, dah = p.mT.conj(), da.mT.conj()
    return p, -p @ da @ p + p @ ph @ dah @ (rows - a @ p) + (columns - p @ a) @ dah @ ph @ p


INV = Op("inv", checked("linalg.inv", _inv), label="LinalgInvEx")
DET = Op("det", checked("linalg.det", _det), label="LinalgDet")
SLOGDET = Op("slogdet", checked("linalg.slogdet", _slogdet), label="LinalgSlogdet")
LOGDET = Op(
    "logdet",
    checked("linalg.slogdet", _logdet),
    label=lambda equation: "Add" if equation.results[0].dtype.kind == "c" else "Where",
)
SOLVE = Op("solve", checked("linalg.solve", _solve), label="LinalgSolveEx")
EXPM = Op("matrix_exp", checked("linalg.matrix_exp", rolled(expm)), label="LinalgMatrixExp")
PINV = Op("pinv", checked("linalg.pinv", _pinv, square=False), label="LinalgPinv")


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _half_read(factor: Any, upper: bool) -> Any:
    """The triangle that is read; the gradient is that of the whole."""
    return jnp.triu(factor) if upper else jnp.tril(factor)


@_half_read.defjvp
def _half_read_jvp(upper: bool, primals: Any, tangents: Any) -> Any:
    return _half_read(*primals, upper), tangents[0]


def _product_of_factor(factor: Any, upper: bool) -> Any:
    """The matrix of a Cholesky factor; the gradient goes to the other triangle too, as PyTorch's."""
    whole = _half_read(factor, upper)
    return whole.mT.conj() @ whole if upper else whole @ whole.mT.conj()


def _cholesky_inverse(factor: Any, *, upper: bool) -> Any:
    return jnp.linalg.inv(_product_of_factor(factor, upper))


def _cholesky_solve(b: Any, factor: Any, *, upper: bool) -> Any:
    return jnp.linalg.solve(_product_of_factor(factor, upper), b)


CHOLESKY_INVERSE = Op("cholesky_inverse", checked("cholesky_inverse", _cholesky_inverse))
CHOLESKY_SOLVE = Op("cholesky_solve", _cholesky_solve)
CHOLESKY = Op("cholesky", checked("linalg.cholesky", _cholesky), label="LinalgCholeskyEx")
EIGH = Op("eigh", checked("linalg.eigh", _eigh), label="LinalgEigh")
SVD = Op("svd", checked("linalg.svd", _svd, square=False), label="LinalgSvd")
QR = Op("qr", checked("linalg.qr", _qr, square=False), label="LinalgQr")
TRIANGULAR = Op(
    "solve_triangular", checked("linalg.solve_triangular", _solve_triangular), label="LinalgSolveTriangular"
)
RANK = Op("matrix_rank", checked("linalg.matrix_rank", _rank, square=False), label="")


def _eig(a: Any) -> tuple[Any, ...]:
    if not a.size:
        dtype = jnp.promote_types(a.dtype, np.complex64)
        return jnp.zeros(a.shape[:-1], dtype), jnp.zeros(a.shape, dtype)
    return tuple(jax.lax.linalg.eig(a, compute_left_eigenvectors=False, enable_eigvec_derivs=True))


EIG = Op("eig", checked("linalg.eig", _eig), label="LinalgEig")


def inv(A: Tensor) -> Tensor:
    """The inverse matrix.

    Raises:
        LinAlgError: The matrix is singular.
    """
    check_invertible(A, NOT_INVERTIBLE, "linalg.inv")
    return apply(INV, (), A)


def det(A: Tensor) -> Tensor:
    """The determinant."""
    return apply(DET, (), A)


def logdet(input: Tensor) -> Tensor:
    """Logarithm of the determinant: nan if that is a negative number."""
    return apply(LOGDET, (), input)


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The solution of `A @ X = B`, or of `X @ A = B`.

    Raises:
        LinAlgError: The matrix is singular.
    """
    check_invertible(A, NOT_SOLVABLE, "torch.linalg.solve")
    return solve_any(A, B, left)


def solve_any(A: Tensor, B: Tensor, left: bool) -> Tensor:
    """The solution, inf or nan if there is none."""
    return apply(SOLVE, (), A, B) if left else apply(SOLVE, (), A.mT, B.mT).mT


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangular factor of a positive definite matrix.

    Raises:
        LinAlgError: The matrix is not positive definite.
    """
    check_positive(A, "linalg.cholesky", upper)
    return apply(CHOLESKY, (upper,), A)


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:  # fmt: skip
    """The solution of `A @ X = B` (or `X @ A = B`) for a triangular matrix."""
    if left:
        return apply(TRIANGULAR, (upper, unitriangular, False), A, B)
    return apply(TRIANGULAR, (not upper, unitriangular, False), A.mT, B.mT).mT


def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """The solution of `A @ X = B` from the Cholesky factor of A."""
    return apply(CHOLESKY_SOLVE, (upper,), B, L)


def cholesky_inverse(L: Tensor, upper: bool = False) -> Tensor:
    """The inverse of A from its Cholesky factor.

    Raises:
        LinAlgError: A is singular.
    """
    check_factor(L, "cholesky_inverse")
    return apply(CHOLESKY_INVERSE, (upper,), L)


def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of a matrix."""
    return apply(EXPM, (), A)


def pinv(A: Tensor, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Tensor:
    """The Moore-Penrose inverse; singular values up to `atol`, or `rtol` times the largest, count as zero."""
    names, given = _kinds(atol, rtol)
    if not hermitian:
        check_for_svd(A)
    return apply(PINV, (hermitian, names), A, *given)


def _kinds(*tolerances: Any) -> tuple[str, list[Any]]:
    names = "".join("-" if x is None else "t" if isinstance(x, Tensor) else "n" for x in tolerances)
    return names, [x if isinstance(x, Tensor) else float(x) for x in tolerances if x is not None]


def matrix_rank(A: Tensor, tol: Any = None, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Tensor:
    """The number of singular values above a bound."""
    names, given = _kinds(atol if tol is None else tol, 0.0 if tol is not None else rtol)
    if not hermitian:
        check_for_svd(A)
    return apply(RANK, (hermitian, names), A.detach(), *given)


def matrix_power(A: Tensor, n: int) -> Tensor:
    """The product of `n` copies of a square matrix; of its inverse for a negative `n`."""
    _check_square("linalg.matrix_power", A)
    n = operator.index(n)  # a tensor of the caller's would be changed below
    if n < 0:
        return matrix_power(inv(A), -n)
    result, square = None, A
    while n:
        if n % 2:
            result = square if result is None else apply(MATMUL, (), result, square)
        n //= 2
        square = apply(MATMUL, (), square, square) if n else square
    return apply(IDENTITY, (), A) if result is None else result


IDENTITY = Op("identity", lambda a: jnp.broadcast_to(jnp.eye(a.shape[-1], dtype=a.dtype), a.shape), saves={0: ()})


def _check_square(name: str, x: Tensor) -> None:
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x.shape[-2]} by {x.shape[-1]} matrices"
        )


def multi_dot(tensors: Any) -> Tensor:
    """The product of several matrices, of which the first and the last may be vectors.

    Raises:
        RuntimeError: Fewer than two.
    """
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    result = tensors[0]
    for x in tensors[1:]:
        result = apply(MATMUL, (), result, x)
    return result


# Decompositions of several results. `linalg_*` and the older functions give them other names.

LINALG_SLOGDET = named_result("linalg_slogdet", "sign", "logabsdet")
LINALG_EIGH = named_result("linalg_eigh", "eigenvalues", "eigenvectors")
LINALG_EIG = named_result("linalg_eig", "eigenvalues", "eigenvectors")
LINALG_SVD = named_result("linalg_svd", "U", "S", "Vh")
LINALG_QR = named_result("linalg_qr", "Q", "R")
LINALG_LSTSQ = named_result("linalg_lstsq", "solution", "residuals", "rank", "singular_values")


def slogdet(A: Tensor) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return LINALG_SLOGDET(apply(SLOGDET, (), A))


def eigh(A: Tensor, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, and eigenvectors of a Hermitian matrix, of which one triangle is read."""
    return LINALG_EIGH(apply(EIGH, (UPLO.upper() == "L",), A))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues, ascending, of a Hermitian matrix."""
    return apply(EIGH, (UPLO.upper() == "L",), A)[0]


def eig(A: Tensor) -> Any:
    """Complex eigenvalues and eigenvectors."""
    check_for_eig(A)
    return LINALG_EIG(apply(EIG, (), A))


def eigvals(A: Tensor) -> Tensor:
    """Complex eigenvalues."""
    check_for_eig(A)
    return apply(EIG, (), A)[0]


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Factors U, S, Vh with `A = U @ diag(S) @ Vh`."""
    check_for_svd(A)
    return LINALG_SVD(apply(SVD, (full_matrices,), A))


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Singular values, descending."""
    check_for_svd(A)
    return apply(SVD, (False,), A)[1]


def qr(A: Tensor, mode: str = "reduced") -> Any:
    """An orthogonal and an upper triangular factor.

    Raises:
        RuntimeError: A mode that is not "reduced", "complete" or "r".
    """
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    made = apply(QR, (mode,), A)
    return LINALG_QR((A.new_zeros(0), made) if mode == "r" else made)


def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """The X that makes `A @ X - B` least; for matrices without full rank the smallest such X.

    Residuals are given where A has more rows than columns and full rank, by all drivers but the default "gelsy"; the
    rank by all but "gels"; singular values by "gelsd" and "gelss".
    """
    is_vector = B.ndim == A.ndim - 1
    right = B.unsqueeze(-1) if is_vector else B
    X = apply(MATMUL, (), pinv(A, rtol=rcond), right)
    rank, none = matrix_rank(A, rtol=rcond), A.abs().new_zeros(0)
    residuals = none
    if driver in ("gels", "gelsd", "gelss") and A.shape[-2] > A.shape[-1] and bool((rank == A.shape[-1]).all()):
        residuals = (apply(MATMUL, (), A, X) - right).abs().square().sum(-2)
    values = svdvals(A.detach()) if driver in ("gelsd", "gelss") else none
    rank = rank.new_zeros(0) if driver == "gels" else rank
    return LINALG_LSTSQ((X.squeeze(-1) if is_vector else X, residuals, rank, values))
