"""Names that PyTorch's files import for themselves and that scripts, by way of their editors, import from there."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from funcgrad.errors import PACKAGE, missing_from

_INITS = ("constant_", "xavier_normal_", "xavier_uniform_")
_LAYERS = ("Dropout", "LayerNorm", "Linear", "Module", "ModuleList", "MultiheadAttention", "PairwiseDistance")
_PARAMETERS = ("Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter")
_OVERRIDING = ("handle_torch_function", "has_torch_function", "is_tensor_like")
_HOMES: dict[str, str] = {
    **dict.fromkeys(_INITS, "torch.nn.init"),
    **dict.fromkeys(_LAYERS, "torch.nn"),
    **dict.fromkeys(_PARAMETERS, "torch.nn.parameter"),
    **dict.fromkeys(_OVERRIDING, "torch.overrides"),
    **dict.fromkeys(("Size", "Tensor", "device", "dtype"), "torch"),
    "RemovableHandle": "torch.utils.hooks",
}
_MODULES = {"F": "torch.nn.functional", "init": "torch.nn.init"}


def borrowing(module: str, names: str) -> Callable[[str], Any]:
    """A module's `__getattr__` that knows names of other modules too.

    Args:
        module: The module's own name, for example `funcgrad.torch.nn.modules.conv`.
        names: Those that PyTorch's file of this name imports, with blanks between them.
    """
    missing, borrowed = missing_from(module), frozenset(names.split())

    def lookup(name: str) -> Any:
        if name not in borrowed:
            return missing(name)
        if name in _MODULES:
            return importlib.import_module(f"{PACKAGE}.{_MODULES[name]}")
        return getattr(importlib.import_module(f"{PACKAGE}.{_HOMES[name]}"), name)

    return lookup
