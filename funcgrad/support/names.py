"""Names: what `funcgrad.torch` has of PyTorch's, and which keywords its functions take. `torch.x` in all texts."""

from __future__ import annotations

import importlib.util
import inspect
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import funcgrad.torch as face
from funcgrad.errors import PACKAGE, UnsupportedError, unsupported
from funcgrad.torch._signatures import SPELLINGS

TENSOR = "torch.Tensor"
_WITH_OUT = ("other", "more")
"""How operators call the keywords that they hand to `rows.with_out`."""


class Names(NamedTuple):
    """A namespace of PyTorch: `torch.nn`, say, or `torch.Tensor`."""

    path: str
    there: tuple[str, ...]
    missing: tuple[str, ...]


@cache
def pytorchs() -> dict[str, frozenset[str]]:
    """The public names of PyTorch 2.13, by namespace."""
    text = Path(__file__).with_name("pytorch_names.json").read_text(encoding="utf-8")
    return {path: frozenset(names.split()) for path, names in json.loads(text).items()}


def namespaces() -> list[Names]:
    """What is there of each namespace of PyTorch, and what is not."""
    return [_namespace(path, sorted(names)) for path, names in pytorchs().items()]


def _namespace(path: str, names: list[str]) -> Names:
    there = [name for name in names if isinstance(found(f"{path}.{name}"), Found)]
    return Names(path, tuple(there), tuple(name for name in names if name not in there))


class Found(NamedTuple):
    """What a name stands for."""

    value: Any


class Missing(NamedTuple):
    """A name that is not there."""

    name: str
    why: str


@cache
def found(name: str) -> Found | Missing:
    """What a dotted name stands for.

    Args:
        name: As `torch.nn.Linear`; a method as `torch.Tensor.add`.

    Returns:
        The object; or the first part of the name that is missing, with what to do instead.
    """
    value: Any = face
    path = "torch"
    for part in name.split(".")[1:]:
        path = f"{path}.{part}"
        try:
            value = _part(value, part, path)
        except (AttributeError, ImportError) as error:
            return Missing(path, _why(path, error))
    return Found(value)


def _part(value: Any, part: str, path: str) -> Any:
    try:
        return getattr(value, part)
    except AttributeError:
        if not inspect.ismodule(value) or not _is_module(path):
            raise
        return importlib.import_module(f"{PACKAGE}.{path}")


def _is_module(path: str) -> bool:
    try:
        return importlib.util.find_spec(f"{PACKAGE}.{path}") is not None
    except ModuleNotFoundError:
        return False


def _why(path: str, error: Exception) -> str:
    home, _, name = path.rpartition(".")
    if home in pytorchs() and name not in pytorchs()[home]:
        return f"{path} is not there, nor is it in PyTorch 2.13"
    says_more = isinstance(error, UnsupportedError) and str(error) != unsupported(path)
    return f"{path} is not there. {str(error).partition(f'{path}. ')[2]}" if says_more else f"{path} is not there"


def unknown_keywords(call: Callable[..., Any], given: tuple[str, ...]) -> list[str]:
    """Of the keywords that a call is given, those that it does not take."""
    signature = signature_of(call)
    if signature is None:
        return []
    takes = {*signature.parameters}
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            if parameter.name not in _WITH_OUT:
                return []
            takes.add("out")
    takes |= {spelling for name in takes for spelling in SPELLINGS.get(name, ())}
    return [name for name in given if name not in takes]


def signature_of(call: Any) -> inspect.Signature | None:
    """The arguments of a function, or of a class's constructor without `self`; None if Python cannot tell."""
    try:
        return inspect.signature(call)
    except (TypeError, ValueError):
        return None


def returns_tensor(call: Any) -> bool:
    """Whether a function is annotated to return one tensor."""
    signature = signature_of(call) if inspect.isfunction(inspect.unwrap(call)) else None
    return signature is not None and signature.return_annotation in ("Tensor", face.Tensor)
