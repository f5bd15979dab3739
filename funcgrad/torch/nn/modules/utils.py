"""torch.nn.modules.utils: one number as several, for the sizes of kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import Any

from funcgrad.errors import missing_from as _missing_from


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """The function that repeats a number `n` times and leaves several as they are."""

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: Iterable[Any], n: int) -> tuple[Any, ...]:
    """The items from the last to the first, each `n` times: paddings in the order of `functional.pad`."""
    return tuple(x for x in reversed(tuple(t)) for _ in range(n))


def _list_with_default(out_size: Any, defaults: Sequence[int]) -> Any:
    """Sizes, with the last of `defaults` in the place of None; a number is for all.

    Raises:
        ValueError: There are no more defaults than sizes.
    """
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    return [d if v is None else v for v, d in zip(out_size, defaults[-len(out_size) :], strict=True)]


def consume_prefix_in_state_dict_if_present(state_dict: MutableMapping[str, Any], prefix: str) -> None:
    """Take a prefix off the names of a state dict, in place: those of a `DataParallel` start with `module.`."""
    _strip(state_dict, prefix, [name for name in state_dict if name.startswith(prefix)])
    metadata = getattr(state_dict, "_metadata", {})
    own = prefix.replace(".", "")
    _strip(metadata, prefix, [name for name in metadata if name and (name == own or name.startswith(prefix))])


def _strip(names: MutableMapping[str, Any], prefix: str, prefixed: list[str]) -> None:
    for name in prefixed:
        names[name[len(prefix) :]] = names.pop(name)


__getattr__ = _missing_from(__name__)
