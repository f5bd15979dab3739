"""What `to` is told: a device, a dtype, both of another tensor, whether to wait or copy, and a memory format."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from funcgrad.torch._memory_format import memory_format as MemoryFormat
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import NO_COPY_OF_MODULE, NO_SUCH_TO
from funcgrad.torch._types import PYTHON_TYPES, as_dtype, bool_, check_device, complex128, dtype, float64
from funcgrad.torch._types import device as Device


class Destination(NamedTuple):
    """Where a tensor or module shall go; None leaves it as it is."""

    device: Device | None = None
    dtype: dtype | None = None
    non_blocking: bool = False
    memory_format: MemoryFormat | None = None
    copy: bool = False


def _names_device(x: Any) -> bool:
    return x is None or (isinstance(x, (str, Device, int, np.integer)) and not isinstance(x, bool))


def _names_dtype(x: Any) -> bool:
    return isinstance(x, dtype) or (isinstance(x, type) and x in PYTHON_TYPES)


_FITS: dict[str, Callable[[Any], bool]] = {
    "device": _names_device,
    "dtype": _names_dtype,
    "tensor": lambda x: isinstance(x, Tensor),
    "non_blocking": lambda x: isinstance(x, bool),
    "copy": lambda x: isinstance(x, bool),
    "memory_format": lambda x: x is None or isinstance(x, MemoryFormat),
}
_SIGNATURES = (
    ("device", "dtype", "non_blocking", "copy"),
    ("dtype", "non_blocking", "copy"),
    ("tensor", "non_blocking", "copy"),
)


def destination(*args: Any, **keywords: Any) -> Destination:
    """The destination that the arguments of a `to` name.

    Raises:
        AssertionError: The device is a GPU.
        TypeError: No form of `to` takes such arguments.
    """
    if len(args) == 1 and not keywords and type(args[0]) in (str, Device, dtype):
        return _of_one(args[0])
    return _parsed(args, keywords)


@functools.cache
def _of_one(given: str | Device | dtype) -> Destination:
    """The destination of `x.to(device)`, which scripts ask for with every batch."""
    return _parsed((given,), {})


def _parsed(args: tuple[Any, ...], keywords: dict[str, Any]) -> Destination:
    if len(args) == 1 and not keywords and isinstance(args[0], (bool, float, complex, np.inexact)):
        return Destination(dtype=_of_number(args[0]))
    for names in _SIGNATURES:
        found = dict(zip(names, args, strict=False)) | keywords
        each_has_a_name = len(found) == len(args) + len(keywords)
        if each_has_a_name and all(_fits(names, name, given) for name, given in found.items()):
            return _made(**found)
    raise TypeError(NO_SUCH_TO.format(", ".join(_kinds(args, keywords))))


def _of_number(x: bool | float | complex | np.inexact) -> dtype:
    """The dtype of the tensor that PyTorch makes of a number where another tensor is expected."""
    return bool_ if isinstance(x, bool) else float64 if isinstance(x, (float, np.floating)) else complex128


def _fits(names: tuple[str, ...], name: str, given: Any) -> bool:
    """Whether a form of `to` takes the argument; a dtype may be None beside a device."""
    if name == "dtype" and given is None:
        return names[0] == "device"
    return (name in names or name == "memory_format") and _FITS[name](given)


def module_destination(*args: Any, **keywords: Any) -> tuple[Any, ...]:
    """Device, dtype, whether not to wait, and memory format, that the arguments of a module's `to` name.

    Raises:
        RuntimeError: A copy is asked for.
        TypeError: No form of `to` takes such arguments.
    """
    found = destination(*args, **keywords)
    if found.copy:
        raise RuntimeError(NO_COPY_OF_MODULE)
    return found[:4]


def _made(device: Any = None, dtype: Any = None, tensor: Tensor | None = None, **rest: Any) -> Destination:
    if tensor is not None:
        device, dtype = tensor.device, tensor.dtype
    device = int(device) if isinstance(device, np.integer) else device
    check_device(device)
    return Destination(None if device is None else Device(device), None if dtype is None else as_dtype(dtype), **rest)


def _kinds(args: tuple[Any, ...], keywords: dict[str, Any]) -> list[str]:
    """The kinds of what was passed, as PyTorch names them."""
    named = [f"{name}={_kind(given)}" for name, given in sorted(keywords.items())]
    return [*map(_kind, args), *named, *([""] if named and not args else [])]


def _kind(x: Any) -> str:
    named = {dtype: "torch.dtype", Device: "torch.device", MemoryFormat: "torch.memory_format"}
    return "Tensor" if isinstance(x, Tensor) else named.get(type(x), type(x).__name__)
