"""Named results: tuples whose fields have PyTorch's names, printed as PyTorch prints them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class NamedResult(tuple[Any, ...]):
    """A tuple with a name for each field; its class says which function made it.

    Args:
        sequence: An item for each field.

    Raises:
        TypeError: No sequence, or one of another length.
    """

    _names: tuple[str, ...] = ()

    def __new__(cls, sequence: Any) -> NamedResult:
        """A result of these items."""
        if not isinstance(sequence, Iterable):
            raise TypeError("constructor requires a sequence")
        made = super().__new__(cls, sequence)
        if len(made) != len(cls._names):
            wanted = len(cls._names)
            raise TypeError(
                f"torch.return_types.{cls.__name__}() takes a {wanted}-sequence ({len(made)}-sequence given)"
            )
        return made

    def __repr__(self) -> str:
        fields = ",\n".join(f"{name}={item!r}" for name, item in zip(self._names, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{fields})"

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)


def named_result(name: str, *fields: str) -> type[NamedResult]:
    """The class of the results of `torch.name`."""
    readers = {field: property(lambda self, k=k: self[k]) for k, field in enumerate(fields)}
    return type(name, (NamedResult,), {"_names": fields, "__module__": "torch.return_types", **readers})


VALUES_AND_INDICES = {
    name: named_result(name, "values", "indices")
    for name in ("max", "min", "sort", "topk", "kthvalue", "median", "nanmedian", "mode", "cummax", "cummin")
}
AMINMAX = named_result("aminmax", "min", "max")
