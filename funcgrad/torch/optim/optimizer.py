"""torch.optim.Optimizer: groups of parameters, their options and their state."""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._grad_mode import enable_grad
from funcgrad.torch._hooks import RemovableHandle
from funcgrad.torch._listening import listeners, told_step
from funcgrad.torch._ops.copying import to_dtype
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._module import clear_grad
from funcgrad.torch.optim._copied import _capturable_doc as _capturable_doc
from funcgrad.torch.optim._copied import _default_to_fused_or_foreach as _default_to_fused_or_foreach
from funcgrad.torch.optim._copied import _differentiable_doc as _differentiable_doc
from funcgrad.torch.optim._copied import _disable_dynamo_if_unsupported as _disable_dynamo_if_unsupported
from funcgrad.torch.optim._copied import _foreach_doc as _foreach_doc
from funcgrad.torch.optim._copied import _foreach_supported_types as _foreach_supported_types
from funcgrad.torch.optim._copied import _fused_doc as _fused_doc
from funcgrad.torch.optim._copied import _get_capturable_supported_devices as _get_capturable_supported_devices
from funcgrad.torch.optim._copied import _get_scalar_dtype as _get_scalar_dtype
from funcgrad.torch.optim._copied import _get_value as _get_value
from funcgrad.torch.optim._copied import _maximize_doc as _maximize_doc
from funcgrad.torch.optim._copied import _params_doc as _params_doc
from funcgrad.torch.optim._copied import _stack_if_compiling as _stack_if_compiling
from funcgrad.torch.optim._copied import _to_scalar as _to_scalar
from funcgrad.torch.optim._copied import _use_grad_for_differentiable as _use_grad_for_differentiable
from funcgrad.torch.optim._copied import _view_as_real as _view_as_real
from funcgrad.torch.utils._foreach_utils import (
    _get_foreach_kernels_supported_devices as _get_foreach_kernels_supported_devices,
)
from funcgrad.torch.utils._foreach_utils import (
    _get_fused_kernels_supported_devices as _get_fused_kernels_supported_devices,
)
from funcgrad.torch.utils._foreach_utils import (
    _group_tensors_by_device_and_dtype as _group_tensors_by_device_and_dtype,
)
from funcgrad.trace import current, cut_if_long

required: Any = type("_Required", (), {"__repr__": lambda self: "<required parameter>"})()

ParamsT = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
"""What an optimizer takes, for annotations."""


_HOOKS = (
    *("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks"),
    *("_optimizer_state_dict_pre_hooks", "_optimizer_state_dict_post_hooks"),
    *("_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks"),
)
"""Where hooks on an optimizer's state may hang."""


class Optimizer:
    """The base class of all optimizers.

    Args:
        params: Parameters, or dictionaries with `params` and options of their own.
        defaults: Options of the groups that do not have their own.

    Raises:
        TypeError: `params` is a tensor, or holds something else than tensors.
        ValueError: No parameters, a non-leaf, or a parameter in two groups.
    """

    _optimizer_step_pre_hooks: OrderedDict[int, Any]
    _optimizer_step_post_hooks: OrderedDict[int, Any]
    _optimizer_state_dict_pre_hooks: OrderedDict[int, Any]
    _optimizer_state_dict_post_hooks: OrderedDict[int, Any]
    _optimizer_load_state_dict_pre_hooks: OrderedDict[int, Any]
    _optimizer_load_state_dict_post_hooks: OrderedDict[int, Any]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"torch.{params.dtype.legacy}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._have_no_hooks()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)
        cut_if_long(current(), "optimizer")  # the model is made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.step)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group with options of its own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        group = self._named({**param_group, "params": list(params)})
        _check_params(group["params"])
        for name, default in self.defaults.items():
            if default is required and name not in group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            group.setdefault(name, default)
        if len(set(group["params"])) != len(group["params"]):
            warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information"
            )
        present = set(chain.from_iterable(g["params"] for g in self.param_groups))
        if not present.isdisjoint(group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)
        for listener in listeners:
            listener.holds(self, group["params"])

    def _accelerator_graph_capture_health_check(self) -> None:
        """Nothing: a step copied out of PyTorch asks whether a GPU records it."""

    _cuda_graph_capture_health_check = _accelerator_graph_capture_health_check

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """The step itself: the class has surrounded it with its hooks."""
        return func

    @staticmethod
    def _group_tensors_by_device_and_dtype(tensorlistlist: list[list[Any]], with_indices: bool = False) -> Any:
        """Lists of equal length, split alike by the devices and dtypes of the first one's tensors."""
        return _group_tensors_by_device_and_dtype(tensorlistlist, with_indices)

    def _named(self, group: dict[str, Any]) -> dict[str, Any]:
        """The group with the names of its parameters apart, if they have names as those of the other groups."""
        has_name = [isinstance(p, tuple) for p in group["params"]]
        if not any(has_name):
            names = {}
        elif all(has_name):
            names = {"param_names": [name for name, _ in group["params"]]}
        else:
            raise ValueError("all optimizer params should be with/without names. Some param names are missing")
        if self.param_groups and ("param_names" in self.param_groups[0]) != bool(names):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if names else 'without'} names to the optimizer"
            )
        return {**group, "params": [p[1] for p in group["params"]], **names} if names else group

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradient of every parameter held here: forget it, or overwrite it with zeros."""
        _ = self.defaults  # PyTorch asks there how to overwrite: a wrapper that was never initialised has none
        for group in self.param_groups:
            for parameter in group["params"]:
                clear_grad(parameter, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters; every optimizer defines its own."""
        raise NotImplementedError

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return new arguments."""
        return RemovableHandle(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return RemovableHandle(self._optimizer_step_post_hooks, hook)

    # Saving and loading. Parameters are numbered in the order of the groups.

    def state_dict(self) -> dict[str, Any]:
        """Options and state; the state tensors are the live ones."""
        for hook in list(self._optimizer_state_dict_pre_hooks.values()):
            hook(self)
        numbers = {id(p): k for k, p in enumerate(self._parameters())}
        groups = [{**_options(g), "params": [numbers[id(p)] for p in g["params"]]} for g in self.param_groups]
        state = {numbers[id(k)] if isinstance(k, Tensor) else k: entries for k, entries in self.state.items()}
        return _through(self._optimizer_state_dict_post_hooks, self, {"state": state, "param_groups": groups})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state; tensors of fitting dtype are shared with `state_dict`, not copied.

        Raises:
            ValueError: The groups do not fit.
        """
        state_dict = _through(self._optimizer_load_state_dict_pre_hooks, self, state_dict)
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(saved, self.param_groups, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        numbers = chain.from_iterable(g["params"] for g in saved)
        numbered = dict(zip(numbers, self._parameters(), strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, entries in state_dict["state"].items():
            if key in numbered:
                state[numbered[key]] = _fitting(entries, numbered[key])
            else:  # what an optimizer of one's own keeps for all parameters together
                state[key] = entries
        self.state = state
        for group, given in zip(self.param_groups, saved, strict=True):
            group.update(_options(given))
        for hook in list(self._optimizer_load_state_dict_post_hooks.values()):
            hook(self)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict`."""
        return _hung(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict`; what it returns stands in for the dictionary."""
        return _hung(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before loading; what it returns is loaded."""
        return _hung(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after loading."""
        return _hung(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def _patch_step_function(self) -> None:
        """Nothing: each class's `step` has its hooks from the start; optimizers that are restored by hand call this."""

    def _have_no_hooks(self) -> None:
        for name in _HOOKS:
            setattr(self, name, OrderedDict())

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._have_no_hooks()

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {i}"] if i else ["Parameter Group 0"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _hung(hooks: OrderedDict[int, Any], hook: Callable[..., Any], prepend: bool) -> RemovableHandle:
    handle = RemovableHandle(hooks, hook)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def _through(hooks: OrderedDict[int, Any], optimizer: Optimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
    """The dictionary after each hook has had the chance to replace it."""
    for hook in list(hooks.values()):
        replaced = hook(optimizer, state_dict)
        state_dict = state_dict if replaced is None else replaced
    return state_dict


def _options(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name != "params"}


def _fitting(value: Any, parameter: Tensor, name: str = "") -> Any:
    """A loaded state entry, its tensors in the parameter's dtype unless they count steps; containers are made anew."""
    if isinstance(value, dict):
        return {key: _fitting(entry, parameter, key) for key, entry in value.items()}
    if isinstance(value, list | tuple | set):
        return type(value)(_fitting(entry, parameter) for entry in value)
    if not isinstance(value, Tensor) or name == "step" or not parameter.dtype.is_floating_point:
        return value
    return to_dtype(value, parameter.dtype)


def _check_params(params: Iterable[Any]) -> None:
    for parameter in params:
        if not isinstance(parameter, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(parameter).__name__}")
        if not (parameter.is_leaf or parameter._retains):
            raise ValueError("can't optimize a non-leaf Tensor")


_global_optimizer_pre_hooks: OrderedDict[int, Any] = OrderedDict()
_global_optimizer_post_hooks: OrderedDict[int, Any] = OrderedDict()


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of every optimizer; it may return new arguments."""
    return RemovableHandle(_global_optimizer_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of every optimizer."""
    return RemovableHandle(_global_optimizer_post_hooks, hook)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `step`, surrounded by its hooks."""

    @functools.wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        optimizer: Optimizer = args[0]  # hooks see it among the arguments too
        if "_optimizer_step_pre_hooks" not in vars(optimizer):  # it wraps another one, and was never initialised
            return step(*args, **kwargs)
        for hook in [*_global_optimizer_pre_hooks.values(), *optimizer._optimizer_step_pre_hooks.values()]:
            args, kwargs = _replaced_by(hook, step, args, kwargs)
        result = told_step(step, optimizer, args[1:], kwargs) if listeners else step(*args, **kwargs)
        for hook in [*optimizer._optimizer_step_post_hooks.values(), *_global_optimizer_post_hooks.values()]:
            hook(optimizer, args, kwargs)
        trace = current()
        trace.end_step()
        cut_if_long(trace, "step")
        return result

    return hooked


def _replaced_by(hook: Any, step: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments of a step after a hook has had the chance to replace them."""
    replaced = hook(args[0], args, kwargs)
    if replaced is None:
        return args, kwargs
    if not (isinstance(replaced, tuple) and len(replaced) == 2):
        raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {replaced}.")
    return replaced


def evaluated(closure: Callable[[], Any] | None) -> Any:
    """The loss that a closure computes, with gradients enabled; None without a closure."""
    if closure is None:
        return None
    with enable_grad():
        return closure()
