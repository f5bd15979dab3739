"""Operators of one's own: a Python function under a name, with a derivative if one is registered.

The function runs as it is, without a graph of its own; where its arguments require gradients it is a `Function`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from funcgrad.torch._function import Function
from funcgrad.torch._grad_mode import no_grad

DEFINED: dict[tuple[str, str], CustomOpDef] = {}
"""The operators by namespace and name, as `torch.ops` finds them."""


class CustomOpDef:
    """An operator that is a Python function.

    Args:
        namespace: What stands before `::` in its name.
        name: What stands after it.
        fn: The function.
        is_mutating: Whether it changes its arguments, and has therefore no derivative.
    """

    def __init__(self, namespace: str, name: str, fn: Callable[..., Any], is_mutating: bool) -> None:
        self._namespace, self._name, self._is_mutating = namespace, name, is_mutating
        self._init_fn = self._kernel = fn
        self._signature = inspect.signature(fn)
        self._backward: Callable[..., Any] | None = None
        self._setup_context: Callable[..., Any] | None = None
        self._function = _function_of(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the operator.

        Raises:
            RuntimeError: An argument is missing.
        """
        given = self._bound(args, kwargs)
        if self._is_mutating:
            with no_grad():
                return self._kernel(*given)
        return self._function.apply(*given)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise RuntimeError(f"{self._namespace}::{self._name}(): {error}") from None
        bound.apply_defaults()
        return tuple(bound.arguments.values())

    def register_autograd(self, backward: Callable[..., Any], /, *, setup_context: Any = None) -> None:
        """Give the operator a derivative.

        Args:
            backward: `(ctx, *gradients of the results) -> gradients of the arguments`.
            setup_context: `(ctx, inputs, output)`, which keeps on `ctx` what `backward` needs.

        Raises:
            RuntimeError: The operator changes its arguments.
        """
        if self._is_mutating:
            raise RuntimeError(
                f"Cannot register autograd formula for non-functional operator {self!r}. Please create a functional "
                "operator and register an autograd formula for that."
            )
        self._backward, self._setup_context = backward, setup_context

    def register_kernel(self, device_types: Any, fn: Callable[..., Any] | None = None, /) -> Any:
        """Run another function on some devices; those that are not there never ask for it."""

        def register(kernel: Callable[..., Any]) -> Callable[..., Any]:
            kinds = [device_types] if isinstance(device_types, str) else device_types
            if kinds is None or "cpu" in kinds:
                self._kernel = kernel
            return kernel

        return register if fn is None else register(fn)

    def register_fake(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """Accepted: shapes come from running the function."""
        return fn

    def register_vmap(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """Accepted: `torch.vmap` maps over what the function does."""
        return fn

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._namespace}::{self._name})>"


def _function_of(op: CustomOpDef) -> type[Function]:
    label = f"{op._namespace}.{op._name}.default"

    def forward(ctx: Any, *args: Any) -> Any:
        made = op._kernel(*args)
        if op._setup_context is not None:
            op._setup_context(ctx, args, made)
        return made

    def backward(ctx: Any, *grads: Any) -> Any:
        if op._backward is None:
            raise RuntimeError(
                f"Trying to backward through {label} but no autograd formula was registered. Please use "
                "register_autograd to add one."
            )
        return op._backward(ctx, *grads)

    steps = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type(f"GeneratedBackwardFor_{label.replace('.', '_')}", (Function,), steps)


def define(name: str, fn: Callable[..., Any], mutates_args: str | Iterable[str], schema: str | None) -> CustomOpDef:
    """Define an operator.

    Args:
        name: Its name, as `namespace::name`.
        fn: The function.
        mutates_args: The names of the arguments that it changes.
        schema: The types of arguments and results; without it the function has annotations.

    Raises:
        ValueError: The name has no namespace, or an argument no annotation.
    """
    namespace, _, last = name.partition("::")
    if not last:
        raise ValueError(
            f"Expected `name` to be of the form `namespace::opname`; got {name!r}. Put your own namespace before it."
        )
    if schema is None:
        _check_annotations(fn)
    made = DEFINED[namespace, last] = CustomOpDef(namespace, last, fn, bool(mutates_args))
    return made


def _check_annotations(fn: Callable[..., Any]) -> None:
    signature = inspect.signature(fn)
    for parameter in signature.parameters.values():
        if parameter.annotation is inspect.Parameter.empty:
            raise ValueError(
                f"infer_schema(func): Parameter {parameter.name} must have a type annotation. Got func with signature "
                f"{signature})"
            )
