"""torch.utils.data._utils.collate: a list of samples as one batch.

Tensors whose values are known on the host are stacked there, so that a batch is data for the step's program and not
a part of it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from funcgrad.torch._ops.creation import as_tensor, tensor
from funcgrad.torch._ops.joining import stack
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import float64
from funcgrad.torch.utils.data._utils.host import known_array, known_tensor

default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)
_NO_NUMBERS = "SUO"  # kinds of NumPy arrays of strings and objects
np_str_obj_array_pattern = re.compile(f"[{_NO_NUMBERS[0]}a{_NO_NUMBERS[1:]}]")
"""Both by PyTorch's names, for libraries that collate by themselves; `a` was NumPy's old letter for bytes."""


def default_collate(batch: Any) -> Any:
    """Samples as a batch: tensors, arrays and numbers stacked, containers item by item, strings as they are.

    Args:
        batch: Samples of one structure.

    Returns:
        The structure of a sample (a tuple becomes a list), with a leading batch dimension on every tensor.

    Raises:
        TypeError: A sample holds something else.
        RuntimeError: Samples differ in length or shape.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: Mapping[Any, Callable[..., Any]] | None = None) -> Any:
    """Samples as a batch, with functions of one's own for some types of element."""
    first = batch[0]
    call = _function_for(first, collate_fn_map or {})
    if call is not None:
        return call(batch, collate_fn_map=collate_fn_map)

    def together(parts: Any) -> Any:
        return collate(parts, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _mapping_like(first, lambda key: together([sample[key] for sample in batch]))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return _sequence_like(first, [together(parts) for parts in zip(*batch, strict=True)])
    raise TypeError(default_collate_err_msg_format.format(type(first)))


def _function_for(first: Any, functions: Mapping[Any, Callable[..., Any]]) -> Callable[..., Any] | None:
    exact = functions.get(type(first))
    return exact or next((call for kind, call in functions.items() if isinstance(first, kind)), None)


def _mapping_like(pattern: Mapping[Any, Any], value: Callable[[Any], Any]) -> Any:
    """A mapping of the pattern's type and keys; a dict if the type cannot be built so."""
    made = {key: value(key) for key in pattern}
    try:
        if isinstance(pattern, MutableMapping):
            clone: Any = copy.copy(pattern)  # keeps what the type has beside its items
            clone.update(made)
            return clone
        return type(pattern)(made)  # pyright: ignore[reportCallIssue]
    except TypeError:
        return made


def _sequence_like(pattern: Sequence[Any], made: list[Any]) -> Any:
    """A sequence of the pattern's type; a list for a tuple, and if the type cannot be built so."""
    if isinstance(pattern, tuple):
        return type(pattern)(*made) if hasattr(pattern, "_fields") else made
    try:
        if isinstance(pattern, MutableSequence):
            clone: Any = copy.copy(pattern)  # keeps what the type has beside its items
            for i, item in enumerate(made):
                clone[i] = item
            return clone
        return type(pattern)(made)  # pyright: ignore[reportCallIssue]
    except TypeError:
        return made


def collate_tensor_fn(batch: Any, *, collate_fn_map: Any = None) -> Tensor:
    """Tensors of one shape, stacked."""
    arrays = [known_array(x) for x in batch]
    first = arrays[0]
    if first is None or any(a is None or a.shape != first.shape or a.dtype != first.dtype for a in arrays):
        return stack(batch, 0)
    return known_tensor(np.stack(arrays))  # pyright: ignore[reportArgumentType, reportCallIssue]


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """NumPy arrays of numbers, stacked."""
    if batch[0].dtype.kind in _NO_NUMBERS:
        raise TypeError(default_collate_err_msg_format.format(batch[0].dtype))
    return collate([as_tensor(a) for a in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: Any = None) -> Tensor:
    """NumPy scalars as a tensor."""
    return tensor(np.asarray(batch))


def collate_float_fn(batch: Any, *, collate_fn_map: Any = None) -> Tensor:
    """Python floats as a float64 tensor."""
    return tensor(batch, dtype=float64)


def collate_int_fn(batch: Any, *, collate_fn_map: Any = None) -> Tensor:
    """Python integers or bools as a tensor."""
    return tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: Any = None) -> Any:
    """Strings as they are."""
    return batch


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def default_convert(data: Any) -> Any:
    """One sample with its NumPy arrays and scalars as tensors; everything else as it is."""
    if isinstance(data, np.ndarray | np.generic):
        return data if data.dtype.kind in _NO_NUMBERS else as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, lambda key: default_convert(data[key]))
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _sequence_like(data, [default_convert(item) for item in data])
    return data
