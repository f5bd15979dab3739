"""Questions about a tensor that its shape, dtype and layout answer, without a value."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import value_of
from funcgrad.torch._layout import offset_of, strides_of
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.rows import Row, require_tensor
from funcgrad.torch._order import lies_by
from funcgrad.torch._processes import ProcessStorage
from funcgrad.torch._sharing import address_of
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size


def size(input: Tensor, dim: int | None = None) -> Any:
    """The shape, or the length of one dimension."""
    shape = input._aval.shape
    return Size(shape) if dim is None else shape[dim_of(dim, len(shape))]


def dim(input: Tensor) -> int:
    """Number of dimensions."""
    return len(input._aval.shape)


def numel(input: Tensor) -> int:
    """Number of elements."""
    require_tensor(input, "numel")
    return input._aval.size


def stride(input: Tensor, dim: int | None = None) -> Any:
    """Steps in memory between neighbours of each dimension, or of one."""
    strides = strides_of(input)
    return strides if dim is None else strides[dim_of(dim, len(strides))]


def element_size(input: Tensor) -> int:
    """Bytes of an element."""
    return input._aval.dtype.itemsize


def data_ptr(input: Tensor) -> int:
    """The address at which the values can be read, as they are now; one number as long as the tensor lives."""
    address = address_of(input._storage)
    return address and address + offset_of(input) * element_size(input)


def _cdata(input: Tensor) -> int:
    """A number of this tensor alone: another tensor on the same memory has another."""
    return id(input)


def is_contiguous_(input: Tensor, *, memory_format: Any = None) -> bool:
    """Whether elements lie in memory in the order of their indices."""
    return lies_by(input, memory_format)


def is_floating_point(input: Tensor) -> bool:
    """Whether elements are floating-point numbers."""
    return jnp.issubdtype(input._aval.dtype, np.floating)


def is_complex(input: Tensor) -> bool:
    """Whether elements are complex numbers."""
    return jnp.issubdtype(input._aval.dtype, np.complexfloating)


def is_signed(input: Tensor) -> bool:
    """Whether elements can be negative."""
    return input.dtype.is_signed


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether shapes are equal."""
    return input._aval.shape == other._aval.shape


def is_pinned(input: Tensor, device: Any = None) -> bool:
    """Whether the memory is pinned: never."""
    return False


def get_device(input: Tensor) -> int:
    """Number of the GPU: -1 on the CPU."""
    return -1


def is_shared(input: Tensor) -> bool:
    """Whether the memory lies where processes can share it."""
    return isinstance(input._storage, ProcessStorage)


def storage_offset(input: Tensor) -> int:
    """Position of the first element in its storage."""
    return offset_of(input)


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both look at the same memory in the same way."""
    same = self._storage is tensor._storage and value_of(self).aval is value_of(tensor).aval
    return same and strides_of(self) == strides_of(tensor) and offset_of(self) == offset_of(tensor)


def nbytes(input: Tensor) -> int:
    """Bytes of all elements."""
    return numel(input) * element_size(input)


def is_cpu(input: Tensor) -> bool:
    """Whether the tensor lives on the CPU."""
    return input.device.type == "cpu"


def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made in inference mode."""
    return input.is_inference()


def _is_view(input: Tensor) -> bool:
    """Whether the tensor looks at another's memory, for autograd too."""
    return input._base is not None


def is_neg(input: Tensor) -> bool:
    """Whether the tensor is a view that negates when it is read: none is."""
    return False


ROWS = (
    Row("is_inference", is_inference, method=False),
    Row("is_neg", is_neg),
    Row("_is_view", _is_view, function=False),
    Row("size", size, function=False),
    Row("dim", dim, function=False),
    Row("ndimension", dim, function=False),
    Row("numel", numel),
    Row("nelement", numel, function=False),
    Row("stride", stride, function=False),
    Row("storage_offset", storage_offset, function=False),
    Row("element_size", element_size, function=False),
    Row("itemsize", element_size, function=False, attribute=True),
    Row("nbytes", nbytes, function=False, attribute=True),
    Row("is_cpu", is_cpu, function=False, attribute=True),
    Row("data_ptr", data_ptr, function=False),
    Row("_cdata", _cdata, function=False, attribute=True),
    Row("is_contiguous", is_contiguous_, function=False),
    Row("is_floating_point", is_floating_point),
    Row("is_complex", is_complex),
    Row("is_signed", is_signed),
    Row("is_tensor", is_tensor, method=False),
    Row("is_same_size", is_same_size),
    Row("is_set_to", is_set_to, function=False),
    Row("is_pinned", is_pinned, function=False),
    Row("is_shared", is_shared, function=False),
    Row("get_device", get_device),
)
