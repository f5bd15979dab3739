"""Reach: the stateful objects that a function uses, by the names under which it does."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from funcgrad.functionalization.owners import KINDS
from funcgrad.torch import Tensor, nn, optim

MOST_ITEMS = 1000
"""Items of a list or dictionary that is looked into: longer ones are data."""


def owners_of(function: FunctionType, arguments: dict[str, Any]) -> dict[str, Any]:
    """Modules, optimizers, schedulers, scalers and trained tensors that a call can reach.

    Left out is what has no state of its own: a loss without parameters, a part of a module that is there itself.

    Args:
        function: Its globals and closures are followed, and functions of the user's that it names.
        arguments: Of the call, by name.
    """
    found = _Reach()
    for name, value in arguments.items():
        found.visit(name, value)
    found.visit(function.__name__, function)
    parts = {id(part) for x in found.owners.values() if isinstance(x, nn.Module) for part in _held_by(x)}
    return {name: x for name, x in found.owners.items() if id(x) not in parts and _has_state(x)}


class _Reach:
    def __init__(self) -> None:
        self.owners: dict[str, Any] = {}
        self._seen: dict[int, Any] = {}  # kept, so that no other object gets the same id

    def visit(self, name: str, value: Any) -> None:
        if id(value) in self._seen or isinstance(value, types.ModuleType | type):
            return
        self._seen[id(value)] = value
        if isinstance(value, KINDS):
            self.owners[self._free(name)] = value
            if not isinstance(value, nn.Module):
                return
        if isinstance(value, FunctionType):
            pairs = _used(value)
        elif isinstance(value, types.MethodType):
            pairs = iter([(name, value.__self__), (name, value.__func__)])
        elif isinstance(value, dict | list | tuple):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            pairs = ((f"{name}_{key}", x) for key, x in items) if len(value) <= MOST_ITEMS else iter(())
        else:
            pairs = _attributes(value)
        for part, x in pairs:
            self.visit(part, x)

    def _free(self, name: str) -> str:
        name = name if name.isidentifier() and name not in ("grad", "random") else f"owner_{len(self.owners)}"
        return name if name not in self.owners else f"{name}_{len(self.owners)}"


def _used(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function of the user's names: variables around it and global ones."""
    if not _is_users(function.__module__):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in _global_names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _global_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """The public attributes of an object of a class of the user's."""
    if hasattr(value, "__dict__") and (_is_users(type(value).__module__) or isinstance(value, types.SimpleNamespace)):
        yield from ((name, x) for name, x in vars(value).items() if not name.startswith("_"))


def _is_users(module: str | None) -> bool:
    """Whether a module is a file of the user's: not ours, Python's, or an installed one."""
    file = str(getattr(sys.modules.get(module or ""), "__file__", None) or "")
    root = (module or "").partition(".")[0]
    is_installed = root in (*sys.stdlib_module_names, "funcgrad", "torch") or "site-packages" in file
    return root == "__main__" or not is_installed


def _held_by(module: nn.Module) -> list[Any]:
    return [*list(module.modules())[1:], *module.parameters(), *module.buffers()]


def _has_state(owner: Any) -> bool:
    if isinstance(owner, nn.Module):
        return any(True for _ in owner.parameters()) or any(True for _ in owner.buffers())
    if isinstance(owner, Tensor):
        return owner.requires_grad and owner.is_leaf
    return True


def held_by_none(owners: dict[str, Any]) -> dict[str, Tensor]:
    """Parameters of the optimizers that no other owner holds."""
    held = {id(x) for x in owners.values() if isinstance(x, Tensor)}
    held |= {id(p) for x in owners.values() if isinstance(x, nn.Module) for p in x.parameters()}
    optimizers = [x for x in owners.values() if isinstance(x, optim.Optimizer)]
    loose = [p for x in optimizers for group in x.param_groups for p in group["params"] if id(p) not in held]
    return {f"parameter_{k}": p for k, p in enumerate(loose)}
