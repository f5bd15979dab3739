"""Containers: modules that hold modules. Those that hold parameters: `_parameter_containers.py`."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from funcgrad.torch._tensor import Tensor
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

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [_name_at(self, index)]:
            delattr(self, name)
        self._number()

    def _number(self) -> None:
        """Name the modules by their positions again."""
        modules = list(self._modules.values())
        self._modules.clear()
        self._modules.update((str(k), module) for k, module in enumerate(modules))

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *_of_sequential(other))

    def __iadd__(self, other: Any) -> Self:
        for module in list(_of_sequential(other)):
            self.append(module)
        return self

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*list(self) * _count(self, times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        for module in list(self) * (_count(self, times) - 1):
            self.append(module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take a module out."""
        module = self[key]
        del self[key]
        return module

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before a position.

        Raises:
            AssertionError: It is no module.
            IndexError: There is no such position.
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        modules = list(self)
        modules.insert(index, module)
        self._modules.clear()
        self._modules.update((str(k), x) for k, x in enumerate(modules))
        return self

    def append(self, module: Module) -> Sequential:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self


def _of_sequential(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
    return other


def _count(container: Sequential, times: Any) -> int:
    if not isinstance(times, int):
        raise TypeError(f"unsupported operand type(s) for *: {type(container)} and {type(times)}")
    if times <= 0:
        raise ValueError(f"Non-positive multiplication factor {times} for {type(container)}")
    return times


def _name_at(container: Any, index: int) -> str:
    size = len(container)
    index = operator.index(index)
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of range")
    return list(container._modules)[index % size]


class ModuleList(Module):
    """Modules in a list, registered under their positions.

    Args:
        modules: The modules.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _get_abs_string_index(self, idx: int) -> str:
        """The name of what stands at a position, which may be counted from the end."""
        return _name_at(self, idx)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[_name_at(self, index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, _name_at(self, index), module)

    def __delitem__(self, index: int | slice) -> None:
        kept = list(self)
        del kept[index]
        self._renew(kept)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add modules at the end."""
        check_iterable(self, "extend", "an iterable", modules)
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Put a module before a position."""
        kept = list(self)
        kept.insert(index, module)
        self._renew(kept)

    def pop(self, key: int | slice) -> Any:
        """Take a module out."""
        module = self[key]
        del self[key]
        return module

    def _renew(self, modules: list[Module]) -> None:
        self._modules.clear()
        self.extend(modules)

    def __repr__(self) -> str:
        lines = [f"  {_range(first, len(run))}: {_counted(run)}" for first, run in _runs([repr(m) for m in self])]
        return f"{type(self).__name__}({''.join(chr(10) + line for line in lines)}{chr(10) if lines else ''})"


def _runs(texts: list[str]) -> list[tuple[int, list[str]]]:
    """Equal neighbours together, each group with the position of its first."""
    runs: list[tuple[int, list[str]]] = []
    for i, text in enumerate(texts):
        if runs and runs[-1][1][0] == text:
            runs[-1][1].append(text)
        else:
            runs.append((i, [text]))
    return runs


def _range(first: int, count: int) -> str:
    return f"({first})" if count == 1 else f"({first}-{first + count - 1})"


def _counted(run: list[str]) -> str:
    text = run[0].replace("\n", "\n  ")
    return text if len(run) == 1 else f"{len(run)} x {text}"


class ModuleDict(Module):
    """Modules in a dictionary.

    Args:
        modules: A mapping from names to modules, or pairs of them.
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)  # which a subclass may have made its own

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Names and modules."""
        return self._modules.items()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return self._modules.values()

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take a module out."""
        return self._modules.pop(key)

    def update(self, modules: Any) -> None:
        """Add modules, or replace those of the same name."""
        for key, module in pairs_of(self, modules):
            self[key] = module


def check_iterable(container: Module, method: str, wanted: str, given: Any) -> None:
    if not isinstance(given, Iterable) or isinstance(given, Tensor):
        raise TypeError(
            f"{type(container).__name__}.{method} should be called with {wanted}, but got {type(given).__name__}"
        )


def pairs_of(container: Module, given: Any) -> Iterable[tuple[str, Any]]:
    """What a mapping, a container or an iterable of pairs holds."""
    check_iterable(container, "update", "an iterable of key/value pairs", given)
    if isinstance(given, Mapping | Module):
        return given.items()  # pyright: ignore[reportCallIssue, reportReturnType]
    pairs = [tuple(pair) for pair in given]
    for i, pair in enumerate(pairs):
        if len(pair) != 2:
            raise ValueError(
                f"{type(container).__name__} update sequence element #{i} has length {len(pair)}; 2 is required"
            )
    return pairs  # pyright: ignore[reportReturnType]
