"""torch.sparse: sparse tensors in coordinate form, and their products."""

from __future__ import annotations

from typing import Any

import funcgrad.torch as torch  # noqa: F401  # old scripts write torch.sparse.torch.eye(n)
from funcgrad.torch import _types
from funcgrad.torch._absent import absent as _absent
from funcgrad.torch._sparse import SparseTensor as _SparseTensor
from funcgrad.torch._sparse import sparse_coo_tensor as _coo
from funcgrad.torch._tensor import Tensor as _Tensor
from funcgrad.torch._texts import SPARSE_CONSTRUCTOR as _DEPRECATED
from funcgrad.torch._warn_once import warn_once as _warn_once


def mm(input: _Tensor, mat2: _Tensor) -> _Tensor:
    """The product of a sparse matrix and a dense one; of two sparse ones it is dense here."""
    return input @ mat2


def addmm(mat: _Tensor, mat1: _Tensor, mat2: _Tensor, *, beta: float = 1.0, alpha: float = 1.0) -> _Tensor:
    """`beta * mat + alpha * (mat1 @ mat2)`."""
    return beta * mat + alpha * (mat1 @ mat2)


def sum(input: _Tensor, dim: Any = None, dtype: Any = None) -> _Tensor:
    """The sum over some or all dimensions, dense."""
    dense = input.to_dense() if isinstance(input, _SparseTensor) else input
    return dense.sum(dtype=dtype) if dim is None else dense.sum(dim, dtype=dtype)


def _legacy(dtype: Any) -> Any:
    def make(indices: Any, values: Any, size: Any = None, *, device: Any = None) -> _SparseTensor:
        """A sparse tensor of one dtype from its positions and values."""
        _warn_once(_DEPRECATED)
        return _coo(indices, values, size, dtype=dtype, device=device, check_invariants=False)

    return make


FloatTensor, DoubleTensor = _legacy(_types.float32), _legacy(_types.float64)
LongTensor, IntTensor = _legacy(_types.int64), _legacy(_types.int32)

__getattr__ = _absent(__name__, "Use dense tensors, or gather and scatter_add over the index pairs.")
