"""`torch.FloatStorage` and its kin: the classes by which storages were made, and are told apart, of old."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from funcgrad.torch._ops.creation import tensor, zeros
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.storages import DEPRECATED, TypedStorage, UntypedStorage, class_name, viewed
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import DTYPES, dtype
from funcgrad.torch._warn_once import warn_once

_FORMS = """{}.__new__ received an invalid combination of arguments. Expected one of:
 * no arguments
 * (int size)
 * (Sequence data)
 * (*, UntypedStorage wrap_storage)
{}"""


class _StorageType(type):
    """The class of such a class: an instance is a typed storage of its dtype."""

    def __call__(cls, *given: Any, wrap_storage: Any = None, **other: Any) -> TypedStorage:
        """A storage of zeros, of a sequence's numbers, or of the memory of another one.

        Raises:
            RuntimeError: Arguments that do not belong together.
            TypeError: Arguments of other types.
        """
        warn_once(DEPRECATED)
        kind: Any = vars(cls)["dtype"]
        for name in other:
            if name not in ("dtype", "device"):
                raise TypeError(f"TypedStorage.__new__() got an unexpected keyword argument '{name}'")
            raise RuntimeError(_FORMS.format(cls, f"Keyword argument '{name}' cannot be specified"))
        if wrap_storage is not None:
            return TypedStorage(_wrapped(cls, kind, given, wrap_storage))
        if len(given) > 1:
            raise RuntimeError(_FORMS.format(cls, "Too many positional arguments"))
        data = given[0] if given else 0
        if isinstance(data, int):
            return TypedStorage(zeros(data, dtype=kind))
        if not isinstance(data, Sequence):
            raise TypeError(_FORMS.format(cls, f"Argument type not recognized: {type(data)}"))
        return TypedStorage(tensor(data, dtype=kind))

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is vars(cls)["dtype"]


def _wrapped(cls: type, kind: dtype, given: tuple[Any, ...], storage: Any) -> Tensor:
    if given:
        wrong = "No positional arguments should be given when using 'wrap_storage'"
        raise RuntimeError(_FORMS.format(cls, wrong))
    if not isinstance(storage, UntypedStorage):
        wrong = f"Argument 'wrap_storage' must be UntypedStorage, but got {type(storage)}"
        raise TypeError(_FORMS.format(cls, wrong))
    return viewed(storage, kind)


def _type_of(d: dtype) -> _StorageType:
    return _StorageType(class_name(d), (TypedStorage,), {"dtype": d, "__module__": "torch"})


_TYPES = {d: _type_of(d) for d in DTYPES}


def storage_type(input: Tensor) -> type:
    """The class of the tensor's storage, as it was called of old."""
    return _TYPES[input.dtype]


ROWS = (
    *(Row(kind.__name__, kind, method=False) for kind in _TYPES.values()),
    Row("Storage", _TYPES[next(d for d in DTYPES if d.name == "float32")], method=False),
    Row("storage_type", storage_type, function=False),
)
