"""Householder reflections: products of them, and the QR factors in their form."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.results import named_result
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Op, constant, rolled

GEQRF = named_result("geqrf", "a", "tau")


def _product(a: Any, tau: Any) -> Any:
    """The first columns of `H1 @ H2 @ ...` with `Hi = I - tau_i * v_i @ v_i.mH`, last factor first."""
    name = "torch.linalg.householder_product"
    if a.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if a.shape[-2] < a.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if a.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    count = tau.shape[-1]
    directions = jnp.tril(a[..., :count], -1) + jnp.eye(a.shape[-2], count, dtype=a.dtype)

    def reflect(q: Any, factor: tuple[Any, Any]) -> tuple[Any, None]:
        v, size = factor[0][..., None], factor[1][..., None, None]
        return q - size * v @ (v.mT.conj() @ q), None

    start = jnp.broadcast_to(jnp.eye(a.shape[-2], a.shape[-1], dtype=a.dtype), a.shape)
    factors = jnp.moveaxis(directions, -1, 0), jnp.moveaxis(tau, -1, 0)
    return rolled(jax.lax.scan)(reflect, start, factors, reverse=True)[0]


PRODUCT = Op("householder_product", _product, label="LinalgHouseholderProduct")


def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first columns of a product of Householder reflections.

    Args:
        A: `[..., m, n]`; column i holds reflection i's direction below its diagonal element, which counts as 1.
        tau: `[..., k]`, the reflections' factors.

    Returns:
        `[..., m, n]`.

    Raises:
        RuntimeError: Shapes that do not fit.
    """
    return apply(PRODUCT, (), A, tau)


def geqrf(input: Tensor) -> Any:
    """The QR factors as LAPACK leaves them: R above the diagonal, the reflections below it, and their factors.

    No gradient: PyTorch has none either.
    """
    packed, tau = np.linalg.qr(host_array(input, "geqrf"), mode="raw")
    return GEQRF([wrap(constant(np.ascontiguousarray(np.swapaxes(packed, -1, -2)))), wrap(constant(tau))])


ROWS = (
    Row("orgqr", householder_product),
    Row("geqrf", geqrf),
)
