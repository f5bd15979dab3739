"""Constructors of what checkpoints hold, by the names that stand in files.

Each takes only what a checkpoint needs, so that no argument can make it do anything else.
"""

from __future__ import annotations

import argparse
import pickle
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch._overriding import of_class
from funcgrad.torch._serialization.file_storage import FileStorage
from funcgrad.torch._serialization.functions import COMPILED_OWNER, attribute
from funcgrad.torch._serialization.unpickler import hashable
from funcgrad.torch._tensor import Tensor, strided, wrap
from funcgrad.torch._types import DTYPES, Size, device, dtype
from funcgrad.torch.nn.parameter import Parameter
from funcgrad.trace import aval_of, without_data


def attributes(state: Any, cls: type | None = None) -> dict[str, Any]:
    """A state that consists of attributes, none of which hides what the class has."""
    if type(state) is not dict or any(type(name) is not str or hasattr(cls, name) for name in state):
        raise ValueError("a state that is no dictionary of new attributes")
    return state


def _tensor(
    storage: Any, offset: int, size: Any, stride: Any, requires_grad: bool = False, hooks: Any = None, bits: Any = None
) -> Tensor:
    if type(storage) is not FileStorage:
        raise TypeError(f"a tensor in a {type(storage).__name__}")
    if bits:
        raise pickle.UnpicklingError(f"the file has a tensor that is a lazy {' and '.join(bits)}: resolve it first")
    made = storage.tensor(offset, size, stride)
    made.requires_grad = bool(requires_grad)
    return made


def _tensor_on_meta(kind: Any, size: Any, stride: Any, requires_grad: bool) -> Tensor:
    if not isinstance(kind, dtype):
        raise TypeError(f"a tensor of dtype {kind!r:.100}")
    made = wrap(without_data(aval_of(_size(size), kind.numpy)))
    made.requires_grad = bool(requires_grad)
    return made


def _parameter(data: Any, requires_grad: bool, hooks: Any, state: Any = None) -> Parameter:
    if not isinstance(data, Tensor):
        raise TypeError(f"a parameter of a {type(data).__name__}")
    return _with_attributes(Parameter(data, bool(requires_grad)), state)


def _typed(build: Any, cls: Any, args: tuple[Any, ...], state: Any) -> Any:
    if build not in (_tensor, _tensor_on_meta, _parameter) or not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"a tensor of the class {cls!r:.100}")
    made = build(*args)
    return _with_attributes(made if isinstance(made, cls) else of_class(made, cls), state)


def _with_attributes(made: Any, state: Any) -> Any:
    for name, value in attributes({} if state is None else state, Tensor).items():
        if name in Tensor.__annotations__:
            raise ValueError(f"a tensor with the private attribute {name!r}")
        setattr(made, name, value)
    return made


def _ordered(items: Any = ()) -> OrderedDict[Any, Any]:
    return OrderedDict((hashable(key), value) for key, value in items)


def _default(factory: Any = None) -> defaultdict[Any, Any]:
    if factory not in (None, list, dict, set, int, float, str):
        raise TypeError(f"a defaultdict of {factory!r:.100}")
    return defaultdict(factory)


def _layout(name: str) -> Any:
    if name != "torch.strided":
        raise pickle.UnpicklingError(f"the file has a tensor of layout {name!r:.100}; only dense ones are there")
    return strided


def _bytes(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes as {encoding!r}")
    return text.encode("latin1")


def _bytearray(data: bytes | str = b"", encoding: str = "latin1") -> bytearray:
    return bytearray(_bytes(data, encoding) if isinstance(data, str) else memoryview(data))


def _size(numbers: Any) -> Size:
    if any(type(n) is not int for n in numbers):
        raise TypeError("a size of something else than integers")
    return Size(numbers)


def _numpy_dtype(name: str, *_: Any) -> np.dtype[Any]:
    if not re.fullmatch(r"[<|=]?[biufc]\d{1,2}", name):
        raise pickle.UnpicklingError(f"the file has a NumPy array of dtype {name!r:.100}; only numbers are rebuilt")
    return np.dtype(name)


def check_byteorder(state: Any) -> None:
    if state[1] not in ("<", "|", "=") or any(part is not None for part in state[2:5]):
        raise pickle.UnpicklingError("the file has a NumPy dtype with fields or of the other byte order")


def _numpy_scalar(kind: np.dtype[Any], data: bytes) -> Any:
    (value,) = np.frombuffer(data, kind)
    return value


def _numpy_array(cls: Any, shape: Any, code: Any) -> np.ndarray:
    if cls is not np.ndarray:
        raise TypeError(f"an array of the class {cls!r:.100}")
    return np.empty(0)


def array_state(version: int, shape: Any, kind: Any, is_fortran: bool, data: Any) -> tuple[Any, ...]:
    if not isinstance(kind, np.dtype) or kind.hasobject or not isinstance(data, bytes):
        raise TypeError("a NumPy array of something else than numbers")
    return version, _size(shape), kind, bool(is_fortran), data


_Entry = tuple[Any, Callable[..., Any] | None]
"""What a name stands for, and what calling it means (None: it is not called)."""


def _entries(table: dict[str, _Entry]) -> dict[str, Any]:
    CALLS.update({id(target): call for target, call in table.values() if call is not None})
    return {path: target for path, (target, _) in table.items()}


CALLS: dict[int, Callable[..., Any]] = {}
"""What calling a known object means, by its identity; an object that is not here is never called."""

STRICT = _entries(
    {
        "collections.OrderedDict": (OrderedDict, _ordered),
        "collections.Counter": (Counter, lambda items=(): Counter(dict(items))),
        "builtins.set": (set, lambda items=(): set(map(hashable, items))),
        "builtins.bytearray": (bytearray, _bytearray),
        "builtins.complex": (complex, lambda real, imag: complex(float(real), float(imag))),
        "_codecs.encode": (_bytes, _bytes),
        "torch.Size": (Size, _size),
        "torch.device": (device, device),
        "torch.Tensor": (Tensor, None),
        "torch.nn.parameter.Parameter": (Parameter, None),
        "torch.serialization._get_layout": (_layout, _layout),
        "torch._utils._rebuild_tensor": (_tensor, _tensor),
        "torch._utils._rebuild_tensor_v2": (_tensor, _tensor),
        "torch._utils._rebuild_meta_tensor_no_storage": (_tensor_on_meta, _tensor_on_meta),
        "torch._utils._rebuild_parameter": (_parameter, _parameter),
        "torch._utils._rebuild_parameter_with_state": (_parameter, _parameter),
        "torch._tensor._rebuild_from_type_v2": (_typed, _typed),
        **{f"torch.{d.name}": (d, None) for d in DTYPES},
        **{f"torch.{d.legacy.replace('Tensor', 'Storage')}": (d, None) for d in DTYPES},
    }
)
"""Rebuilt under `weights_only=True`: what PyTorch rebuilds."""

FURTHER = _entries(
    {
        "builtins.frozenset": (frozenset, lambda items=(): frozenset(map(hashable, items))),
        "builtins.slice": (slice, slice),
        "builtins.range": (range, range),
        "builtins.xrange": (range, range),
        "builtins.Ellipsis": (..., None),
        "builtins.getattr": (attribute, attribute),
        COMPILED_OWNER: (COMPILED_OWNER, None),
        **{f"builtins.{kind.__name__}": (kind, None) for kind in (list, dict, tuple, int, float, str, bool)},
        "collections.defaultdict": (defaultdict, _default),
        "argparse.Namespace": (argparse.Namespace, None),
        "numpy.dtype": (np.dtype, _numpy_dtype),
        "numpy.ndarray": (np.ndarray, None),
        "numpy._core.multiarray.scalar": (_numpy_scalar, _numpy_scalar),
        "numpy.core.multiarray.scalar": (_numpy_scalar, _numpy_scalar),
        "numpy._core.multiarray._reconstruct": (_numpy_array, _numpy_array),
        "numpy.core.multiarray._reconstruct": (_numpy_array, _numpy_array),
    }
)
"""Rebuilt under `weights_only=False` only."""
