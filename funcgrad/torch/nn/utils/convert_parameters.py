"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from funcgrad.torch._ops.joining import cat
from funcgrad.torch._ops.shape import reshape
from funcgrad.torch._tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters as one vector, `[elements]`; differentiable."""
    return cat([reshape(p, -1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Make parameters look at pieces of a vector: they share its memory from now on.

    Raises:
        TypeError: `vec` is no tensor.
        RuntimeError: The vector is too short.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for p in parameters:
        size = p._aval.size
        p.data = vec[start : start + size].view(p.shape).data  # pyright: ignore[reportAttributeAccessIssue, reportIndexIssue]
        start += size
