"""torch._dynamo.eval_frame: what `torch.compile` makes of a module, with PyTorch's names of its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._module import Module


class OptimizedModule(Module):
    """A module that stands for another, its only child `_orig_mod`, and has that one's attributes.

    Args:
        mod: The module.
    """

    def __init__(self, mod: Module) -> None:
        super().__init__()
        self._modules["_orig_mod"] = mod

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes."""
        return self._orig_mod(*args, **kwargs)

    @property
    def training(self) -> bool:
        return self._orig_mod.training

    @training.setter
    def training(self, value: bool) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        if self.__dict__.get("_modules"):  # else `Module.__init__` sets its default
            self._orig_mod.training = value

    def __getattr__(self, name: str) -> Any:
        modules = self.__dict__.get("_modules", {})
        if name == "_orig_mod" and name in modules:
            return modules[name]
        return getattr(modules["_orig_mod"], name) if modules else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name) or name == "_orig_mod":
            super().__setattr__(name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._orig_mod, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._orig_mod)})

    def __len__(self) -> int:
        if not hasattr(type(self._orig_mod), "__len__"):
            raise TypeError(f"{type(self._orig_mod).__name__} does not support len()")
        return len(self._orig_mod)  # pyright: ignore[reportArgumentType]

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> Any:
        return type(self), (self._orig_mod,)


def compile(model: Callable[..., Any] | None = None, **options: Any) -> Any:
    """A function itself, or a module that stands for the one given: every step is recorded and compiled by XLA anyway.

    Args:
        model: What to compile; without it the result is a decorator.
        options: PyTorch's options (`mode`, `fullgraph`, `dynamic`, `backend`, ...), which have no effect.

    Raises:
        AssertionError: `model` cannot be called.
    """
    if model is None:
        return lambda model: compile(model, **options)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    return OptimizedModule(model) if isinstance(model, Module) else model


__getattr__ = _missing_from(__name__)
