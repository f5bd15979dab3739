"""Pickler: writes an object as PyTorch's own pickler does, with the bytes of storages left out.

What is PyTorch's gets PyTorch's names, so that the real one can load the file.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from funcgrad.torch._layout import offset_of, own_strides
from funcgrad.torch._overriding import Overridable, overrides
from funcgrad.torch._serialization.functions import COMPILED_OWNER, is_compiled, path_of
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor, strided
from funcgrad.torch._types import Size, device, dtype
from funcgrad.torch.nn.parameter import Parameter
from funcgrad.trace import array_of

_OURS = frozenset({"persistent"})  # attributes of tensors that are no user's


class _Name:
    """A global of the real PyTorch, by name only."""

    def __init__(self, module: str, name: str) -> None:
        self.path = module, name

    def __call__(self) -> None:
        """Pickle demands that a constructor can be called; this one only stands in a file."""


_SIZE, _DEVICE, _TENSOR = _Name("torch", "Size"), _Name("torch", "device"), _Name("torch", "Tensor")
_LAYOUT = _Name("torch.serialization", "_get_layout")
_REBUILD_TENSOR = _Name("torch._utils", "_rebuild_tensor_v2")
_REBUILD_META = _Name("torch._utils", "_rebuild_meta_tensor_no_storage")
_REBUILD_PARAMETER = _Name("torch._utils", "_rebuild_parameter")
_REBUILD_PARAMETER_WITH = _Name("torch._utils", "_rebuild_parameter_with_state")
_REBUILD_TYPE = _Name("torch._tensor", "_rebuild_from_type_v2")
_GETATTR, _COMPILED_OWNER = _Name("builtins", "getattr"), _Name(*COMPILED_OWNER.rsplit(".", 1))
_DTYPES: dict[dtype, _Name] = {}
_STORAGES: dict[dtype, _Name] = {}


class _StorageId:
    """A storage's persistent id, as the pickler meets it."""

    def __init__(self, path: tuple[Any, ...]) -> None:
        self.path = path


class _Reduced:
    """A call inside another's arguments."""

    def __init__(self, call: _Name, args: tuple[Any, ...]) -> None:
        self.call = call
        self.args = args


_Base: Any = pickle._Pickler  # the one in Python: the one in C would look for PyTorch's names in an installed one


class Pickler(_Base):
    """Pickles to memory; `storages` then has the storages in the order of their keys."""

    dispatch: ClassVar[dict[type, Any]] = dict(_Base.dispatch)

    def __init__(self, protocol: int) -> None:
        self.file = io.BytesIO()
        super().__init__(self.file, protocol)
        self.storages: list[Storage] = []
        self._keys: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> Any:
        """PyTorch's description of a storage."""
        return obj.path if type(obj) is _StorageId else None

    def reducer_override(self, obj: Any) -> Any:
        """How PyTorch's own types are built."""
        if isinstance(obj, Tensor):
            return self._tensor(obj)
        kind = type(obj)
        if kind is Size:
            return _SIZE, (tuple(obj),)
        if kind is device:
            return _DEVICE, (obj.type,) if obj.index is None else (obj.type, obj.index)
        return (_LAYOUT, ("torch.strided",)) if obj is strided else NotImplemented

    def _tensor(self, x: Tensor) -> tuple[Any, ...]:
        build, path = self._plain(x, x.requires_grad)
        extras = {name: value for name, value in x.__dict__.items() if name not in _OURS}
        if overrides(type(x)):
            return _REBUILD_TYPE, (build, type(x), path, extras)
        if isinstance(x, Parameter):
            parameter = _Reduced(*self._plain(x, False)), x.requires_grad, OrderedDict()
            return (_REBUILD_PARAMETER_WITH, (*parameter, extras)) if extras else (_REBUILD_PARAMETER, parameter)
        return (_REBUILD_TYPE, (build, _TENSOR, path, extras)) if extras else (build, path)

    def _plain(self, x: Tensor, requires_grad: bool) -> tuple[_Name, tuple[Any, ...]]:
        """How PyTorch builds a tensor of no class."""
        if x.is_meta:
            return _REBUILD_META, (x.dtype, tuple(x.shape), own_strides(x), requires_grad)
        path = self._storage_id(x), offset_of(x), tuple(x.shape), own_strides(x), requires_grad, OrderedDict()
        return _REBUILD_TENSOR, path

    def _storage_id(self, x: Tensor) -> _StorageId:
        storage = x._storage
        key = self._keys.setdefault(id(storage), len(self.storages))
        if key == len(self.storages):
            self.storages.append(storage)
        name = _STORAGES.setdefault(x.dtype, _Name("torch", x.dtype.legacy.replace("Tensor", "Storage")))
        return _StorageId(("storage", name, str(key), "cpu", storage.value.aval.size))

    def save_name(self, obj: _Name) -> None:
        """Write a global."""
        module, name = obj.path
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)

    def save_dtype(self, obj: dtype) -> None:
        """Write a dtype, which is a global of PyTorch."""
        self.save(_DTYPES.setdefault(obj, _Name("torch", obj.name)))

    def save_function(self, obj: Any) -> None:
        """Write a function, which is a global; PyTorch's under PyTorch's name."""
        if path := path_of(obj):
            self.save(_Name(*path))
        elif is_compiled(obj):
            self.save_reduce(_GETATTR, (_COMPILED_OWNER, obj.__name__))
        else:
            self.save_global(obj)

    def save_reduced(self, obj: _Reduced) -> None:
        """Write something that is built by a call."""
        self.save_reduce(obj.call, obj.args)

    def bytes_of_storages(self) -> list[memoryview]:
        """The contents of the storages."""
        return [storage_bytes(storage) for storage in self.storages]


Pickler.dispatch[_Name] = Pickler.save_name
Pickler.dispatch[dtype] = Pickler.save_dtype
Pickler.dispatch[FunctionType] = Pickler.save_function
Pickler.dispatch[Overridable] = Pickler.save_function
Pickler.dispatch[_Reduced] = Pickler.save_reduced


def storage_bytes(storage: Storage) -> memoryview:
    """A storage's contents, computed now if they were pending."""
    array = np.ascontiguousarray(array_of(storage.value, "save"))
    return array.reshape(-1).view(np.uint8).data
