"""The storage behind a tensor as PyTorch shows it: a flat run of elements, or of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.creation import as_tensor, leaf, zeros
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._processes import ProcessStorage, share_with_processes
from funcgrad.torch._sharing import address_of
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import CPU, as_dtype, dtype, get_default_dtype, uint8
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import constant

DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. "
    "This should only matter to you if you are using storages directly.  To access UntypedStorage directly, use "
    "tensor.untyped_storage() instead of tensor.storage()"
)


class _Storage:
    """What a tensor's storage is asked for.

    Args:
        base: The tensor that looks at the whole storage.
    """

    is_cuda = False
    device = CPU

    def __init__(self, base: Tensor) -> None:
        self._base = base

    def _values(self) -> np.ndarray:
        raise NotImplementedError

    def data_ptr(self) -> int:
        """The address at which the bytes can be read, as they are now."""
        return address_of(self._base._storage)

    def is_shared(self) -> bool:
        """Whether the memory lies where processes can share it."""
        return isinstance(self._base._storage, ProcessStorage)

    def share_memory_(self) -> Self:
        """Move the memory to where processes can share it."""
        share_with_processes(self._base._storage)
        return self

    def nbytes(self) -> int:
        """Bytes in memory."""
        return self._values().nbytes

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes()  # torchinfo adds up what `sys.getsizeof` says

    def size(self) -> int:
        """Number of elements."""
        return self._values().size

    __len__ = size

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return self._values().tolist()

    def __getitem__(self, index: Any) -> Any:
        return self._values()[index].tolist()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def _head(self) -> str:
        return f"device={self.device}"

    def __repr__(self) -> str:
        lines = "".join(f" {x}\n" for x in self.tolist())
        return f"{lines}[torch.storage.{type(self).__name__}({self._head()}) of size {self.size()}]"


class TypedStorage(_Storage):
    """A storage as elements of the tensor's dtype."""

    @property
    def dtype(self) -> dtype:
        """Type of the elements."""
        return self._base.dtype

    def type(self) -> str:
        """The name of its class, as it was called of old."""
        return f"torch.{class_name(self.dtype)}"

    def element_size(self) -> int:
        """Bytes of an element."""
        return self.dtype.itemsize

    def untyped(self) -> UntypedStorage:
        """The storage as bytes."""
        return UntypedStorage(self._base)

    def _new_shared(self, size: int, *, device: Any = None) -> TypedStorage:
        """A storage of as many elements; a copied `default_collate` has workers write their batches into one."""
        return TypedStorage(zeros(size, dtype=self.dtype))

    def _values(self) -> np.ndarray:
        return host_array(self._base, "storage").reshape(-1)

    def __getitem__(self, index: int) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        if not -self.size() <= index < self.size():
            raise IndexError(f"index {index} out of range for storage of size {self.size()}")
        return super().__getitem__(index)

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if not isinstance(index, int | slice):
            raise RuntimeError(f"can't index a {type(self)} with {type(index)}")
        flat: Any = _flat(self)
        flat[index] = value

    def _head(self) -> str:
        return f"dtype={self.dtype}, device={self.device}"


class UntypedStorage(_Storage):
    """A storage as bytes."""

    @classmethod
    def from_file(cls, filename: str, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The first bytes of a file, read where they are asked for.

        Raises:
            NotImplementedError: Writes are to reach the file.
        """
        if shared:
            raise NotImplementedError("UntypedStorage.from_file(shared=True) is not there: read with shared=False")
        return cls(wrap(constant(np.asarray(np.memmap(filename, np.uint8, "r", shape=(nbytes,))))))

    def untyped(self) -> UntypedStorage:
        """The storage itself."""
        return self

    @classmethod
    def _new_shared(cls, size: int, *, device: Any = None) -> UntypedStorage:
        """A storage of as many bytes; see `TypedStorage._new_shared`."""
        return cls(zeros(size, dtype=uint8))

    def _values(self) -> np.ndarray:
        return np.ascontiguousarray(host_array(self._base, "storage")).reshape(-1).view(np.uint8)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return UntypedStorage(wrap(constant(self._values()[index])))
        return super().__getitem__(index)


def _flat(storage: _Storage) -> Tensor:
    return storage._base.data.view(-1)  # pyright: ignore[reportAttributeAccessIssue]


def viewed(storage: TypedStorage | UntypedStorage, wanted: dtype) -> Tensor:
    """A flat tensor on the storage's memory.

    Raises:
        RuntimeError: The storage's elements are of another dtype.
    """
    if isinstance(storage, TypedStorage) and storage.dtype is not wanted:
        raise RuntimeError(
            f"Expected a Storage of type {wanted.scalar} or an UntypedStorage, but got type {storage.dtype.scalar} for "
            "argument 1 'storage'"
        )
    return _flat(storage).view(wanted)  # pyright: ignore[reportAttributeAccessIssue]


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of any data, those of a storage included; on the same memory where that is possible.

    Args:
        obj: A tensor, an array, a storage, a number or nested sequences.
        dtype: The result's; of a storage, as which its bytes are read.
        device: Where it is to live.
        copy: Whether it must have memory of its own.
        requires_grad: Whether the tensor is a leaf that collects a gradient.
    """
    if isinstance(obj, _Storage):
        kind = (get_default_dtype() if dtype is None else as_dtype(dtype)).numpy
        obj = wrap(constant(obj._values().view(kind)))
    made = as_tensor(obj, dtype, device)
    return leaf(made.clone() if copy and made is obj else made, requires_grad, None, device)  # pyright: ignore[reportAttributeAccessIssue]


def _whole(x: Tensor) -> Tensor:
    return x if x._base is None else x._base


def storage(input: Tensor) -> TypedStorage:
    """The elements of the memory that the tensor looks at, its own or its base's."""
    warn_once(DEPRECATED)
    return typed_storage(input)


def untyped_storage(input: Tensor) -> UntypedStorage:
    """The bytes of the memory that the tensor looks at, its own or its base's."""
    return UntypedStorage(_whole(input))


def class_name(kind: dtype) -> str:
    """How the storages of a dtype were called of old."""
    return kind.legacy.replace("Tensor", "Storage")


def typed_storage(input: Tensor) -> TypedStorage:
    """`storage` without its warning, as PyTorch's own files call it."""
    return TypedStorage(_whole(input))


ROWS = (
    Row("asarray", asarray, method=False),
    Row("storage", storage, function=False),
    Row("untyped_storage", untyped_storage, function=False),
    Row("_typed_storage", typed_storage, function=False),
)
