"""Named results: tuples whose fields have PyTorch's names, printed as PyTorch prints them."""

from __future__ import annotations

from typing import Any


class NamedResult(tuple[Any, ...]):
    """A tuple with a name for each field; its class says which function made it."""

    _fields: tuple[str, ...] = ()

    def __new__(cls, *items: Any) -> NamedResult:
        return super().__new__(cls, items)

    def __repr__(self) -> str:
        fields = ",\n".join(f"{name}={item!r}" for name, item in zip(self._fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{fields})"

    def __reduce__(self) -> Any:
        return type(self), tuple(self)


def named_result(name: str, *fields: str) -> type[NamedResult]:
    """The class of the results of `torch.name`."""
    readers = {field: property(lambda self, k=k: self[k]) for k, field in enumerate(fields)}
    return type(name, (NamedResult,), {"_fields": fields, "__module__": "torch.return_types", **readers})


VALUES_AND_INDICES = {
    name: named_result(name, "values", "indices")
    for name in ("max", "min", "sort", "topk", "kthvalue", "median", "nanmedian", "mode", "cummax", "cummin")
}
AMINMAX = named_result("aminmax", "min", "max")
