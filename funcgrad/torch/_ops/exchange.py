"""Exchange with other libraries: DLPack, Python's buffers, and the place that NumPy's functions give a tensor."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from funcgrad.torch._dispatch import value_of
from funcgrad.torch._ops.conversion import __jax_array__
from funcgrad.torch._ops.creation import from_numpy, leaf
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._sharing import LARGEST, share, shared_array
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import as_dtype
from funcgrad.trace import constant

EXPORT_REQUIRES_GRAD = "Can't export tensors that require gradient, use tensor.detach()"
INVALID_CAPSULE = (
    "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have "
    "already constructed a tensor from it once."
)
NO_BUFFER = "object does not implement Python buffer protocol."


def __dlpack__(input: Tensor, **options: Any) -> Any:
    """The tensor as a DLPack capsule; of more than 64 KiB the other library must not write to it.

    Raises:
        BufferError: The tensor requires grad.
    """
    if input.requires_grad:
        raise BufferError(EXPORT_REQUIRES_GRAD)
    is_numpys = input._aval.dtype.kind in "biufc" and input.nbytes <= LARGEST
    return (shared_array(input) if is_numpys else __jax_array__(input)).__dlpack__(**options)


def __dlpack_device__(input: Tensor) -> tuple[Any, int]:
    """DLPack's number of the kind of device, and which of them."""
    array = value_of(input).array
    holder: Any = array if isinstance(array, jax.Array) else np.empty(0)
    return holder.__dlpack_device__()


class _Capsule:
    """A bare capsule with DLPack's protocol around it."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[Any, int]:
        return np.empty(0).__dlpack_device__()


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor on the memory of another library's array.

    Args:
        ext_tensor: An object with `__dlpack__`, or a capsule.
        device: Where it is to be.
        copy: Whether to copy the memory.

    Raises:
        RuntimeError: It is neither, or a capsule that was used before.
    """
    given = ext_tensor if hasattr(ext_tensor, "__dlpack__") else _Capsule(ext_tensor)
    try:
        array = np.from_dlpack(given)
    except (BufferError, RuntimeError):  # bfloat16, or on an accelerator
        made = wrap(constant(jax.dlpack.from_dlpack(given)))
    except (TypeError, ValueError):
        raise RuntimeError(INVALID_CAPSULE) from None
    else:
        made = wrap(constant(array))
        share(made._storage, array)
    made = made.clone() if copy else made
    return made if device is None else made.to(device)


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A one-dimensional tensor on the memory of an object with Python's buffer protocol.

    Args:
        buffer: The object, for example a `bytearray`.
        dtype: How its bytes are read.
        count: How many elements; -1 for all.
        offset: Bytes that are left out at the start.
        requires_grad: Whether the result is to be trained.

    Raises:
        ValueError: It has no such memory.
    """
    try:
        size = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError(NO_BUFFER) from None
    wanted = as_dtype(dtype).numpy
    _check(size, wanted.itemsize, count, offset)
    return leaf(from_numpy(np.frombuffer(buffer, wanted, count, offset)), requires_grad, None, None)


def _check(size: int, itemsize: int, count: int, offset: int) -> None:
    if not size or not count:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1"
        )
    if count > 0 and offset + count * itemsize > size:
        raise ValueError(
            f"requested buffer length ({count} * {itemsize} bytes) after offset ({offset} bytes) must not be greater "
            f"than actual buffer length ({size} bytes)"
        )
    if count < 0 and (size - offset) % itemsize:
        raise ValueError(
            f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a multiple of element size "
            f"({itemsize})"
        )


def to_dlpack(tensor: Tensor) -> Any:
    """The tensor as a DLPack capsule, see `Tensor.__dlpack__`."""
    return __dlpack__(tensor)


def __array_priority__(input: Tensor) -> int:
    """NumPy leaves operators with a tensor to the tensor: `np.float64(2) * x` is a tensor of `x`'s dtype."""
    return 1000


def __array_wrap__(input: Tensor, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Tensor:
    """What NumPy's functions of a tensor return, as in `np.exp(x)`: a tensor, of uint8 for truth values."""
    return from_numpy(array.astype(np.uint8) if array.dtype == bool else array)


ROWS = (
    Row("__array_priority__", __array_priority__, function=False, attribute=True),
    Row("__array_wrap__", __array_wrap__, function=False),
    Row("__dlpack__", __dlpack__, function=False),
    Row("__dlpack_device__", __dlpack_device__, function=False),
    Row("from_dlpack", from_dlpack, method=False),
    Row("to_dlpack", to_dlpack, method=False),
    Row("frombuffer", frombuffer, method=False),
)
