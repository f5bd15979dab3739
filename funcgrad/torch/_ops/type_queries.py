"""Questions about dtypes and shapes that need no tensor's values."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._ops.promotion import result_type as common_type
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.storages import TypedStorage, UntypedStorage
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size, dtype, dtype_of
from funcgrad.trace import Number


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that holds the values of both."""
    return dtype_of(np.dtype(jnp.promote_types(type1.numpy, type2.numpy)))


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype of an arithmetic result of tensors and numbers."""
    return dtype_of(common_type([_operand(x) for x in (tensor1, tensor2)]))


def _operand(x: Any) -> Any:
    return (
        jax.ShapeDtypeStruct(x._aval.shape, x._aval.dtype) if isinstance(x, Tensor) else Number(type(x), jnp.asarray(x))
    )


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether the category of a dtype (bool, integer, floating, complex) is not above that of the other."""
    signed_loss = not from_.is_signed or to.is_signed or to.numpy.kind == "u"
    return _category(from_) <= _category(to) and signed_loss


def _category(d: dtype) -> int:
    if d.is_complex:
        return 3
    return 2 if d.is_floating_point else int(d.numpy.kind != "b")


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape in which tensors of these shapes meet.

    Raises:
        RuntimeError: They do not broadcast.
    """
    joined: list[int] = []
    for number, shape in enumerate(shapes):
        given = (shape,) if isinstance(shape, int) else tuple(shape)
        joined = [1] * (len(given) - len(joined)) + joined
        for back, length in enumerate(reversed(given), 1):
            if joined[-back] not in (1, length) and length != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {length} at -{back}! Mismatching argument at index "
                    f"{number} had {given}; but expected shape should be broadcastable to {joined}"
                )
            joined[-back] = length if joined[-back] == 1 else joined[-back]
    return Size(joined)


def is_storage(obj: Any) -> bool:
    """Whether an object is a storage."""
    return isinstance(obj, TypedStorage | UntypedStorage)


def typename(obj: Any) -> str:
    """The name of a tensor's type, or of an object's class with its module."""
    if isinstance(obj, Tensor):
        return f"torch.{obj.dtype.legacy}"
    kind = obj if isinstance(obj, type) else type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


ROWS = tuple(
    Row(call.__name__, call, method=False)
    for call in (promote_types, result_type, can_cast, broadcast_shapes, is_storage, typename)
)
