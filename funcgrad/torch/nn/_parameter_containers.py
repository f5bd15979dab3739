"""Containers of parameters: modules that hold tensors in a list or a dictionary."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._containers import check_iterable, pairs_of
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter


class _Parameters(Module):
    """What the containers of parameters share: they are shown, and never called."""

    _keys: list[str]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{type(self).__name__} should not be called.")

    def __len__(self) -> int:
        return len(self._named)

    @property
    def _named(self) -> dict[str, Any]:
        """Everything held, in order: tensors become parameters, other things stay as they are."""
        return {name: getattr(self, name) for name in self._keys}

    def _hold(self, name: str, value: Any) -> None:
        if name not in self._keys:
            self._keys.append(name)
        is_plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
        setattr(self, name, Parameter(value) if is_plain else value)


class ParameterList(_Parameters):
    """Parameters in a list.

    Args:
        values: Tensors, which become parameters, or anything else.
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._keys: list[str] = []
        if values is not None:
            self.extend(values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._named.values())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._key_at(index))

    def __setitem__(self, index: int, value: Any) -> None:
        self._hold(self._key_at(index), value)

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def _key_at(self, index: int) -> str:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range")
        return self._keys[index]

    def append(self, value: Any) -> ParameterList:
        """Add a parameter at the end."""
        self._hold(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add parameters at the end."""
        check_iterable(self, "extend", "an iterable", values)
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """A line for each element."""
        return "\n".join(f"  ({k}): {_described(v, v_type=_dtype)}" for k, v in self._named.items())


class ParameterDict(_Parameters):
    """Parameters in a dictionary.

    Args:
        parameters: A mapping from names to tensors, which become parameters, or pairs of them.
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: list[str] = []
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._hold(key, value)

    def __delitem__(self, key: str) -> None:
        self._keys.remove(key)
        delattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._named.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Names and parameters."""
        return self._named.items()

    def values(self) -> Iterable[Any]:
        """The parameters."""
        return self._named.values()

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of a name, or `default`."""
        return self._named.get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of a name, which becomes `default` where there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def popitem(self) -> tuple[str, Any]:
        """Take the last parameter out, with its name."""
        key = self._keys[-1]
        return key, self.pop(key)

    def clear(self) -> None:
        """Take all parameters out."""
        for key in list(self._keys):
            del self[key]

    def copy(self) -> ParameterDict:
        """Another dictionary of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A dictionary in which each name has `default`."""
        return ParameterDict(OrderedDict((key, default) for key in keys))

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __or__(self, other: ParameterDict) -> ParameterDict:
        copy = self.copy()
        copy.update(other)
        return copy

    def __ior__(self, other: ParameterDict) -> Self:
        self.update(other)
        return self

    def pop(self, key: str) -> Any:
        """Take a parameter out."""
        value = self[key]
        del self[key]
        return value

    def update(self, parameters: Any) -> None:
        """Add parameters or replace them; those of a plain dictionary in the order of their names."""
        pairs = list(pairs_of(self, parameters))
        is_ordered = isinstance(parameters, OrderedDict | ParameterDict) or not isinstance(parameters, Mapping)
        for key, value in pairs if is_ordered else sorted(pairs, key=lambda pair: pair[0]):
            self[key] = value

    def extra_repr(self) -> str:
        """A line for each element."""
        return "\n".join(f"  ({k}): {_described(v, v_type=_legacy)}" for k, v in self._named.items())


def _described(value: Any, v_type: Callable[[Tensor], str]) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    return f"{kind} containing: [{v_type(value)} of size {'x'.join(map(str, value.shape))}]"


def _dtype(x: Tensor) -> str:
    return repr(x.dtype)


def _legacy(x: Tensor) -> str:
    return f"torch.{x.dtype.legacy}"
