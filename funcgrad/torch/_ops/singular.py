"""Matrices that cannot be inverted or factored: where the elimination fails, and PyTorch's error.

The error must come at once, for scripts that catch it and try again, so the checks compute what is pending.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op, current, rolled

MOST = 1 << 16
"""How many elements NumPy looks at: more take a visible part of the time, so that the program does."""

NOT_INVERTIBLE = (
    "{}: {}The diagonal element {} is zero, the inversion could not be completed because the input matrix is singular."
)
NOT_SOLVABLE = "{}: {}The solver failed because the input matrix is singular."
NOT_POSITIVE = (
    "{}: {}The factorization could not be completed because the input is not positive-definite (the leading minor of "
    "order {} is not positive-definite)."
)
NOT_NUMBERS = "{}: {}The algorithm failed to converge because the input matrix contained non-finite values."
NO_NUMBERS_FOR_EIG = "{}: input tensor should not contain infs or NaNs."
ZERO_IN_FACTOR = (
    "{0}: {1}U[{2},{2}] is zero and using it on lu_solve would result in a division by zero. If you still want to "
    "perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
)


class _LinAlgError(RuntimeError):
    """A matrix that cannot be inverted or factored."""


LinAlgError = _LinAlgError


def _zero_on_diagonal(a: Any) -> Any:
    """For each matrix which diagonal element is the first that is 0, from 1; 0 if none is."""
    if not a.size:
        return jnp.zeros(a.shape[:-2], np.int32)
    zeros = jnp.diagonal(a, axis1=-2, axis2=-1) == 0
    return jnp.where(zeros.any(-1), zeros.argmax(-1) + 1, 0).astype(np.int32)


def _zero_pivot(a: Any) -> Any:
    """For each matrix which diagonal element of its factor U is the first that is 0, from 1; 0 if none is."""
    return _zero_on_diagonal(jax.lax.linalg.lu(a)[0] if a.size else a)


def _failing_minor(a: Any, *, upper: bool) -> Any:
    """For each matrix the order of its first leading minor that is not positive definite; 0 if all are."""
    if not a.size:
        return jnp.zeros(a.shape[:-2], np.int32)
    lower = jnp.tril(a.mT.conj() if upper else a)
    whole = lower + jnp.tril(lower, -1).mT.conj()
    failed = jnp.isnan(jax.lax.linalg.cholesky(whole, symmetrize_input=False)).any((-2, -1))
    found = jax.lax.cond(failed.any(), _order_of_failure, lambda a: jnp.zeros(a.shape[:-2], np.int32), whole)
    return jnp.where(failed, found, 0)


def _order_of_failure(a: Any) -> Any:
    def eliminate(k: Any, carry: Any) -> Any:
        rest, order = carry
        row, pivot = rest[..., k, :], rest[..., k, k].real
        order = jnp.where((order == 0) & ~(pivot > 0), k + 1, order).astype(np.int32)
        return rest - rest[..., :, k, None] * (row / pivot[..., None])[..., None, :], order

    return rolled(jax.lax.fori_loop)(0, a.shape[-1], eliminate, (a, jnp.zeros(a.shape[:-2], np.int32)))[1]


def _holds_nan(a: Any) -> Any:
    return jnp.isnan(a).any((-2, -1)).astype(np.int32)


ZERO_ON_DIAGONAL = Op("zero_on_diagonal", _zero_on_diagonal)
HOLDS_NAN = Op("holds_nan", _holds_nan)
HOLDS_NO_NUMBER = Op("holds_no_number", lambda a: (~jnp.isfinite(a).all()).astype(np.int32))
ZERO_PIVOT = Op("zero_pivot", _zero_pivot)
FAILING_MINOR = Op("failing_minor", _failing_minor)


def zero_pivot(A: Tensor) -> Tensor:
    """PyTorch's `info` of an LU factorization, int32 for each matrix."""
    return apply(ZERO_PIVOT, (), A.detach())


def failing_minor(A: Tensor, upper: bool = False) -> Tensor:
    """PyTorch's `info` of a Cholesky factorization, int32 for each matrix."""
    return apply(FAILING_MINOR, (upper,), A.detach())


def refuse(info: Tensor, text: str, name: str, kind: type[Exception] = LinAlgError) -> None:
    """Look at an `info`, and raise for the first matrix that failed.

    Raises:
        Exception: Of the given kind.
    """
    found = np.ravel(info.numpy())
    failed = np.flatnonzero(found)
    if failed.size:
        place = f"(Batch element {failed[0]}): " if info.ndim else ""
        raise kind(text.format(name, place, found[failed[0]]))


def check_invertible(A: Tensor, text: str, name: str, kind: type[Exception] = LinAlgError) -> None:
    """Refuse a singular matrix.

    Raises:
        Exception: Of the given kind.
    """
    if not _satisfies(lambda a: not (np.linalg.slogdet(a)[0] == 0).any(), A):
        refuse(zero_pivot(A), text, name, kind)


def check_positive(A: Tensor, name: str, upper: bool = False) -> None:
    """Refuse a matrix that is not positive definite.

    Raises:
        LinAlgError: It is not.
    """
    if not _satisfies(lambda a: _has_factor(np.swapaxes(a, -1, -2).conj() if upper else a), A):
        refuse(failing_minor(A, upper), NOT_POSITIVE, name)


def check_factor(L: Tensor, name: str) -> None:
    """Refuse a triangular factor of a singular matrix.

    Raises:
        LinAlgError: There is a zero on the diagonal.
    """
    if not _satisfies(lambda a: bool(np.diagonal(a, axis1=-2, axis2=-1).all()), L):
        refuse(apply(ZERO_ON_DIAGONAL, (), L.detach()), NOT_INVERTIBLE, name)


def check_for_svd(A: Tensor) -> None:
    """Refuse nan, of which there are no singular values; with infinities they are nan.

    Raises:
        LinAlgError: There is one.
    """
    if not _satisfies(lambda a: not np.isnan(a).any(), A, square=False):
        refuse(apply(HOLDS_NAN, (), A.detach()), NOT_NUMBERS, "linalg.svd")


def check_for_eig(A: Tensor) -> None:
    """Refuse nan and infinities.

    Raises:
        RuntimeError: There is one.
    """
    if not _satisfies(lambda a: bool(np.isfinite(a).all()), A):
        refuse(apply(HOLDS_NO_NUMBER, (), A.detach()), NO_NUMBERS_FOR_EIG, "torch.linalg.eig", RuntimeError)


def _satisfies(test: Callable[[np.ndarray], bool], A: Tensor, square: bool = True) -> bool:
    """Whether NumPy finds no fault in a matrix of a few elements; False for larger ones, which need another look."""
    shape, kind = A._aval.shape, A._aval.dtype
    is_fit = kind.kind in "fc" and kind.itemsize > 2 and len(shape) >= 2 and (not square or shape[-1] == shape[-2])
    if not is_fit or not A._aval.size or current().refusal:  # another error comes, or nothing is computed
        return True
    with np.errstate(invalid="ignore"):  # nan is no fault
        return A._aval.size <= MOST and test(host_array(A, "linalg"))


def _has_factor(a: np.ndarray) -> bool:
    try:
        return not np.isnan(np.linalg.cholesky(a)).any()
    except np.linalg.LinAlgError:
        return False
