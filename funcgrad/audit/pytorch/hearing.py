"""Hearing PyTorch: modules, optimizers and tensors tell through its global hooks and a function mode.

What has no hook (backward, zero_grad, clipping, scalers, schedulers) is wrapped while somebody listens.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any

from funcgrad.audit.events import Enough, Events
from funcgrad.audit.hearing import NORMS
from funcgrad.audit.place import here, is_named_by_users
from funcgrad.audit.pytorch.graph import describe, leaves_of, mean_of
from funcgrad.audit.tensors import born, value_of

OPERATORS = frozenset(f"__i{name}__" for name in ("add", "sub", "mul", "truediv"))


class Hearing:
    """Turns what PyTorch does into events.

    Args:
        torch: PyTorch.
        events: What handles them.
        seconds: Time after which the script is ended.
        updates: Told of each update, before and after it.
    """

    def __init__(self, torch: Any, events: Events, seconds: float, updates: Any) -> None:
        self.torch = torch
        self.events = events
        self.updates = updates
        self.deadline = time.monotonic() + seconds
        self._depth = 0  # of wrapped calls that are going on: what happens within them is PyTorch's own
        self._updating = 0  # steps that are going on: what is written within them is an update
        self._scalers: list[Any] = []
        self._owners: dict[int, Any] = {}

    # Its hooks.

    def called(self, module: Any, _: Any) -> None:
        """A module is about to compute its `forward`."""
        self._check_time()
        if id(module) not in self.events.ledger.names.modules:
            self.events.ledger.names.call(module)
            self._owners.update({id(p): m for m in module.modules() for p in m.parameters(recurse=False)})
        self.events.forward()

    def step_begins(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """An update is about to be made."""
        has_closure = callable(args[1] if len(args) > 1 else kwargs.get("closure"))
        if not self.events.stepping:
            self.events.check_steps()
        self.events.step_begins(optimizer, has_closure, here())
        self.updates.step_begins(optimizer, has_closure)
        self._updating += not has_closure

    def step_ended(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """It has been made."""
        has_closure = callable(args[1] if len(args) > 1 else kwargs.get("closure"))
        self._updating -= not has_closure
        self.updates.step_ended(optimizer, has_closure)
        self.events.step_ended(optimizer, has_closure)

    # What is wrapped; each gets the original.

    def backward(self, call: Callable[..., Any], tensors: Any, grad_tensors: Any = None, *args: Any, **kw: Any) -> Any:
        """`torch.autograd.backward`: what came to each leaf is the difference that it makes."""
        self._check_time()
        roots = [tensors] if hasattr(tensors, "grad_fn") else list(tensors)
        grads = list(grad_tensors) if isinstance(grad_tensors, list | tuple) else [grad_tensors] * len(roots)
        scales = [scaler._scale for scaler in self._scalers if scaler._scale is not None]
        loss = describe(roots, grads, scales)
        scaler = next((s for s in self._scalers if s._scale is not None and s._scale.data_ptr() in loss.storages), None)
        value = value_of(roots[0]) if roots[0].numel() == 1 else None
        scale = None if scaler is None else value_of(scaler._scale)
        leaves = leaves_of(roots)
        sequence = max((x.grad_fn._sequence_nr() for x in roots if x.grad_fn is not None), default=0)
        self.events.backward(here(), loss, scaler, value, scale, mean_of(roots), sequence)
        before = [_Before(leaf) for leaf in leaves]
        with self._within():
            result = call(tensors, grad_tensors, *args, **kw)
        for leaf, old in zip(leaves, before, strict=True):
            if old.has_changed(leaf):
                owner = self._owners.get(id(leaf))
                self.events.accumulated(leaf, old.fresh(leaf), leaf.grad, owner is None or owner.training)
        return result

    def clears(self, call: Callable[..., Any], owner: Any, *args: Any, **kw: Any) -> Any:
        """`zero_grad` of an optimizer or a module."""
        to_none = (args[0] if args else kw.get("set_to_none", True)) is not False
        groups = getattr(owner, "param_groups", None)
        parameters = owner.parameters() if groups is None else (p for group in groups for p in group["params"])
        if not self._depth:
            for parameter in list(parameters):
                self.events.cleared(parameter, to_none, here())
        with self._within():
            return call(owner, *args, **kw)

    def clips(self, call: Callable[..., Any], parameters: Any, *args: Any, **kw: Any) -> Any:
        """`clip_grad_norm_` or `clip_grad_value_`."""
        listed = [parameters] if hasattr(parameters, "grad_fn") else list(parameters)

        def again(parameters: Any, *args: Any) -> Any:
            with self._within():
                return call(parameters, *args, **kw)

        self.events.clips(here(), again, listed, args)
        return again(listed, *args)

    def scales(self, call: Callable[..., Any], scaler: Any, *args: Any) -> Any:
        """`GradScaler.scale`."""
        if scaler._enabled and not any(known is scaler for known in self._scalers):
            self._scalers.append(scaler)
        return call(scaler, *args)

    def unscales(self, call: Callable[..., Any], scaler: Any, optimizer: Any) -> Any:
        """`GradScaler.unscale_`; it may refuse."""
        with self._within():
            result = call(scaler, optimizer)
        if scaler._enabled:
            self.events.unscales(optimizer)
        return result

    def holds(self, call: Callable[..., Any], optimizer: Any, group: Any) -> Any:
        """`Optimizer.add_param_group`."""
        result = call(optimizer, group)
        self.events.holds(optimizer, optimizer.param_groups[-1]["params"], here())
        return result

    def schedules(self, call: Callable[..., Any], scheduler: Any, *args: Any, **kw: Any) -> Any:
        """A scheduler's `step`, but the one that it makes while it is built."""
        if not getattr(scheduler, "_is_initial", False) and hasattr(scheduler, "_last_lr"):
            self.events.schedules(scheduler, here())
        return call(scheduler, *args, **kw)

    def registers(self, call: Callable[..., Any], module: Any, name: str, parameter: Any) -> Any:
        """`Module.register_parameter`: the order in which parameters come into being."""
        if parameter is not None:
            born(parameter)
        return call(module, name, parameter)

    # What a function mode sees.

    def called_function(self, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A function of tensors that the user calls: an assignment to `.grad`, a write, a norm."""
        name = getattr(call, "__name__", "")
        if self._depth or not args:
            return call(*args, **kwargs)
        if name in ("__set__", "__delete__") and call in self._setters():
            self.events.assigned(args[0], args[1] if name == "__set__" else None, here())
            return call(*args, **kwargs)
        if self._updating:
            return call(*args, **kwargs)
        if name in OPERATORS or (name.endswith("_") and not name.endswith("__")):
            self._written(args[0])
        elif name in NORMS or name in ("norm", "_foreach_norm", "linalg_vector_norm"):
            self._inspected(args[0])
        return call(*args, **kwargs)

    def _setters(self) -> tuple[Any, Any]:
        grad = self.torch.Tensor.grad
        return grad.__set__, grad.__delete__

    def _written(self, x: Any) -> None:
        for gradient in list(self.events.ledger.gradients.values()):
            if _share(x, gradient.leaf):
                self.events.updated_by_hand(gradient.leaf, here())
            elif gradient.leaf.grad is not None and _share(x, gradient.leaf.grad):
                self.events.written(gradient.leaf, here())

    def _inspected(self, x: Any) -> None:
        for each in x if isinstance(x, list | tuple) else [x]:
            for gradient in list(self.events.ledger.gradients.values()):
                is_grads = gradient.leaf.grad is not None and _share(each, gradient.leaf.grad)
                if is_grads and not is_named_by_users("get_scale"):
                    self.events.inspects(gradient.leaf, here())

    @contextmanager
    def _within(self) -> Generator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise Enough


class _Before:
    """A leaf's `.grad` before a backward pass."""

    def __init__(self, leaf: Any) -> None:
        self._grad = leaf.grad
        self._value, self._version = (None, 0) if leaf.grad is None else (value_of(leaf.grad), leaf.grad._version)

    def has_changed(self, leaf: Any) -> bool:
        """Whether something has been added to it."""
        return leaf.grad is not None and (leaf.grad is not self._grad or leaf.grad._version != self._version)

    def fresh(self, leaf: Any) -> Any:
        """What has been added to it."""
        return leaf.grad if self._value is None else leaf.grad.detach() - self._value


def _share(x: Any, y: Any) -> bool:
    if not (hasattr(x, "untyped_storage") and x.numel() and y.numel()):
        return False
    return x.untyped_storage().data_ptr() == y.untyped_storage().data_ptr()


@contextmanager
def heard(hearing: Hearing) -> Generator[None]:
    """Listen in the block."""
    torch = hearing.torch
    schedulers, optimizers = torch.optim.lr_scheduler, sys.modules[torch.optim.Optimizer.__module__]
    wrapped = (
        (torch.autograd, "backward", hearing.backward),
        (torch.optim.Optimizer, "zero_grad", hearing.clears),
        (torch.nn.Module, "zero_grad", hearing.clears),
        (torch.nn.Module, "register_parameter", hearing.registers),
        (torch.optim.Optimizer, "add_param_group", hearing.holds),
        *((torch.nn.utils, name, hearing.clips) for name in ("clip_grad_norm_", "clip_grad_value_")),
        (torch.amp.GradScaler, "scale", hearing.scales),
        (torch.amp.GradScaler, "unscale_", hearing.unscales),
        *(
            (kind, "step", hearing.schedules)
            for kind in (
                schedulers.LRScheduler, schedulers.ReduceLROnPlateau, schedulers.CosineAnnealingWarmRestarts,
            )
        ),
    )  # fmt: skip
    hooks = (
        torch.nn.modules.module.register_module_forward_pre_hook(hearing.called),
        optimizers.register_optimizer_step_pre_hook(hearing.step_begins),
        optimizers.register_optimizer_step_post_hook(hearing.step_ended),
    )
    with ExitStack() as stack:
        for hook in hooks:
            stack.callback(hook.remove)
        for owner, name, hear in wrapped:
            _wrap(stack, owner, name, hear)
        stack.enter_context(_mode(torch, hearing))
        yield


def _wrap(stack: ExitStack, owner: Any, name: str, hear: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def told(*args: Any, **kwargs: Any) -> Any:
        return hear(original, *args, **kwargs)

    setattr(owner, name, told)
    stack.callback(setattr, owner, name, original)


def _mode(torch: Any, hearing: Hearing) -> Any:
    """A mode that shows every function of tensors to the hearing."""

    def see(self: Any, call: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return hearing.called_function(call, args, kwargs or {})

    kind = type("Heard", (torch.overrides.TorchFunctionMode,), {"__torch_function__": see})
    return kind()
