"""functorch: PyTorch's older package of that name, whose functions live on in torch.func; each use warns."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn as _warn
from funcgrad.torch import func as _func
from funcgrad.torch._ops.joining import stack as _stack
from funcgrad.torch._stateless import functional_call as _functional_call
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._module import Module as _Module

_DEPRECATED = (
    "We've integrated functorch into PyTorch. As the final step of the integration, `functorch.{}` is deprecated as of "
    "PyTorch 2.0 and will be deleted in a future version of PyTorch >= 2.3. Please use `{}` instead; see the PyTorch "
    "2.0 release notes and/or the `torch.func` migration guide for more details "
    "https://pytorch.org/docs/main/func.migrating.html"
)
_HAS_BUFFERS = "make_functional(model): `model` has buffers. Please use make_functional_with_buffers(model) instead."


def _renamed(name: str, module: str = "torch.func") -> Callable[..., Any]:
    function = getattr(_func, name)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        _warn(_DEPRECATED.format(name, f"{module}.{name}"), FutureWarning)
        return function(*args, **kwargs)

    return call


vmap = _renamed("vmap", "torch")
grad, grad_and_value = _renamed("grad"), _renamed("grad_and_value")
vjp, jvp, jacrev, jacfwd, hessian = map(_renamed, ("vjp", "jvp", "jacrev", "jacfwd", "hessian"))


class FunctionalModule(_Module):
    """A module as a function of its parameters.

    Args:
        stateless_model: The module.
    """

    def __init__(self, stateless_model: _Module) -> None:
        super().__init__()
        self.stateless_model = stateless_model
        self.param_names = tuple(name for name, _ in stateless_model.named_parameters())

    def forward(self, params: Iterable[Tensor], *args: Any, **kwargs: Any) -> Any:
        """What the module gives with these parameters."""
        return _functional_call(self.stateless_model, dict(zip(self.param_names, params, strict=True)), args, kwargs)


class FunctionalModuleWithBuffers(FunctionalModule):
    """A module as a function of its parameters and buffers.

    Args:
        stateless_model: The module.
    """

    def __init__(self, stateless_model: _Module) -> None:
        super().__init__(stateless_model)
        self.buffer_names = tuple(name for name, _ in stateless_model.named_buffers())

    def forward(self, params: Iterable[Tensor], buffers: Iterable[Tensor], *args: Any, **kwargs: Any) -> Any:
        """What the module gives with these parameters and buffers."""
        names = (*self.param_names, *self.buffer_names)
        state = dict(zip(names, (*params, *buffers), strict=True))
        return _functional_call(self.stateless_model, state, args, kwargs)


def make_functional(model: _Module, disable_autograd_tracking: bool = False) -> tuple[Any, tuple[Tensor, ...]]:
    """A copy of a module as a function of its parameters, and these.

    Args:
        model: Without buffers.
        disable_autograd_tracking: Whether the parameters do not require grad.

    Raises:
        RuntimeError: The module has buffers.
    """
    _warn(_DEPRECATED.format("make_functional", "torch.func.functional_call"), FutureWarning)
    if list(model.buffers()):
        raise RuntimeError(_HAS_BUFFERS)
    stateless, params, _ = _taken_apart(model, disable_autograd_tracking)
    return FunctionalModule(stateless), params


def make_functional_with_buffers(
    model: _Module, disable_autograd_tracking: bool = False
) -> tuple[Any, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A copy of a module as a function of its parameters and buffers, and these.

    Args:
        model: The module.
        disable_autograd_tracking: Whether the parameters do not require grad.
    """
    _warn(_DEPRECATED.format("make_functional_with_buffers", "torch.func.functional_call"), FutureWarning)
    stateless, params, buffers = _taken_apart(model, disable_autograd_tracking)
    return FunctionalModuleWithBuffers(stateless), params, buffers


def combine_state_for_ensemble(models: Sequence[_Module]) -> tuple[Any, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Modules of one class as one function, and their parameters and buffers, each stacked.

    Args:
        models: All in training mode, or none.

    Raises:
        RuntimeError: There are none, or they are not alike.
    """
    _warn(_DEPRECATED.format("combine_state_for_ensemble", "torch.func.stack_module_state"), FutureWarning)
    if not models:
        raise RuntimeError("combine_state_for_ensemble: Expected at least one model, got 0.")
    if any(model.training != models[0].training for model in models):
        raise RuntimeError("combine_state_for_ensemble: Expected all models to have the same training/eval mode.")
    if any(type(model) is not type(models[0]) for model in models):
        raise RuntimeError("combine_state_for_ensemble: Expected all models to be of the same class.")
    apart = [_taken_apart(model, False) for model in models]
    params, buffers = (
        tuple(_stack(same).detach() for same in zip(*(a[k] for a in apart), strict=True)) for k in (1, 2)
    )
    return FunctionalModuleWithBuffers(apart[0][0]), params, buffers


def _taken_apart(model: _Module, is_frozen: bool) -> tuple[_Module, tuple[Tensor, ...], tuple[Tensor, ...]]:
    stateless = copy.deepcopy(model)
    params = tuple(stateless.parameters())
    if is_frozen:
        for param in params:
            param.requires_grad_(False)
    return stateless, params, tuple(stateless.buffers())


__getattr__ = _missing_from(__name__)
