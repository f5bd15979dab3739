"""torch.functional: functions of torch under the path of PyTorch's own file."""

from __future__ import annotations

from typing import Any

import funcgrad.torch as torch
from funcgrad.torch._borrowed import borrowing

_NAMES = frozenset(
    {
        *("atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes", "broadcast_tensors"),
        *("cartesian_prod", "cdist", "chain_matmul", "einsum", "lu", "meshgrid", "norm", "split", "stft", "tensordot"),
        *("unique", "unique_consecutive", "unravel_index"),
    }
)
_missing = borrowing(__name__, "F Tensor handle_torch_function has_torch_function")


def __getattr__(name: str) -> Any:
    """A function of torch."""
    return getattr(torch, name) if name in _NAMES else _missing(name)
