"""torch.autograd.function: where `Function` lives, and what its backward passes are marked with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._function import Context as FunctionCtx
from funcgrad.torch._function import Function as Function
from funcgrad.torch._grad_mode import no_grad as _no_grad
from funcgrad.torch._grad_mode import state as _state
from funcgrad.torch._tensor import Tensor as _Tensor
from funcgrad.torch._texts import ONCE_DIFFERENTIABLE as _ONCE_DIFFERENTIABLE

__all__ = ["Function", "FunctionCtx", "InplaceFunction", "once_differentiable"]


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a `backward` that cannot be differentiated itself: a second derivative is an error, not silently wrong.

    Raises:
        RuntimeError: From a backward pass through the gradients that the marked function computes.
    """

    @functools.wraps(fn)
    def once(ctx: Any, *grads: Any) -> Any:
        with _no_grad():
            made = fn(ctx, *grads)
        if not _state.grad or not any(isinstance(g, _Tensor) and g.requires_grad for g in grads):
            return made
        if isinstance(made, tuple):
            return tuple(_Dead.apply(x, *grads) if isinstance(x, _Tensor) else x for x in made)
        return _Dead.apply(made, *grads) if isinstance(made, _Tensor) else made

    return once


class InplaceFunction(Function):
    """A `Function` under an old name.

    Args:
        inplace: What `inplace` is in its instances, of which nothing is made.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class _Dead(Function):
    """A gradient whose own gradient is refused."""

    @staticmethod
    def forward(ctx: Any, gradient: Any, *incoming: Any) -> Any:
        """The gradient."""
        return gradient

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Refuse."""
        raise RuntimeError(_ONCE_DIFFERENTIABLE)


__getattr__ = _missing_from(__name__)
