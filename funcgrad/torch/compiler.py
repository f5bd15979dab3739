"""torch.compiler: switches of PyTorch's compiler, accepted; every step is compiled by XLA anyway."""

from __future__ import annotations

from collections.abc import Callable as _Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._dynamo import allow_in_graph as allow_in_graph
from funcgrad.torch._dynamo import disable as disable
from funcgrad.torch._dynamo import reset as reset
from funcgrad.torch._dynamo.eval_frame import OptimizedModule as _OptimizedModule
from funcgrad.torch.nn._module import Module as _Module


def compile(model: _Callable[..., Any] | None = None, **options: Any) -> Any:
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
    return _OptimizedModule(model) if isinstance(model, _Module) else model


def is_compiling() -> bool:
    """Whether PyTorch's compiler compiles this function: never."""
    return False


def is_dynamo_compiling() -> bool:
    """Whether PyTorch's compiler compiles this function: never."""
    return False


def is_exporting() -> bool:
    """Whether this function is exported: never."""
    return False


def assume_constant_result(fn: Any) -> Any:
    """The function itself."""
    return fn


def cudagraph_mark_step_begin() -> None:
    """Accepted: there are no CUDA graphs of PyTorch."""


def set_stance(stance: str = "default", **options: Any) -> None:
    """Accepted: nothing is compiled by PyTorch's compiler."""


__getattr__ = _missing_from(__name__)
