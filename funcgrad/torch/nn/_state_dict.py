"""Saving and loading a module's state: names to tensors, with PyTorch's words for what does not fit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._tensor import Tensor


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
    """The part of a module that saves and loads its state."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers: set[str]
    _version: int = 1  # of what a class saves, as PyTorch counts

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """Parameters and persistent buffers by dotted name; the tensors are the live ones, outside the graph."""
        found: Any = OrderedDict() if destination is None else destination
        if destination is None:
            found._metadata = OrderedDict()
        if hasattr(found, "_metadata"):
            found._metadata[prefix[:-1]] = {"version": self._version}
        for name, tensor in self._own_state().items():
            if tensor is not None:
                found[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return found

    def _own_state(self) -> dict[str, Any]:
        kept = {n: b for n, b in self._buffers.items() if n not in self._non_persistent_buffers}
        return {**self._parameters, **kept}

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
        own = OrderedDict(self._places(""))
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        errors = [text for name in own if name in state_dict if (text := _misfit(name, own[name][2], state_dict[name]))]
        with no_grad():
            for name, (module, key, tensor) in own.items():
                if name in state_dict and not _misfit(name, tensor, state_dict[name]):
                    _load(module, key, tensor, state_dict[name], assign)
        if strict:
            errors = [*_naming("Missing", missing), *_naming("Unexpected", unexpected), *errors]
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return _IncompatibleKeys(missing, unexpected)

    def _places(self, prefix: str) -> list[tuple[str, tuple[Any, str, Any]]]:
        """Every saved name with the module that owns it, its own name there, and its tensor."""
        places = [(prefix + n, (self, n, t)) for n, t in self._own_state().items() if t is not None]
        for name, child in self._modules.items():
            if child is not None:
                places += child._places(f"{prefix}{name}.")
        return places


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


def _load(module: Any, key: str, own: Any, given: Any, assign: bool) -> None:
    if not assign:
        own.copy_(given)
    elif key in module._parameters:
        module._parameters[key] = type(own)(given, own.requires_grad)
    else:
        module._buffers[key] = given


def _naming(kind: str, names: list[str]) -> list[str]:
    listed = ", ".join(f'"{name}"' for name in names)
    return [f"{kind} key(s) in state_dict: {listed}. "] if names else []
