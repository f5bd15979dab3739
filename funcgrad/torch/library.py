"""torch.library: operators of one's own, written in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch._custom_ops import DEFINED as _DEFINED
from funcgrad.torch._custom_ops import CustomOpDef
from funcgrad.torch._custom_ops import define as _define

__all__ = ["CustomOpDef", "custom_op", "register_autograd", "register_fake", "register_kernel"]


def custom_op(
    name: str,
    fn: Callable[..., Any] | None = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: Any = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """Make an operator of a Python function; without the function a decorator.

    Args:
        name: Its name, as `namespace::name`; `torch.ops.namespace.name` is then the operator too.
        fn: The function.
        mutates_args: The names of the arguments that it changes.
        device_types: Accepted: there is one device.
        schema: The types of arguments and results; without it the function has annotations.
        tags: Accepted.

    Raises:
        ValueError: The name has no namespace, or an argument no annotation.
    """
    if fn is None:
        return lambda decorated: _define(name, decorated, mutates_args, schema)
    return _define(name, fn, mutates_args, schema)


def register_autograd(op: Any, backward: Callable[..., Any], /, *, setup_context: Any = None, lib: Any = None) -> None:
    """Give an operator a derivative, see `CustomOpDef.register_autograd`."""
    _found(op).register_autograd(backward, setup_context=setup_context)


def register_kernel(op: Any, device_types: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    """Run another function on some devices, see `CustomOpDef.register_kernel`."""
    return _found(op).register_kernel(device_types, func)


def register_fake(op: Any, func: Any = None, /, **options: Any) -> Any:
    """Accepted: shapes come from running the function."""
    return (lambda decorated: decorated) if func is None else func


def _found(op: Any) -> CustomOpDef:
    if isinstance(op, CustomOpDef):
        return op
    namespace, _, name = str(op).removesuffix(".default").replace(".", "::").partition("::")
    if (namespace, name) not in _DEFINED:
        raise RuntimeError(f"Could not find the operator {namespace}::{name}. Define it with torch.library.custom_op.")
    return _DEFINED[namespace, name]


__getattr__ = _absent(__name__, "Define the operator with torch.library.custom_op, or write a torch.autograd.Function.")
