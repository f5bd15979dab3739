"""Helpers that optimizers copied out of PyTorch import from `torch.optim.optimizer`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from funcgrad.torch._grad_mode import set_grad_enabled
from funcgrad.torch._ops.complex_parts import view_as_real
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import float32, float64, get_default_dtype
from funcgrad.torch.nn.parameter import Parameter

_foreach_supported_types = [Tensor, Parameter]
_params_doc = "params (iterable): parameters, or dictionaries that define groups of them"
_foreach_doc = "foreach (bool, optional): without effect: a group is updated at once anyway"
_fused_doc = "fused (bool, optional): without effect: the update is compiled anyway"
_capturable_doc = "capturable (bool, optional): must be False on a CPU"
_differentiable_doc = "differentiable (bool, optional): let gradients flow through the step"
_maximize_doc = "maximize (bool, optional): ascend instead"


def _use_grad_for_differentiable(func: Callable[..., Any]) -> Callable[..., Any]:
    """A `step` that records gradients only where the optimizer was told `differentiable=True`."""

    @functools.wraps(func)
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        with set_grad_enabled(self.defaults["differentiable"]):
            return func(self, *args, **kwargs)

    return step


def _disable_dynamo_if_unsupported(single_tensor_fn: Any = None) -> Callable[[Any], Any]:
    """A decorator that changes nothing: there is no TorchDynamo."""
    return lambda func: func


def _default_to_fused_or_foreach(params: Any, differentiable: bool, use_fused: bool = False) -> tuple[bool, bool]:
    """Whether an optimizer takes its fused and its foreach path of itself: the second one never on a CPU."""
    if differentiable:
        return False, False
    return use_fused and all(p is None or p.is_floating_point() for p in params), False


def _get_value(x: Any) -> Any:
    """A tensor's number; anything else as it is."""
    return x.item() if isinstance(x, Tensor) else x


def _stack_if_compiling(x: Any) -> Any:
    """The list itself: nothing is compiled by TorchDynamo."""
    return x


def _view_as_real(params: list[Any], *state_and_grads: list[Any]) -> None:
    """In the lists, complex parameters and what belongs to them as pairs of real numbers."""
    for i, parameter in enumerate(params):
        if parameter.is_complex():
            for tensors in (params, *state_and_grads):
                tensors[i] = view_as_real(tensors[i])


def _get_scalar_dtype(is_fused: bool | None = None) -> Any:
    """The dtype of counters."""
    return float64 if not is_fused and get_default_dtype() is float64 else float32


def _to_scalar(x: Any) -> Any:
    """A tensor of one element without dimensions; anything else as it is."""
    return x.squeeze() if isinstance(x, Tensor) and x.ndim else x


def _get_capturable_supported_devices(supports_xla: bool = True) -> list[str]:
    """The kinds of device whose steps may be captured in a graph."""
    return ["cuda", "xpu", "hpu", "privateuseone", *(["xla"] if supports_xla else [])]
