"""Containers: modules that hold modules or parameters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from funcgrad.torch.nn._module import Module


class Sequential(Module):
    """Modules one after another.

    Args:
        args: The modules, or one ordered dictionary of them.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Any:
        """The last module's output."""
        for module in self._modules.values():
            input = module(input)
        return input

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[_name_at(self, index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, _name_at(self, index), module)

    def append(self, module: Module) -> Sequential:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self


def _name_at(container: Any, index: int) -> str:
    size = len(container)
    index = index.__index__()
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of range")
    return list(container._modules)[index % size]
