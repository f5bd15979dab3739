"""Hooks on all modules, which run before a module's own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from funcgrad.torch._hooks import RemovableHandle
from funcgrad.torch._texts import GLOBAL_MODULE_HOOK_KINDS


class GlobalHooks:
    """What hangs on all modules.

    Attributes:
        before: Called before `forward`.
        after: Called after it.
        backward_before: Called before the backward pass of a module.
        backward: Called after it.
        with_kwargs: The keys of those in `after` that get the keywords too.
        is_full: Of what kind `backward` are; None before the first.
    """

    def __init__(self) -> None:
        self.before: OrderedDict[int, Any] = OrderedDict()
        self.after: OrderedDict[int, Any] = OrderedDict()
        self.backward_before: OrderedDict[int, Any] = OrderedDict()
        self.backward: OrderedDict[int, Any] = OrderedDict()
        self.with_kwargs: dict[int, bool] = {}
        self.is_full: bool | None = None

    def __bool__(self) -> bool:
        return bool(self.before or self.after or self.backward_before or self.backward)

    def take(self, full: bool) -> None:
        """Settle the kind of the backward hooks.

        Raises:
            RuntimeError: There are hooks of the other kind.
        """
        if self.is_full is (not full):
            raise RuntimeError(GLOBAL_MODULE_HOOK_KINDS)
        self.is_full = full


everywhere = GlobalHooks()


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, args)` before every module's `forward`; what it returns replaces the arguments."""
    return RemovableHandle(everywhere.before, hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after every module's `forward`; what it returns replaces the output."""
    handle = RemovableHandle(everywhere.after, hook)
    if with_kwargs:
        everywhere.with_kwargs[handle.id] = True
    return handle


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_output)` before every module's backward pass; what it returns replaces them."""
    return RemovableHandle(everywhere.backward_before, hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` after every module's backward pass.

    Raises:
        RuntimeError: There are hooks of the other kind.
    """
    everywhere.take(full=True)
    return RemovableHandle(everywhere.backward, hook)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` with the gradients of the node that made a module's result.

    Raises:
        RuntimeError: There are hooks of the other kind.
    """
    everywhere.take(full=False)
    return RemovableHandle(everywhere.backward, hook)
