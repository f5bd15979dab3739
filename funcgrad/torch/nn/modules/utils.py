"""torch.nn.modules.utils: one number as several, for the sizes of kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


__getattr__ = _missing_from(__name__)
