"""Leaving the tensor world: Python numbers, NumPy and JAX arrays, other dtypes and devices, and text.

These look at values, so they are where a trace is run.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from funcgrad.torch._destination import destination
from funcgrad.torch._dispatch import apply, edge_of, value_of
from funcgrad.torch._grad_mode import state
from funcgrad.torch._graph import Edge
from funcgrad.torch._memory_format import preserve_format
from funcgrad.torch._ops.copying import CLONE, to_device, to_dtype
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._order import formatted, lies_by
from funcgrad.torch._overriding import is_ours
from funcgrad.torch._printing import shape_text, tensor_text
from funcgrad.torch._sharing import shared_array
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import (
    CONTAINS_ONLY,
    FLOAT_OF_MANY,
    ITEM_OF_MANY,
    NUMPY_OF_META,
    NUMPY_REQUIRES_GRAD,
    SCALAR_OF_GRAPH,
    TRUTH_OF_MANY,
    TRUTH_OF_NONE,
)
from funcgrad.torch._types import (
    CPU,
    bfloat16,
    bool_,
    check_device,
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    uint8,
)  # fmt: skip
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import array_of


def host_array(x: Tensor, cause: str) -> np.ndarray:
    """The tensor's values as a NumPy array that must not be written to."""
    return np.asarray(array_of(value_of(x), cause))


def _element(x: Tensor, cause: str) -> Any:
    """The one element of a tensor, as a Python number."""
    if x.is_meta:
        raise RuntimeError("Tensor.item() cannot be called on meta tensors")
    return host_array(x, cause).item()


def item(input: Tensor) -> Any:
    """The value of a tensor of one element, as a Python number."""
    if input._aval.size != 1:
        raise RuntimeError(ITEM_OF_MANY.format(input._aval.size))
    return _element(input, "item")


def tolist(input: Tensor) -> Any:
    """The values as nested lists of Python numbers."""
    return host_array(input, "tolist").tolist()


def numpy(input: Tensor, *, force: bool = False) -> np.ndarray:
    """The tensor's memory as a NumPy array; of more than 64 KiB it is read-only.

    Raises:
        RuntimeError: The tensor requires grad, and graphs are being made.
        TypeError: The tensor has no data.
    """
    if input.requires_grad and state.grad and not force:
        raise RuntimeError(NUMPY_REQUIRES_GRAD)
    if input.is_meta:
        raise TypeError(NUMPY_OF_META)
    return shared_array(input)


def __array__(input: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """NumPy's protocol: `np.asarray(tensor)`."""
    array = numpy(input)
    if dtype is not None and array.dtype != dtype:
        return array.astype(dtype)
    return array.copy() if copy else array


def __jax_array__(input: Tensor) -> jax.Array:
    """JAX's protocol: `jnp.asarray(tensor)`."""
    if input.requires_grad:
        raise RuntimeError(NUMPY_REQUIRES_GRAD)
    value = value_of(input)
    array = array_of(value, "jax")
    value.exported = True
    return jax.numpy.asarray(array)


def __bool__(input: Tensor) -> bool:
    """Truth of a tensor of one element."""
    if input._aval.size != 1:
        raise RuntimeError(TRUTH_OF_MANY if input._aval.size else TRUTH_OF_NONE)
    return bool(_element(input, "bool"))


def _number(kind: type) -> Any:
    def convert(input: Tensor) -> Any:
        if input._aval.size != 1:
            raise ValueError(FLOAT_OF_MANY)
        if kind is not int and input.requires_grad and state.grad:
            warn_once(SCALAR_OF_GRAPH)
        return kind(_element(input, kind.__name__))

    return convert


def __index__(input: Tensor) -> int:
    """An integer tensor of one element as an index."""
    if input._aval.size != 1 or input._aval.dtype.kind not in "biu":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(_element(input, "index"))


def __len__(input: Tensor) -> int:
    """Length of the first dimension."""
    if not input._aval.shape:
        raise TypeError("len() of a 0-d tensor")
    return input._aval.shape[0]


def __contains__(input: Tensor, element: Any) -> bool:
    """Whether an element equals the given value.

    Raises:
        RuntimeError: It is neither a tensor nor a number.
    """
    if not isinstance(element, (Tensor, int, float, complex)):
        raise RuntimeError(CONTAINS_ONLY.format(kind=type(element)))
    return bool(
        (host_array(input, "in") == (host_array(element, "in") if isinstance(element, Tensor) else element)).any()
    )


def __format__(input: Tensor, spec: str) -> str:
    """A 0-dimensional tensor formats as its number; a parameter is written as it is printed."""
    is_number = input.ndim == 0 and type(input) is Tensor and not input.is_meta
    return format(item(input), spec) if is_number else object.__format__(input, spec)


def __repr__(input: Tensor) -> str:
    """PyTorch's text for the tensor."""
    edge = edge_of(input)
    node = edge.node if isinstance(edge, Edge) else None
    options: dict[str, Any] = {
        "dtype_name": repr(input.dtype),
        "default_dtype_name": repr(get_default_dtype()),
        "grad_fn_name": None if node is None else node.label().rsplit("::", 1)[-1],
        "requires_grad": input.requires_grad,
    }
    if input.is_meta:
        return shape_text(input._aval.shape, **options)
    is_plain = is_ours(type(input))
    prefix = "tensor(" if is_plain else f"{type(input).__name__}("
    text = tensor_text(host_array(input, "print"), prefix=prefix, **options)
    is_parameter = "_is_param" in input.__dict__ or hasattr(type(input), "_is_parameter")
    return f"Parameter({text})" if is_parameter and not is_plain else text


def to(input: Tensor, *args: Any, **keywords: Any) -> Tensor:
    """The tensor in another dtype or on another device; itself if nothing changes and no copy is asked for."""
    place, wanted, _, format, copy = destination(*args, **keywords)
    made = input if place is None else to_device(input, place)
    made = made if wanted is None else to_dtype(made, wanted)
    if made is input and (copy or not (format in (None, preserve_format) or lies_by(input, format))):
        made = apply(CLONE, (), made)
    return formatted(made, format) if made is not input else made


def _caster(wanted: dtype) -> Any:
    return lambda input, memory_format=None: to_dtype(input, wanted)


def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, or the tensor as another type."""
    if dtype is None:
        return f"torch.{input.dtype.legacy}"
    if isinstance(dtype, str):
        found = [
            d
            for d in (float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool_)
            if f"torch.{d.legacy}" == dtype
        ]
        if not found:
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = found[0]
    return to_dtype(input, _dtype_of_class(dtype) if isinstance(dtype, type) else dtype)


def _dtype_of_class(given: Any) -> Any:
    """The dtype that `torch.FloatTensor` and its kin name; `torch.Tensor` names the default one."""
    if given is Tensor:
        return get_default_dtype()
    check_device("cuda" if getattr(given, "is_cuda", False) is True else None)
    return getattr(given, "dtype", given)


def is_nonzero(input: Tensor) -> bool:
    """Truth of a tensor of one element."""
    return __bool__(input)


def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor on the CPU: itself, if it has data."""
    return to_device(input, CPU)


def cuda(input: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """Refused, as in a PyTorch without CUDA.

    Raises:
        AssertionError: Always.
    """
    raise AssertionError("Torch not compiled with CUDA enabled")


_CASTS = {
    "double": float64, "float": float32, "half": float16, "bfloat16": bfloat16, "long": int64, "int": int32,
    "short": int16, "char": int8, "byte": uint8, "bool": bool_, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip

METHODS = {
    "item": item,
    "tolist": tolist,
    "numpy": numpy,
    "to": to,
    "type": type_,
    "cpu": cpu,
    "cuda": cuda,
    "__array__": __array__,
    "__jax_array__": __jax_array__,
    "__bool__": __bool__,
    "__float__": _number(float),
    "__int__": _number(int),
    "__complex__": _number(complex),
    "__index__": __index__,
    "__len__": __len__,
    "__contains__": __contains__,
    "__format__": __format__,
    "__repr__": __repr__,
    **{name: _caster(wanted) for name, wanted in _CASTS.items()},
}
ROWS = (Row("is_nonzero", is_nonzero), *(Row(name, call, function=False) for name, call in METHODS.items()))
