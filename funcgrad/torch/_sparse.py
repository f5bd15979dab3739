"""Sparse tensors in coordinate form: index columns and their values.

Products with dense matrices gather and add rows. For every other operator the tensor stands for its dense form, which
is made on first use; so results are right, and dense.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from funcgrad.torch._attributes import whole
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.creation import as_tensor, tensor, zeros
from funcgrad.torch._overriding import disabled
from funcgrad.torch._tensor import Tensor, layout
from funcgrad.torch._texts import SPARSE_UNCHECKED
from funcgrad.torch._types import Size, dtype_of, int64
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Aval

sparse_coo = layout("sparse_coo")

UNCOALESCED = "Cannot get {} on an uncoalesced tensor, please call .coalesce() first"


class SparseTensor(Tensor):
    """A tensor whose elements are 0 but at some positions.

    Args:
        indices: int64 of shape [dimensions, n]: a column for each value.
        values: Of shape [n]; those at one position are added up.
        size: Of the tensor.
        is_coalesced: Whether the positions differ and are sorted.
    """

    __torch_function__ = disabled
    is_sparse = True

    def __init__(self, indices: Tensor, values: Tensor, size: tuple[int, ...], is_coalesced: bool = False) -> None:
        self.columns, self.data_values, self.size_, self.is_sorted = indices, values, Size(size), is_coalesced

    def __new__(cls, *args: Any, **kwargs: Any) -> SparseTensor:
        """A tensor without a storage of its own."""
        return object.__new__(cls)

    # What dispatch asks of a tensor: the dense form answers.

    @property
    def _storage(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.to_dense()._storage

    @property
    def _edge(self) -> Any:
        return self.data_values._edge if self.data_values._edge is None else self.to_dense()._edge

    @property
    def _aval(self) -> Any:
        return Aval(tuple(self.size_), self.data_values._aval.dtype)

    @property
    def _version(self) -> int:
        return 0

    @property
    def requires_grad(self) -> bool:
        """Whether the values require grad."""
        return self.data_values.requires_grad

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.data_values.requires_grad = flag

    @property
    def layout(self) -> Any:
        """The layout's name."""
        return sparse_coo

    def to_dense(self, dtype: Any = None, **other: Any) -> Tensor:
        """The tensor with its zeros."""
        dense = whole(self).get("dense")
        if dense is None:
            start = zeros(*self.size_, dtype=self.data_values.dtype)
            dense = self.dense = start.index_put(tuple(self.columns), self.data_values, accumulate=True)
        return dense if dtype is None else dense.to(dtype)

    def indices(self) -> Tensor:
        """The positions, sorted.

        Raises:
            RuntimeError: Not coalesced.
        """
        if not self.is_sorted:
            raise RuntimeError(UNCOALESCED.format("indices"))
        return self.columns

    def values(self) -> Tensor:
        """The values at `indices()`.

        Raises:
            RuntimeError: Not coalesced.
        """
        if not self.is_sorted:
            raise RuntimeError(UNCOALESCED.format("values"))
        return self.data_values

    def _indices(self) -> Tensor:
        return self.columns

    def _values(self) -> Tensor:
        return self.data_values

    def _nnz(self) -> int:
        return self.columns.shape[1]

    def is_coalesced(self) -> bool:
        """Whether the positions differ and are sorted."""
        return self.is_sorted

    def sparse_dim(self) -> int:
        """Number of dimensions."""
        return len(self.size_)

    def dense_dim(self) -> int:
        """Number of dimensions of a value: none."""
        return 0

    def coalesce(self) -> SparseTensor:
        """The same tensor with its positions sorted, and the values at one position added up."""
        if self.is_sorted:
            return self
        flat = np.ravel_multi_index(tuple(host_array(self.columns, "coalesce")), tuple(self.size_))
        kept, places = np.unique(flat, return_inverse=True)
        values = zeros(len(kept), dtype=self.data_values.dtype).index_add(0, tensor(places), self.data_values)
        columns = tensor(np.stack(np.unravel_index(kept, tuple(self.size_))).astype(np.int64))
        return SparseTensor(columns, values, self.size_, True)

    def __matmul__(self, other: Tensor) -> Tensor:
        if len(self.size_) != 2 or other.ndim not in (1, 2) or isinstance(other, SparseTensor):
            return self.to_dense() @ (other.to_dense() if isinstance(other, SparseTensor) else other)
        if other.shape[0] != self.size_[1]:
            raise RuntimeError(
                f"size mismatch, got input ({self.size_[0]}x{self.size_[1]}), mat ({'x'.join(map(str, other.shape))})"
            )
        rows, columns = self.columns
        weights = self.data_values if other.ndim == 1 else self.data_values.unsqueeze(1)
        return zeros(self.size_[0], *other.shape[1:], dtype=other.dtype).index_add(0, rows, weights * other[columns])

    matmul = mm = mv = spmm = smm = __matmul__

    def t(self) -> SparseTensor:
        """The transposed matrix."""
        return SparseTensor(self.columns.flip(0), self.data_values, self.size_[::-1])

    def transpose(self, dim0: int, dim1: int) -> SparseTensor:
        """The tensor with two dimensions exchanged."""
        order = list(range(len(self.size_)))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return SparseTensor(self.columns[order], self.data_values, tuple(self.size_[i] for i in order))

    T = property(t)

    def _with(self, values: Tensor) -> SparseTensor:
        return SparseTensor(self.columns, values, self.size_, self.is_sorted)

    def __mul__(self, other: Any) -> Any:
        return (
            self.to_dense() * other
            if isinstance(other, Tensor) and other.ndim
            else self._with(self.data_values * other)
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(self.data_values / other)

    def __neg__(self) -> SparseTensor:
        return self._with(-self.data_values)

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor in another dtype."""
        return self._with(self.data_values.to(*args, **kwargs))

    def float(self) -> SparseTensor:
        """The tensor in float32."""
        return self._with(self.data_values.float())

    def double(self) -> SparseTensor:
        """The tensor in float64."""
        return self._with(self.data_values.double())

    def cpu(self) -> SparseTensor:
        """The tensor itself."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor on a GPU, where there is one."""
        return self._with(self.data_values.cuda(*args, **kwargs))

    def detach(self) -> SparseTensor:
        """The tensor without its graph."""
        return self._with(self.data_values.detach())

    def clone(self, **kwargs: Any) -> SparseTensor:
        """A copy."""
        return self._with(self.data_values.clone())

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Let the values require grad."""
        self.data_values.requires_grad_(requires_grad)
        return self

    def __repr__(self) -> str:
        lead = "tensor("
        parts = [
            f"indices={_inner(self.columns, len(lead) + 8)}",
            f"values={_inner(self.data_values.detach(), len(lead) + 7)}",
            f"size={tuple(self.size_)}, nnz={self._nnz()}, "
            + ("" if dtype_of(self._aval.dtype).name in ("float32", "int64", "bool") else f"dtype={self.dtype}, ")
            + "layout=torch.sparse_coo",
        ]
        return lead + (",\n" + " " * len(lead)).join(parts) + (", requires_grad=True)" if self.requires_grad else ")")


def _inner(x: Tensor, indent: int) -> str:
    return re.sub(r", dtype=torch\.\w+\)$", ")", repr(x)).replace("\n", "\n" + " " * indent)


def sparse_coo_tensor(
    indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:
    """A sparse tensor from its positions and values.

    Args:
        indices: Of shape [dimensions, n].
        values: Of shape [n]; those at one position are added up.
        size: Of the tensor; by default just large enough.
        dtype: Of the values.
        device: `cpu` or None.
        requires_grad: Whether the values require grad.
        check_invariants: Without effect but that PyTorch's warning is given if it is None.
        is_coalesced: Whether the positions differ and are sorted.

    Raises:
        RuntimeError: The shapes do not fit.
    """
    if check_invariants is None:
        warn_once(SPARSE_UNCHECKED)
    columns = as_tensor(indices, device=device).to(int64)
    given = as_tensor(values, dtype=dtype, device=device)
    if columns.ndim != 2 or given.shape != columns.shape[1:]:
        raise RuntimeError(
            f"indices and values must have same nnz, but got {list(columns.shape)} and {list(given.shape)}; "
            "values that are tensors themselves are not supported"
        )
    if size is None:
        size = [int(n) + 1 for n in host_array(columns, "sparse_coo_tensor").max(1)]
    made = SparseTensor(columns, given, tuple(int(n) for n in size), bool(is_coalesced))
    return made.requires_grad_() if requires_grad else made


def install() -> None:
    """Give dense tensors the way to sparse ones."""
    Tensor.to_sparse = Tensor.to_sparse_coo = to_sparse  # pyright: ignore[reportAttributeAccessIssue]


def to_sparse(self: Tensor, sparse_dim: int | None = None, *, layout: Any = None, **other: Any) -> SparseTensor:
    """The tensor as positions and values of what is not 0."""
    positions = self.nonzero()
    return SparseTensor(positions.t(), self[tuple(positions.t())], tuple(self.shape), True)
