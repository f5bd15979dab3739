"""Legacy names: `Variable`, the default tensor type, and the tensor types of GPUs, which are not there."""

from __future__ import annotations

from typing import Any, NoReturn

from funcgrad.errors import warn
from funcgrad.torch._ops.gradient import data as data_of
from funcgrad.torch._ops.legacy import constructed
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import DTYPES, get_default_dtype, set_default_dtype
from funcgrad.torch._warn_once import warn_once

VOLATILE_REMOVED = "volatile was removed and now has no effect. Use `with torch.no_grad():` instead."
DEFAULT_TYPE_DEPRECATED = (
    "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
    "torch.set_default_device() as alternatives."
)


class _VariableMeta(type):
    """Every tensor is a `Variable`, since PyTorch 0.4."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)

    def __call__(cls, data: Any = None, requires_grad: bool = False, volatile: bool | None = None) -> Tensor:
        if volatile is not None:
            warn(VOLATILE_REMOVED)
        made = constructed((), get_default_dtype()) if data is None else data_of(_checked(data))
        made._writes = None
        made.requires_grad = requires_grad
        return made


def _checked(data: Any) -> Tensor:
    if not isinstance(data, Tensor):
        kind = type(data)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        raise TypeError(f"Variable data has to be a tensor, but got {name}")
    return data


class Variable(metaclass=_VariableMeta):
    """A leaf tensor on the memory of `data`: what tensors needed before PyTorch 0.4 to be differentiated.

    Args:
        data: A tensor.
        requires_grad: Whether it collects a gradient.
        volatile: Without effect, apart from a warning.

    Raises:
        TypeError: `data` is not a tensor.
    """


class UnavailableType(type):
    """The class of `torch.cuda.FloatTensor` and its kin: no tensor is one, and none can be made."""

    def __call__(cls, *given: Any, **keywords: Any) -> NoReturn:
        raise TypeError(f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled.")

    def __instancecheck__(cls, instance: Any) -> bool:
        return False


CUDA_TYPES = {
    d.legacy: UnavailableType(d.legacy, (), {"dtype": d, "is_cuda": True, "__module__": "torch.cuda"}) for d in DTYPES
}
_BY_NAME: dict[str, Any] = {f"torch.{d.legacy}": d for d in DTYPES} | {
    f"torch.cuda.{name}": made for name, made in CUDA_TYPES.items()
}


def set_default_tensor_type(t: Any) -> None:
    """Choose the dtype of new floating-point tensors by the name of a tensor type.

    Args:
        t: A class such as `torch.DoubleTensor`, or its name as a string.

    Raises:
        TypeError: A type of integers, or of tensors on a GPU.
        ValueError: Another name.
    """
    found = _BY_NAME.get(t, t) if isinstance(t, str) else t
    if isinstance(found, str):
        raise ValueError(f"invalid type: '{t}'. Pass a name such as 'torch.FloatTensor'.")
    if isinstance(found, UnavailableType):
        found()
    wanted = getattr(found, "dtype", found)
    if not getattr(wanted, "is_floating_point", False):
        raise TypeError("only floating-point types are supported as the default type")
    warn_once(DEFAULT_TYPE_DEPRECATED)
    set_default_dtype(wanted)
