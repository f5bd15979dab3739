"""torch._C: of PyTorch's compiled part what libraries call at the side, or import and leave alone."""

from types import SimpleNamespace as _Names
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._absent import stand_in as _stand_in
from funcgrad.torch._attributes import TensorBase as TensorBase
from funcgrad.torch._destination import module_destination as _module_destination
from funcgrad.torch._ops.singular import LinAlgError as _Error
from funcgrad.torch._overriding import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from funcgrad.torch._overriding import disabled as _disabled
from funcgrad.torch._tensor import Tensor as _Tensor
from funcgrad.torch.random import Generator as Generator

__all__: list[str] = []

Value: Any = _stand_in("torch._C", "Value", "TorchScript is not there; functions run as they are.")


_nn = _Names(_parse_to=_module_destination)
_TensorMeta = type(_Tensor)


_LinAlgError = _Error


def _are_functorch_transforms_active() -> bool:
    """Whether PyTorch's own function transforms run: JAX's do."""
    return False


def _is_torch_function_mode_enabled() -> bool:
    """Whether a block overrides functions: there are none."""
    return False


def _get_tracing_state() -> None:
    """What TorchScript's tracer is at: nothing."""


def _get_default_device() -> str:
    """The kind of device that tensors are made on."""
    return "cpu"


_get_accelerator = _get_default_device


def _log_api_usage_once(event: str) -> None:
    """Count nothing: PyTorch counts who uses what, where its builder asked for it."""


_disabled_torch_function_impl = _disabled


__getattr__ = _missing_from(__name__)
