"""Arguments: what PyTorch says of a call that does not fit, and NumPy's names for PyTorch's keywords.

A call of classes that a function has not been called with is compared with the signatures of PyTorch's function first.
When a call fails, its objects are: then its keywords get their own names, or the error is PyTorch's.
"""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from funcgrad.torch._overriding import COMPARED
from funcgrad.torch._signatures import WITH_NUMBERS, Signature, fitting
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
            namespace[name] = function = _compared(call, shown or name, forms)
            vars(function)[COMPARED] = True


def compare_methods() -> None:
    """Have the compiled methods of tensors compared with PyTorch's signatures when they fail."""
    for name, texts in _TEXTS["torch.Tensor"].items():
        call = vars(Tensor).get(name)
        if type(call) is FunctionType:
            setattr(Tensor, name, _compared(call, name, texts[1:], 1) if texts else _without_arguments(call, name))


class _Calls:
    """Which classes of arguments a function takes, as far as it has been called with them.

    Attributes:
        placed: By the class of the first argument, what may follow it: by class, and so on.
        named: By keyword and class, what may have the name.
    """

    def __init__(self, name: str, texts: Sequence[str], selves: int) -> None:
        self._name, self._texts, self._selves = name, tuple(texts), selves
        self._with_numbers = name in WITH_NUMBERS
        self.placed: dict[type, Any] = {}
        self.named: dict[str, dict[type, None]] = {}

    @property
    def _forms(self) -> tuple[Signature, ...]:
        return _forms(self._texts)

    def judge(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """See whether arguments of such classes fit, and remember it if they do.

        Returns:
            The arguments, those of other classes as the numbers that they stand for.

        Raises:
            TypeError: They do not, in PyTorch's words.
        """
        kinds = [type(x) for x in args]
        named = {key: type(x) for key, x in keywords.items()}
        if not self._may_stand(kinds[self._selves :]) or not all(self._may_have(*pair) for pair in named.items()):
            return self.read(args, keywords)
        place = self.placed
        for kind in kinds:
            place = place.setdefault(kind, {})
        for key, kind in named.items():
            self.named.setdefault(key, {})[kind] = None
        return args, keywords

    def _may_stand(self, kinds: Sequence[type]) -> bool:
        return any(form.may_begin(kinds, self._with_numbers) for form in self._forms)

    def _may_have(self, keyword: str, kind: type) -> bool:
        return any(form.may_have(keyword, kind, self._with_numbers) for form in self._forms)

    def read(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The call as the first signature that fits has it: its keywords, and Python's numbers.

        Raises:
            TypeError: None fits, in PyTorch's words.
        """
        given = args[self._selves :]
        try:
            form = fitting(self._name, self._forms, given, keywords)
        except TypeError as error:
            raise error.with_traceback(None) from None  # the user's call has failed once, not twice
        placed, own = form.plain(given, keywords)
        return (*args[: self._selves], *placed), own

    def otherwise(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """The same call in PyTorch's own words, for one that has failed; None if it was in them.

        Raises:
            TypeError: No signature fits, in PyTorch's words.
        """
        placed, own = self.read(args, keywords)
        is_same = all(map(operator.is_, placed, args)) and own.keys() == keywords.keys()
        return None if is_same and all(own[key] is x for key, x in keywords.items()) else (placed, own)


def _compared(call: Callable[..., Any], name: str, texts: Sequence[str], selves: int = 0) -> Callable[..., Any]:
    calls = _Calls(name, texts, selves)
    placed, named = calls.placed, calls.named

    @functools.wraps(call)
    def function(*args: Any, **keywords: Any) -> Any:
        try:  # a fraction of the time that a key made of all classes would take
            place = placed
            for x in args:
                place = place[type(x)]
            if keywords:
                for key, x in keywords.items():
                    named[key][type(x)]
        except KeyError:
            args, keywords = calls.judge(args, keywords)
        try:
            return call(*args, **keywords) if keywords else call(*args)
        except Exception:
            other = calls.otherwise(args, keywords)
            if other is None:
                raise
        return call(*other[0], **other[1])

    function.__name__ = function.__qualname__ = name
    return function


def _without_arguments(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(call)
    def method(*args: Any, **keywords: Any) -> Any:
        if keywords:
            raise TypeError(f"TensorBase.{name}() takes no keyword arguments")
        if len(args) > 1:
            raise TypeError(f"TensorBase.{name}() takes no arguments ({len(args) - 1} given)")
        return call(*args)

    method.__name__ = method.__qualname__ = name
    return method


@functools.cache
def _forms(texts: tuple[str, ...]) -> tuple[Signature, ...]:
    return tuple(Signature.parse(text) for text in texts)
