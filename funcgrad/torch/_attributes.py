"""What users set on a tensor: the tensor's dictionary without what the face keeps there.

`whole` gives the dictionary itself, and is for the face alone: whoever copies it makes two tensors of one storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any


class TensorBase:
    """What tensors are made on, as in PyTorch; its dictionary is the one that holds everything."""


whole: Callable[[TensorBase], dict[str, Any]] = vars(TensorBase)["__dict__"].__get__


class Attributes(MutableMapping[str, Any]):
    """A tensor's `__dict__`, which users read and write.

    Args:
        held: All that the tensor's dictionary has.
        ours: Names that users are not shown.
    """

    def __init__(self, held: dict[str, Any], ours: dict[str, Any]) -> None:
        self._held, self._ours = held, ours

    def __getitem__(self, name: str) -> Any:
        if name in self._ours:
            raise KeyError(name)
        return self._held[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._held[name] = value

    def __delitem__(self, name: str) -> None:
        del self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in self._held if name not in self._ours])

    def __len__(self) -> int:
        return sum(name not in self._ours for name in self._held)

    def __repr__(self) -> str:
        return repr(dict(self))

    def copy(self) -> dict[str, Any]:
        """A dictionary of its own."""
        return dict(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # a copy is a plain dictionary
