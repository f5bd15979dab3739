"""torch.jit.isinstance: whether an object is of a type, items of containers included."""

from __future__ import annotations

from types import UnionType
from typing import Any, Union, get_args, get_origin

from funcgrad.errors import warn
from funcgrad.torch._texts import EMPTY_CONTAINER

_CONTAINERS = (list, tuple, dict)


def is_of(obj: Any, target_type: Any) -> bool:
    """Whether an object is of a type, or of one of a tuple of types.

    Raises:
        RuntimeError: A type of containers that does not say of what.
    """
    if isinstance(obj, _CONTAINERS) and not obj:
        warn(EMPTY_CONTAINER)
    return any(_is(obj, kind) for kind in (target_type if isinstance(target_type, tuple) else (target_type,)))


def _is(obj: Any, kind: Any) -> bool:
    origin, parts = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return any(_is(obj, part) for part in parts)
    if origin in _CONTAINERS and not parts:
        name = getattr(kind, "_name", None) or kind.__name__
        missing, example = ("contained types", "int, int") if origin is dict else ("a contained type", "int")
        asked = missing.removesuffix("s")
        raise RuntimeError(f"Attempted to use {name} without {missing}. Please add {asked}, e.g. {name}[{example}]")
    if not isinstance(obj, origin):
        return False
    if origin is tuple:
        return len(obj) == len(parts) and all(map(_is, obj, parts))
    if origin is dict:
        return all(_is(key, parts[0]) and _is(value, parts[1]) for key, value in obj.items())
    return origin is not list or all(_is(item, parts[0]) for item in obj)
