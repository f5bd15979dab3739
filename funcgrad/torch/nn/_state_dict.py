"""Saving and loading a module's state: names to tensors, with PyTorch's words for what does not fit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from funcgrad.errors import warn
from funcgrad.torch.__future__ import get_swap_module_params_on_conversion
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._hooks import RemovableHandle
from funcgrad.torch._swapping import swap_tensors
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import (
    EXTRA_STATE,
    LOADED_ITSELF,
    NO_OP_ON_META,
    NOT_SWAPPED,
    POSITIONAL_STATE_DICT,
    POST_HOOK_RESULT,
)
from funcgrad.torch.nn.parameter import Parameter

EXTRA = "_extra_state"
"""The name under which a module's extra state is saved."""


class _IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` found not to fit."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

    __str__ = __repr__


class StateDict:
    """The part of a module that saves and loads its state.

    Each module writes and reads its own entries in `_save_to_state_dict` and `_load_from_state_dict`, which libraries
    override; hooks stand before and after both.
    """

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_pre_hooks: OrderedDict[int, Any]
    _state_dict_hooks: OrderedDict[int, tuple[Any, bool]]  # with whether the hook may give another dictionary
    _load_state_dict_pre_hooks: OrderedDict[int, tuple[Any, bool]]  # with whether the hook gets the module
    _load_state_dict_post_hooks: OrderedDict[int, Any]
    _version: int | None = 1  # of what a class saves, as PyTorch counts

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """Parameters and persistent buffers by dotted name; the tensors are the live ones, outside the graph.

        Args:
            args: The same three by position, as of old.
            destination: The dictionary to write to; None means a new one.
            prefix: What each name begins with.
            keep_vars: Give the tensors themselves, which require grad.
        """
        if args:
            warn(POSITIONAL_STATE_DICT, FutureWarning)
            given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            destination = given.get("destination") if destination is None else destination
            prefix, keep_vars = prefix or given.get("prefix", ""), keep_vars or given.get("keep_vars", False)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, may_replace in self._state_dict_hooks.values():
            replaced = hook(self, destination, prefix, local)
            if replaced is not None and not may_replace:
                raise RuntimeError("state_dict post-hook must return None")
            destination = destination if replaced is None else replaced
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Write this module's own entries, not those of the modules below."""
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if _has_own(self, "get_extra_state"):
            destination[prefix + EXTRA] = self.get_extra_state()

    def _own_state(self) -> dict[str, Any]:
        kept = {n: b for n, b in self._buffers.items() if n not in self._non_persistent_buffers_set}
        return {name: tensor for name, tensor in {**self._parameters, **kept}.items() if tensor is not None}

    def get_extra_state(self) -> Any:
        """What else a module saves; those that have something define this and `set_extra_state`."""
        raise RuntimeError(EXTRA_STATE.format("get_extra_state"))

    def set_extra_state(self, state: Any) -> None:
        """Take over what `get_extra_state` gave."""
        raise RuntimeError(EXTRA_STATE.format("set_extra_state"))

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Copy saved values into the parameters and buffers, in place.

        Args:
            state_dict: Values by dotted name.
            strict: Whether names must match exactly.
            assign: Take the given tensors themselves instead of copying.

        Returns:
            The missing and the unexpected names.

        Raises:
            TypeError: `state_dict` is no mapping.
            RuntimeError: Names or shapes do not fit; nothing has been refused silently.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        found = _IncompatibleKeys([], [])
        errors: list[str] = []
        given: Any = OrderedDict(state_dict)  # hooks and modules may rename entries
        given._metadata = getattr(state_dict, "_metadata", None)
        with no_grad():
            self._load(given, "", assign, found, errors)
        if strict:
            errors = [*_naming("Unexpected", found[1]), *errors]
            errors = [*_naming("Missing", found[0]), *errors]
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return found

    def _load(self, given: Any, prefix: str, assign: bool, found: _IncompatibleKeys, errors: list[str]) -> None:
        """Load this module and all below it."""
        metadata = given._metadata
        local = {} if metadata is None else metadata.get(prefix[:-1], {})
        if assign:
            local["assign_to_params_buffers"] = True  # where the metadata has this module, later loads assign too
        self._load_from_state_dict(given, prefix, local, True, *found, errors)
        for name, child in self._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                part: Any = OrderedDict((key, value) for key, value in given.items() if key.startswith(below))
                part._metadata = metadata
                child._load(part, below, assign, found, errors)
        for hook in self._load_state_dict_post_hooks.values():
            if hook(self, found) is not None:
                raise AssertionError(POST_HOOK_RESULT)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Read this module's own entries, and add to the three lists what is amiss."""
        for hook, with_module in self._load_state_dict_pre_hooks.values():
            given = (state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
            hook(*((self, *given) if with_module else given))
        own = self._own_state()
        for name, tensor in own.items():
            if (key := prefix + name) not in state_dict:
                missing_keys += [key] * strict
            elif text := _load(self, name, tensor, key, state_dict[key], local_metadata):
                error_msgs.append(text)
        has_extra = _has_own(self, "set_extra_state")
        if has_extra and prefix + EXTRA in state_dict:
            self.set_extra_state(state_dict[prefix + EXTRA])
        elif has_extra and strict:
            missing_keys.append(prefix + EXTRA)
        if strict:
            known = {*own, *([EXTRA] if has_extra else [])}
            below = [key for key in state_dict if key.startswith(prefix)]
            unexpected_keys += [key for key in below if self._is_foreign(key, prefix, known)]

    def _is_foreign(self, key: str, prefix: str, known: set[str]) -> bool:
        """Whether an entry below `prefix` belongs neither to this module nor to one below it."""
        name, dot, _ = key.removeprefix(prefix).partition(".")
        return name not in (self._modules if dot else known)

    # Hooks.

    def register_state_dict_pre_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before this module's entries are written."""
        return RemovableHandle(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after all entries are written; it returns nothing."""
        return RemovableHandle(self._state_dict_hooks, (hook, False))

    def _register_state_dict_hook(self, hook: Any) -> RemovableHandle:
        """As `register_state_dict_post_hook`; what the hook returns stands in for the dictionary."""
        return RemovableHandle(self._state_dict_hooks, (hook, True))

    def register_load_state_dict_pre_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(module, ...)` with the arguments of `_load_from_state_dict` before the entries are read."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook: Any, with_module: bool = False) -> RemovableHandle:
        return RemovableHandle(self._load_state_dict_pre_hooks, (hook, with_module))

    def register_load_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after loading; it may change the two lists."""
        return RemovableHandle(self._load_state_dict_post_hooks, hook)


def _has_own(module: StateDict, name: str) -> bool:
    return getattr(type(module), name) is not getattr(StateDict, name)


def _misfit(name: str, own: Tensor, given: Any) -> str:
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{name}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(given)}"
        )
    if given.shape != own.shape:
        return (
            f"size mismatch for {name}: copying a param with shape {given.shape} from checkpoint, the shape in current "
            f"model is {own.shape}."
        )
    return ""


def _load(module: Any, name: str, own: Any, key: str, given: Any, metadata: dict[str, Any]) -> str:
    """Take over one entry; the text of what does not fit, if so."""
    if isinstance(given, Tensor) and own.ndim == 0 and given.ndim == 1 and len(given) == 1:
        given = given[0]  # as PyTorch saved a number before version 0.4
    if hasattr(own, "materialize") and isinstance(given, Tensor):
        own.materialize(given.shape)
    if text := _misfit(key, own, given):
        return text
    is_assigned = bool(metadata.get("assign_to_params_buffers"))
    if get_swap_module_params_on_conversion():
        return _swap(own, key, given, is_assigned)
    if not is_assigned:
        if own.is_meta and not given.is_meta:
            warn(NO_OP_ON_META.format(key))
        own.copy_(given)
    elif name in module._parameters:
        module._parameters[name] = type(own)(given, own.requires_grad)
    else:
        module._buffers[name] = given
    return ""


def _swap(own: Any, key: str, given: Any, is_assigned: bool) -> str:
    """Swap a parameter or buffer with what it makes of an entry."""
    try:
        new = own.module_load(given, assign=is_assigned)
        if new is given or new is own:
            raise RuntimeError(LOADED_ITSELF)
        if isinstance(own, Parameter):
            new = new if isinstance(new, Parameter) else Parameter(new, own.requires_grad)
            new.requires_grad_(own.requires_grad)
        swap_tensors(own, new)
    except Exception as error:
        return NOT_SWAPPED.format(key, own.size(), given.size(), error.args)
    return ""


def _naming(kind: str, names: list[str]) -> list[str]:
    listed = ", ".join(f'"{name}"' for name in names)
    return [f"{kind} key(s) in state_dict: {listed}. "] if names else []
