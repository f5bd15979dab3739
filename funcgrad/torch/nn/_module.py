"""Module: a tree of parameters, buffers and further modules with a `forward`.

What a module owns lies in `_parameters`, `_buffers` and `_modules`; saving and loading it: `_state_dict.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from funcgrad.torch._grad_mode import state
from funcgrad.torch._hooks import RemovableHandle
from funcgrad.torch._listening import listeners
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import MODULE_HOOK_KINDS
from funcgrad.torch._unbound import unbind
from funcgrad.torch.nn._backward_hooks import BackwardHooks, hang_on_last_node
from funcgrad.torch.nn._casting import Casting
from funcgrad.torch.nn._global_hooks import everywhere
from funcgrad.torch.nn._state_dict import StateDict
from funcgrad.torch.nn.parameter import Buffer, Parameter
from funcgrad.trace import current, cut

_OWNED = ("_parameters", "_buffers", "_modules")
_HOOKS = (
    *("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"),
    *("_forward_pre_hooks_with_kwargs", "_forward_hooks_with_kwargs"),  # the keys of those that get them
    *("_state_dict_pre_hooks", "_state_dict_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks"),
)


class Module(StateDict, Casting):
    """The base class of all layers and models."""

    training: bool
    _is_full_backward_hook: bool | None = None  # of what kind `_backward_hooks` are

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        set_attribute = super().__setattr__
        set_attribute("training", True)
        for name in _OWNED:
            set_attribute(name, {})
        set_attribute("_non_persistent_buffers_set", set())
        for name in _HOOKS:
            set_attribute(name, OrderedDict())

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module computes; every module defines its own."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if listeners:
            for listener in listeners:
                listener.called(self)
        if not state.inside and (self._modules or self._parameters):
            return self._call_from_outside(args, kwargs)
        if self._forward_pre_hooks or self._forward_hooks or self._backward_hooks or self._backward_pre_hooks:
            return self._call_with_hooks(args, kwargs)
        if everywhere:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    _call_impl = _wrapped_call_impl = __call__  # a `__call__` of one's own calls it by these names
    call_super_init = False
    dump_patches = False
    T_destination = TypeVar("T_destination", bound=dict[str, Any])

    def _call_from_outside(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call of a model: what precedes it is run first, so that its program is the same wherever it stands."""
        trace = current()
        if trace.split or not trace.has_graph:
            cut(trace, "module")
        state.inside = True
        try:
            return self(*args, **kwargs)
        finally:
            state.inside = False

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for key, hook in [*everywhere.before.items(), *self._forward_pre_hooks.items()]:
            if key in self._forward_pre_hooks_with_kwargs:
                replaced = hook(self, args, kwargs)
                args, kwargs = replaced if replaced is not None else (args, kwargs)
            else:
                replaced = hook(self, args)
                if replaced is not None:
                    args = replaced if isinstance(replaced, tuple) else (replaced,)
        full, old = self._hooks_behind(full=True), self._hooks_behind(full=False)
        watched = BackwardHooks(self, [*everywhere.backward_before.values(), *self._backward_pre_hooks.values()], full)
        args = watched.around_inputs(args)
        result = self.forward(*args, **kwargs)
        for key, hook in [*everywhere.after.items(), *self._forward_hooks.items()]:
            has_kwargs = key in self._forward_hooks_with_kwargs or key in everywhere.with_kwargs
            given = (args, kwargs) if has_kwargs else (args,)
            replaced = hook(self, *given, result)
            result = result if replaced is None else replaced
        if old:
            hang_on_last_node(self, old, args, result)
        return watched.around_outputs(result)

    def _hooks_behind(self, full: bool) -> list[Any]:
        """The backward hooks of one kind, those of all modules first."""
        held = ((everywhere.is_full, everywhere.backward), (self._is_full_backward_hook, self._backward_hooks))
        return [hook for kind, hooks in held if kind is full for hook in hooks.values()]

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments."""
        return _hang(
            self._forward_pre_hooks, hook, prepend, self._forward_pre_hooks_with_kwargs if with_kwargs else None
        )

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output."""
        return _hang(self._forward_hooks, hook, prepend, self._forward_hooks_with_kwargs if with_kwargs else None)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` before the module's backward pass; what it returns replaces them."""
        return _hang(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` after the module's backward pass.

        What it returns replaces `grad_input`; gradients of parameters are not changed by that.

        Raises:
            RuntimeError: The module has hooks of the other kind.
        """
        self._take_backward_hooks(full=True)
        return _hang(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` with the gradients of the node that made the module's result.

        PyTorch's hook of old: `grad_input` are that node's, not the module's.

        Raises:
            RuntimeError: The module has hooks of the other kind.
        """
        self._take_backward_hooks(full=False)
        return _hang(self._backward_hooks, hook)

    def _take_backward_hooks(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(MODULE_HOOK_KINDS)
        self._is_full_backward_hook = full

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        unbind(cls)

    # Attributes: parameters, buffers and modules live in their own dictionaries.

    def __setattr__(self, name: str, value: Any) -> None:
        owned = self.__dict__
        if isinstance(value, Parameter | Module | Buffer) and "_parameters" not in owned:
            kind = {Parameter: "parameters", Module: "module", Buffer: "buffer"}
            noun = next(text for cls, text in kind.items() if isinstance(value, cls))
            raise AttributeError(f"cannot assign {noun} before Module.__init__() call")
        if isinstance(value, Parameter):
            self._leave(name, but="_parameters")
            self.register_parameter(name, value)  # by its name: accelerate puts one in its place that makes no data
        elif isinstance(value, Module):
            self._leave(name, but="_modules")
            owned["_modules"][name] = value
        elif isinstance(value, Buffer):
            self.register_buffer(name, value, value.persistent)
        elif "_parameters" in owned and name in owned["_parameters"]:
            self._replace("_parameters", "parameter", "torch.nn.Parameter", name, value)
        elif "_modules" in owned and name in owned["_modules"]:
            self._replace("_modules", "child module", "torch.nn.Module", name, value)
        elif "_buffers" in owned and name in owned["_buffers"]:
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{_kind(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            owned["_buffers"][name] = value
        else:
            super().__setattr__(name, value)

    def _leave(self, name: str, but: str) -> None:
        """Nothing is owned under the name any more, but in one dictionary."""
        for other in ("__dict__", *_OWNED):
            if other != but:
                (self.__dict__ if other == "__dict__" else self.__dict__[other]).pop(name, None)

    def _replace(self, where: str, noun: str, expected: str, name: str, value: Any) -> None:
        if value is not None:
            raise TypeError(f"cannot assign '{_kind(value)}' as {noun} '{name}' ({expected} or None expected)")
        self.__dict__[where][name] = None

    def __getattr__(self, name: str) -> Any:
        owned = self.__dict__
        for where in _OWNED:
            if where in owned and name in owned[where]:
                return owned[where][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for where in _OWNED:
            if name in self.__dict__[where]:
                del self.__dict__[where][name]
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for where in _OWNED for name in self.__dict__[where])})

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Own a parameter under a name; None reserves the name."""
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_kind(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Own a tensor that is state but no parameter; a persistent one is saved with the module."""
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_kind(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Own a module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_kind(module)} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, noun: str, name: str, own: dict[str, Any]) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {noun} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{noun} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{noun} name can\'t contain "."' + (f", got: {name}" if noun == "module" else ""))
        if name == "":
            raise KeyError(f'{noun} name can\'t be empty string ""')
        if hasattr(self, name) and name not in own:
            raise KeyError(f"attribute '{name}' already exists")

    # Walking the tree.

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted names; each once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below this one, with their names."""
        seen: set[Module] = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules directly below this one."""
        for _, child in self.named_children():
            yield child

    def _named_members(
        self,
        get_members_fn: Callable[[Module], Iterable[tuple[str, Any]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        """What the function gives for this module and all below it, with dotted names; libraries call this too."""
        seen: set[Any] = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Parameters with dotted names; a shared one under its first name only."""
        yield from self._named_members(lambda m: m._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Parameters, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Buffers with dotted names."""
        yield from self._named_members(lambda m: m._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Buffers, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path."""
        module = self
        for name in target.split(".") if target else ():
            module = _attribute(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module in the place of the one at a dotted path.

        Args:
            target: The path.
            module: The module to put there.
            strict: Refuse a path whose last name is not there yet.
        """
        path, _, name = target.rpartition(".")
        if not name:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        path, _, name = target.rpartition(".")
        parameter = _attribute(self.get_submodule(path), name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer = _attribute(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    # Changing the whole tree.

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call `fn` on every module, children before parents."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Put the module and all below it into training mode."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Module:
        """Put the module and all below it into evaluation mode."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Set `requires_grad` of every parameter."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradient of every parameter: forget it, or overwrite it with zeros."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    def compile(self, *options: Any, **more: Any) -> None:
        """Accepted: every step is recorded and compiled by XLA anyway."""

    # Text.

    def extra_repr(self) -> str:
        """What stands in the brackets of this module's line."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [f"({name}): " + indented(repr(child), 2) for name, child in self._modules.items()]
        lines = extra + children
        if len(extra) == 1 and not children:
            return f"{self._get_name()}({extra[0]})"
        return f"{self._get_name()}(" + ("\n  " + "\n  ".join(lines) + "\n" if lines else "") + ")"


def _attribute(module: Module, name: str) -> Any:
    if not hasattr(module, name):
        raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
    return getattr(module, name)


def clear_grad(x: Tensor, set_to_none: bool) -> None:
    """Forget a tensor's gradient, or overwrite it with zeros in place; None stays None."""
    if listeners:
        for listener in listeners:
            listener.clears(x, set_to_none)
    if set_to_none or x._grad is None:
        x._grad = None
        return
    gradient: Any = x._grad
    if gradient.grad_fn is not None:
        gradient.detach_()
    else:
        gradient.requires_grad_(False)
    gradient.zero_()


def _hang(hooks: OrderedDict[int, Any], hook: Any, prepend: bool = False, marked: Any = None) -> RemovableHandle:
    """Hang a hook up; `marked` notes its key too."""
    handle = RemovableHandle(hooks, hook)
    if marked is not None:
        marked[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def _kind(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"torch.{value.dtype.legacy}"
    return type(value).__name__


def indented(text: str, by: int) -> str:
    """A text whose lines after the first are moved to the right; blank ones become empty."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * by + line if line.strip() else "" for line in rest)])
