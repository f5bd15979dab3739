"""torch._utils: the two of PyTorch's private functions that scripts use."""

from __future__ import annotations

from collections.abc import Sequence

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.joining import cat as _cat
from funcgrad.torch._ops.pieces import split as _split
from funcgrad.torch._tensor import Tensor


def _flatten_dense_tensors(tensors: Sequence[Tensor]) -> Tensor:
    """All elements in one vector."""
    return _cat([x.reshape(-1) for x in tensors])


def _unflatten_dense_tensors(flat: Tensor, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Pieces of a vector, in the shapes of some tensors."""
    pieces = _split(flat, [x.numel() for x in tensors])
    return tuple(piece.view(x.shape) for piece, x in zip(pieces, tensors, strict=True))


__getattr__ = _missing_from(__name__)
