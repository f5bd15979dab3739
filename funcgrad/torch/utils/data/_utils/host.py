"""Values that are known on the host, read there instead of being recorded.

Whatever is read so is data for the next program and no part of it: the program stays the same from batch to batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from funcgrad.torch._grad_mode import state
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import Number, constant


def known_array(x: Tensor) -> np.ndarray | None:
    """The tensor's values if they are known, or lie among values that are, and no graph is built; else None."""
    if state.grad and x.requires_grad:
        return None
    stored = x._storage.value
    if x._base is not None and x._seen is stored and x._value is not None and x._value.array is not None:
        return np.asarray(x._value.array)
    return None if stored.array is None else _follow(x, stored.array)


def _follow(x: Tensor, array: Any) -> np.ndarray:
    """The base's values as the view shows them."""
    array = np.asarray(array)
    for link in x._chain:
        array = link.op([array, *(Number(int, place) for place in link.places)], link.static)[link.number]
    return array


def known_tensor(array: np.ndarray) -> Tensor:
    """A new tensor that takes the array over."""
    made = wrap(constant(array))
    if state.inference:
        made._inference = True
    return made


def settle(sample: Any) -> None:
    """Read those tensors of a sample that are views of known values, so that nothing recorded is needed for them."""
    if isinstance(sample, Tensor):
        _settle_view(sample)
    elif isinstance(sample, tuple | list):
        for part in sample:
            settle(part)
    elif isinstance(sample, Mapping):
        for part in sample.values():
            settle(part)


def _settle_view(x: Tensor) -> None:
    if x._base is None or x._value is None or x._value.array is not None:
        return
    array = known_array(x)
    if array is not None:
        x._storage.value.exported = True  # `array` looks at its memory
        x._value, x._seen = constant(array), x._storage.value
