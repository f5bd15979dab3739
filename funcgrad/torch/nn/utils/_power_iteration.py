"""Power iteration: estimates of the first singular vectors of a weight, kept in buffers."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch.nn._convolutions import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from funcgrad.torch.nn.functional import normalize


def default_dim(module: Any) -> int:
    """The dimension of a weight that counts a module's outputs."""
    return 1 if isinstance(module, ConvTranspose1d | ConvTranspose2d | ConvTranspose3d) else 0


def matrix_of(weight: Any, dim: int) -> Any:
    """The weight as a matrix whose rows are its slices in one dimension."""
    if dim != 0:
        weight = weight.permute(dim, *(d for d in range(weight.ndim) if d != dim))
    return weight.reshape(weight.shape[0], -1)


def start_vectors(matrix: Any, eps: float) -> tuple[Any, Any]:
    """Random vectors of length one for the rows and the columns."""
    drawn = [matrix.new_empty(size).normal_(0, 1) for size in matrix.shape]
    u, v = (normalize(x, dim=0, eps=eps) for x in drawn)
    return u, v


def iterate(matrix: Any, u: Any, v: Any, count: int, eps: float, *, first: str) -> None:
    """Make the vectors better, in place.

    Args:
        matrix: `[rows, columns]`.
        u: `[rows]`.
        v: `[columns]`.
        count: How often both are renewed.
        eps: Added where a norm is divided by.
        first: Which of "u" and "v" is renewed first.
    """
    with no_grad():
        for _ in range(count):
            for key in ("u", "v") if first == "u" else ("v", "u"):
                if key == "u":
                    u.copy_(normalize(matrix.mv(v), dim=0, eps=eps))
                else:
                    v.copy_(normalize(matrix.t().mv(u), dim=0, eps=eps))
