"""Arguments: what PyTorch says of a call that does not fit, and NumPy's names for PyTorch's keywords.

A call is made at once. Only when it fails is it compared with the signatures of PyTorch's function: then its keywords
get their own names, or the error is PyTorch's. Methods have no `out`, which is looked for beforehand.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from funcgrad.torch._overriding import COMPARED
from funcgrad.torch._signatures import Signature, read
from funcgrad.torch._tensor import Tensor

_TEXTS: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "signatures.json").read_text(encoding="utf-8")
)
"""By namespace and name: what errors call the function, if not by this name, and its signatures."""


def compare_functions(path: str, namespace: dict[str, Any]) -> None:
    """Have the compiled functions of a namespace compared with PyTorch's signatures when they fail."""
    for name, (shown, *forms) in _TEXTS[path].items():
        call = namespace.get(name)
        if type(call) is FunctionType:
            namespace[name] = _compared(call, shown or name, forms)


def compare_methods() -> None:
    """Have the compiled methods of tensors compared with PyTorch's signatures when they fail."""
    for name, texts in _TEXTS["torch.Tensor"].items():
        call = vars(Tensor).get(name)
        if type(call) is FunctionType:
            setattr(Tensor, name, _compared_method(call, name, texts[1:]))


def _compared(call: Callable[..., Any], name: str, texts: Sequence[str]) -> Callable[..., Any]:
    @functools.wraps(call)
    def function(*args: Any, **keywords: Any) -> Any:
        try:
            return call(*args, **keywords)
        except Exception:
            names = _read(name, texts, args, keywords)
            if names.items() <= {(key, key) for key in keywords}:
                raise
        return call(*args, **{names[key]: value for key, value in keywords.items()})

    vars(function)[COMPARED] = True
    return function


def _compared_method(call: Callable[..., Any], name: str, texts: Sequence[str]) -> Callable[..., Any]:
    @functools.wraps(call)
    def method(*args: Any, **keywords: Any) -> Any:
        if "out" in keywords:
            _read_method(name, texts, args[1:], keywords)
        try:
            return call(*args, **keywords)
        except Exception:
            names = _read_method(name, texts, args[1:], keywords)
            if names.items() <= {(key, key) for key in keywords}:
                raise
        return call(*args, **{names[key]: value for key, value in keywords.items()})

    return method


def _read_method(name: str, texts: Sequence[str], args: Sequence[Any], keywords: dict[str, Any]) -> Mapping[str, str]:
    if texts:
        return _read(name, texts, args, keywords)
    if keywords:
        raise TypeError(f"TensorBase.{name}() takes no keyword arguments")
    if args:
        raise TypeError(f"TensorBase.{name}() takes no arguments ({len(args)} given)")
    return {}


def _read(name: str, texts: Sequence[str], args: Sequence[Any], keywords: dict[str, Any]) -> Mapping[str, str]:
    try:
        return read(name, _forms(tuple(texts)), args, keywords)
    except TypeError as error:
        raise error.with_traceback(None) from None  # the user's call has failed once, not twice


@functools.cache
def _forms(texts: tuple[str, ...]) -> tuple[Signature, ...]:
    return tuple(Signature.parse(text) for text in texts)
