"""Casting: parameters and buffers of a module, and of all below it, moved or cast in place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

from funcgrad.torch.__future__ import (
    get_overwrite_module_params_on_conversion,
    get_swap_module_params_on_conversion,
)
from funcgrad.torch._destination import module_destination
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.copying import to_device
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.gradient import set_data
from funcgrad.torch._swapping import swap_tensors
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import NOT_TO_EMPTY
from funcgrad.torch._types import CPU, bfloat16, device, dtype, float16, float32, float64
from funcgrad.torch.nn.parameter import Parameter


def _moved(x: Tensor, chosen: device) -> Tensor:
    if x.is_meta and chosen.type != "meta":
        raise NotImplementedError(NOT_TO_EMPTY)
    return to_device(x, chosen)


def _applied(fn: Callable[[Tensor], Tensor], parameter: Parameter) -> Parameter:
    """The parameter with other data; a new one, where only one of the two has any, or `torch.__future__` says so."""
    made, grad = fn(parameter), parameter._grad
    if get_swap_module_params_on_conversion():
        swap_tensors(parameter, Parameter(made, parameter.requires_grad))
        if grad is not None:
            swap_tensors(grad, fn(grad).requires_grad_(grad.requires_grad))
            parameter._grad = grad
        return parameter
    if made.is_meta != parameter.is_meta or get_overwrite_module_params_on_conversion():
        parameter = Parameter(made, parameter.requires_grad)
        parameter._grad = None if grad is None else fn(grad)
        return parameter
    for tensor in (parameter, grad):
        if tensor is not None and (new := made if tensor is parameter else fn(tensor)) is not tensor:
            set_data(tensor, new)
    return parameter


class Casting:
    """The part of a module that changes what its tensors are; all of it goes through `_apply`."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]

    if TYPE_CHECKING:

        def children(self) -> Iterator[Any]: ...

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Put `fn` of each parameter, gradient and buffer in its place; libraries override this to add their own."""
        if recurse:
            for child in self.children():
                child._apply(fn)
        with no_grad():
            for name, parameter in self._parameters.items():
                if parameter is not None:
                    self._parameters[name] = _applied(fn, parameter)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move or cast parameters and buffers in place; only floating-point ones are cast."""
        place, wanted, _, format = module_destination(*args, **kwargs)[:4]
        if wanted is not None and not (wanted.is_floating_point or wanted.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={wanted}"
            )
        if place is not None or wanted is None:
            self._apply(functools.partial(_moved, chosen=place or CPU))
        if format is not None:
            self._apply(lambda x: x.to(memory_format=format) if x.ndim in (4, 5) else x)
        return self if wanted is None else self._cast(wanted)

    def _cast(self, wanted: dtype) -> Self:
        def cast(x: Any) -> Any:
            return x.to(wanted) if x.dtype.is_floating_point else x

        return self._apply(cast)

    def type(self, dst_type: Any) -> Self:
        """Cast all parameters and buffers in place, those of integers too."""

        def cast(x: Any) -> Any:
            return x.type(dst_type)

        return self._apply(cast)

    def double(self) -> Self:
        """Cast floating-point parameters and buffers to float64."""
        return self._cast(float64)

    def float(self) -> Self:
        """Cast floating-point parameters and buffers to float32."""
        return self._cast(float32)

    def half(self) -> Self:
        """Cast floating-point parameters and buffers to float16."""
        return self._cast(float16)

    def bfloat16(self) -> Self:
        """Cast floating-point parameters and buffers to bfloat16."""
        return self._cast(bfloat16)

    def cpu(self) -> Self:
        """The module on the CPU: itself, if it has data."""
        return self._apply(lambda x: x.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Refused, as in a PyTorch without CUDA."""
        raise AssertionError("Torch not compiled with CUDA enabled")

    def share_memory(self) -> Self:
        """Move parameters, their gradients and buffers to memory that processes share."""
        return self._apply(lambda x: x.share_memory_())

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move parameters and buffers without their values: their contents are not to be relied on."""
        return self._apply(lambda x: empty(x.shape, dtype=x.dtype, device=device), recurse=recurse)
