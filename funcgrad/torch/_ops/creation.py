"""Creation: new tensors from data, from numbers, and from the random streams."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._grad_mode import state
from funcgrad.torch._graph import LEAF
from funcgrad.torch._ops.copying import to_device, to_dtype
from funcgrad.torch._ops.dims import shape_of, sizes
from funcgrad.torch._ops.ramp_checks import checked_length, checked_length_with_end, checked_steps
from funcgrad.torch._ops.rows import Row, factory, named, require_tensor
from funcgrad.torch._order import arrange, arrange_like, formatted
from funcgrad.torch._sharing import share
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._texts import (
    COPY_OF_TENSOR,
    INFERRED_COMPLEX,
    LIST_OF_ARRAYS,
    NEGATIVE_STRIDE,
    ONLY_FLOATS_REQUIRE_GRAD,
    READ_ONLY_ARRAY,
    SCALAR_OF_GRAPH,
)
from funcgrad.torch._types import (
    CPU,
    META,
    as_dtype,
    check_device,
    default_for,
    dtype_of,
    get_default_dtype,
    on_meta,
    plain_number,
)
from funcgrad.torch._warn_once import warn_once
from funcgrad.trace import Number, Op, constant


def _full(value: Number, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return jnp.full(shape, value.value.astype(dtype))


FULL = Op("full", _full)
FILLED = Op("filled", lambda *, shape, dtype, number: jnp.full(shape, number, dtype))
ARANGE = Op("arange", lambda start, step, *, length, dtype: _ramp(start, step, length, dtype))
LINSPACE = Op("linspace", lambda start, end, *, steps, dtype: _even(start.value, end.value, steps, dtype))
LOGSPACE = Op(
    "logspace",
    lambda start, end, base, *, steps, dtype: (
        base.value ** _even(start.value, end.value, steps, np.result_type(start.value, np.float64))
    ).astype(dtype),
)
EYE = Op("eye", lambda *, rows, columns, dtype: jnp.eye(rows, columns, dtype=dtype))


def _ramp(start: Number, step: Number, length: int, dtype: np.dtype[Any]) -> Any:
    wide = np.float64 if float in (start.kind, step.kind) else np.int64
    values = start.value.astype(wide) + step.value.astype(wide) * jnp.arange(length, dtype=wide)
    return values.astype(dtype)


def _even(start: Any, end: Any, steps: int, dtype: np.dtype[Any]) -> Any:
    # PyTorch counts from both ends towards the middle, in the dtype of the result.
    if steps == 1:
        return start.astype(dtype)[None]
    if jnp.issubdtype(dtype, np.integer):
        step = ((end - start) / (steps - 1)).astype(np.float32)
        i = jnp.arange(steps)
        up, down = start.astype(np.float32) + step * i, end.astype(np.float32) - step * (steps - 1 - i)
        return jnp.where(i < steps // 2, up, down).astype(dtype)
    start, end = start.astype(dtype), end.astype(dtype)
    step = (end - start) / (steps - 1)
    if jnp.issubdtype(dtype, np.complexfloating):
        real, imaginary = ([part(x) for x in (start, end, step)] for part in (jnp.real, jnp.imag))
        return jax.lax.complex(_from_both_ends(*real, steps=steps), _from_both_ends(*imaginary, steps=steps))
    return _from_both_ends(start, end, step, steps=steps)


def _from_both_ends(start: Any, end: Any, step: Any, *, steps: int) -> Any:
    i, dtype = jnp.arange(steps), start.dtype
    start, end, step = (x.astype(np.float64) for x in (start, end, step))
    return jnp.where(i < steps // 2, _fused(step, i, start), _fused(-step, i[::-1], end)).astype(dtype)


def _fused(a: Any, n: Any, b: Any) -> Any:
    """`a * n + b` of float64 as if multiplication and addition were one; `n` has at most 26 bits."""
    scaled = a * (2.0**27 + 1)
    high = scaled - (scaled - a)
    product, rest = high * n, (a - high) * n  # exact, both of them
    total = product + b
    added = total - product
    return total + ((product - (total - added)) + (b - added) + rest)


def leaf(x: Tensor, requires_grad: bool, dtype: Any = None, device: Any = None) -> Tensor:
    """Finish a new tensor as its keywords ask."""
    check_device(device)
    if dtype is not None:
        x = to_dtype(x, dtype)
    if on_meta(device):
        x = to_device(x, META)
    if requires_grad:
        if not (x.dtype.is_floating_point or x.dtype.is_complex):
            raise RuntimeError(ONLY_FLOATS_REQUIRE_GRAD)
        x._edge = LEAF
    return x


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new tensor with a copy of the data.

    Args:
        data: A number, nested sequences, a NumPy or JAX array, a tensor.
        dtype: The result's; by default that of arrays, int64 for integers, the default dtype for floats.
        device: `cpu` or None.
        requires_grad: Whether the tensor is a leaf that collects a gradient.
        pin_memory: Without effect.

    Raises:
        ValueError: Nested sequences of unequal length.
        TypeError: The data cannot be a tensor.
    """
    if isinstance(data, Tensor):
        warn(COPY_OF_TENSOR)
    return copied(data, dtype, device, requires_grad)


def copied(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """`tensor`, which says nothing if it is given a tensor."""
    made = wrap(value_of(data) if isinstance(data, Tensor) else constant(_host_array(data, dtype)))
    if isinstance(data, np.ndarray) and not data.flags.c_contiguous:
        arrange(made, _order_in_memory(data))
    return leaf(made, requires_grad, dtype, device)


def _order_in_memory(array: np.ndarray) -> tuple[int, ...] | None:
    """The dimensions of an array as they lie, where they are those of a whole memory in another order."""
    order = tuple(np.argsort([-stride for stride in array.strides], kind="stable").tolist())
    return order if array.transpose(order).flags.c_contiguous else None


def _host_array(data: Any, dtype: Any) -> np.ndarray:
    """A fresh NumPy array of the data, in the dtype PyTorch gives it."""
    if isinstance(data, np.ndarray | np.generic):
        dtype_of(data.dtype)  # refuses what PyTorch has no dtype for
        if any(stride < 0 for stride in data.strides):
            raise ValueError(NEGATIVE_STRIDE)
        return np.array(data, order="C")
    if isinstance(data, jax.Array):
        return np.array(data)
    if isinstance(data, list | tuple) and data and isinstance(data[0], np.ndarray):
        warn_once(LIST_OF_ARRAYS)
    shape = _nested_shape(data, 0)
    flat: list[Any] = []
    kinds: set[Any] = set()
    _flatten(data, shape, 0, flat, kinds)
    wanted = _promoted(kinds) if dtype is None else as_dtype(dtype).numpy
    if float in map(type, flat) and wanted.kind in "iu":
        return np.array(flat, np.float64).astype(wanted).reshape(shape)
    return np.array(flat, wanted).reshape(shape)


def _nested_shape(data: Any, depth: int) -> tuple[int, ...]:
    if isinstance(data, np.ndarray):
        return tuple(data.shape)
    if depth and isinstance(data, str) and data:
        raise ValueError("too many dimensions 'str'")  # each part of a text is a text again
    if isinstance(data, str | bytes | dict | set | Tensor) or not isinstance(data, Sequence):
        return ()
    return (len(data), *(_nested_shape(data[0], depth + 1) if len(data) else ()))


def _flatten(data: Any, shape: tuple[int, ...], depth: int, into: list[Any], kinds: set[Any]) -> None:
    """The numbers in nested sequences, and their kinds: types of Python's, NumPy dtypes of others."""
    if isinstance(data, Tensor):
        if data.requires_grad and state.grad:
            warn_once(SCALAR_OF_GRAPH)
        kinds.add(data._aval.dtype)
        into.append(_single(data))
        return
    if isinstance(data, np.ndarray | np.generic):
        kinds.add(data.dtype)
        _flatten(data.tolist(), shape, depth, into, set())
        return
    if depth == len(shape):
        if not isinstance(data, bool | int | float | complex):
            _refuse(data, into)
        kinds.add(type(data))
        into.append(data)
        return
    if isinstance(data, str) or not isinstance(data, Sequence):
        raise TypeError(
            f"not a sequence: {data!r} at dim {depth}, where a sequence of length {shape[depth]} was expected"
        )
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    for item in data:
        _flatten(item, shape, depth + 1, into, kinds)


def _single(x: Tensor) -> Any:
    if x.numel() != 1:  # pyright: ignore[reportAttributeAccessIssue]
        raise ValueError("only one element tensors can be converted to Python scalars")
    return x.item()  # pyright: ignore[reportAttributeAccessIssue]


def _refuse(data: Any, before: list[Any]) -> None:
    if isinstance(data, Sequence) and not isinstance(data, str):
        is_float = float in map(type, before)
        text = "must be real number, not list" if is_float else "'list' object cannot be interpreted as an integer"
        raise TypeError(text)
    if isinstance(data, str):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def _promoted(kinds: set[Any]) -> np.dtype[Any]:
    """The dtype that holds numbers of all kinds; the default one for none."""
    return np.dtype(functools.reduce(jnp.promote_types, map(_dtype_for, kinds or {float})))


def _dtype_for(kind: Any) -> np.dtype[Any]:
    if isinstance(kind, np.dtype):
        return dtype_of(kind).numpy
    return default_for(next(known for known in (bool, int, float, complex) if issubclass(kind, known))).numpy


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The data as a tensor; a tensor that fits already is returned as it is."""
    if isinstance(data, np.ndarray) and data.dtype == (data.dtype if dtype is None else as_dtype(dtype).numpy):
        return leaf(from_numpy(data), False, None, device)
    if not isinstance(data, Tensor):
        return tensor(data, dtype=dtype, device=device)
    check_device(device)
    data = data if dtype is None else to_dtype(data, dtype)
    return data if device is None else to_device(data, device)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor on the array's memory: both see what either writes.

    Of an array of more than 64 KiB the tensor sees no later changes.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    if not array.flags.writeable:
        warn_once(READ_ONLY_ARRAY)
    made = tensor(array, device=CPU)
    share(made._storage, array)
    return made


def _filled(name: str, number: int) -> Any:
    def create(
        *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any
    ) -> Tensor:
        wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
        return leaf(apply(FULL, (shape_of(size, ignored, name), wanted.numpy), number), requires_grad, None, device)

    create.__name__ = create.__qualname__ = name
    return create


zeros, ones, empty = _filled("zeros", 0), _filled("ones", 1), _filled("empty", 0)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one value."""
    number = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    if not isinstance(number, bool | int | float | complex | np.generic):
        raise TypeError(f"full(): argument 'fill_value' (position 2) must be Number, not {type(number).__name__}")
    number = plain_number(number)
    wanted = default_for(type(number)) if dtype is None else as_dtype(dtype)
    return leaf(apply(FULL, (sizes((size,), "full"), wanted.numpy), number), requires_grad, None, device)


def like(name: str, create: Any) -> Any:
    """A function that creates a tensor, given a tensor of that shape and dtype in the place of the shape."""

    def create_like(
        input: Tensor, *args: Any, dtype: Any = None, requires_grad: bool = False, **keywords: Any
    ) -> Tensor:
        require_tensor(input, name)
        format = keywords.pop("memory_format", None)
        if input.is_meta and keywords.get("device") is None:
            keywords["device"] = input.device
        made = create(input.shape, *args, dtype=dtype or input.dtype, requires_grad=requires_grad, **keywords)
        return formatted(made, format) if format else arrange_like(made, input)

    return named(create_like, name)


def _new(create: Any) -> Any:
    """The method that creates a tensor of the dtype of another."""

    def new(input: Tensor, *args: Any, dtype: Any = None, **keywords: Any) -> Tensor:
        if input.is_meta and keywords.get("device") is None:
            keywords["device"] = input.device
        return create(*args, dtype=dtype or input.dtype, **keywords)

    return new


def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from `start` up to, not including, `end`; with one argument from 0 up to it."""
    given = (0, start, step) if end is None else (0 if start is None else start, end, step)
    start, end, step = [plain_number(x.item() if isinstance(x, Tensor) else x) for x in given]
    kind = float if float in (type(start), type(end), type(step)) else int
    wanted = default_for(kind) if dtype is None else as_dtype(dtype)
    length = checked_length(start, end, step, wanted.numpy)
    if wanted.numpy.kind in "iu":
        start, step = int(start), int(step)
    return leaf(apply(ARANGE, (length, wanted.numpy), start, step), requires_grad, None, device)


RANGE_DEPRECATED = (
    "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
    "Python's range builtin. Instead, use torch.arange, which produces values in [start, end)."
)


def range(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from `start` up to `end`, which is included: the deprecated form of `arange`."""
    warn(RANGE_DEPRECATED)
    start, end = (0, start) if end is None else (start, end)
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    length = checked_length_with_end(start, end, step)
    return leaf(apply(ARANGE, (length, wanted.numpy), float(start), float(step)), requires_grad, None, device)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` evenly spaced numbers from `start` to `end`, both included."""
    steps = checked_steps("linspace", start, end, steps)
    wanted, ends = _of_ends("linspace", dtype, start, end)
    return leaf(apply(LINSPACE, (steps, wanted.numpy), *ends), requires_grad, None, device)


def _of_ends(name: str, given: Any, *ends: Any) -> tuple[Any, list[float] | list[complex]]:
    """The dtype of numbers between two ends, and the ends: complex if one of them is.

    Raises:
        RuntimeError: An end is complex, and the dtype that is asked for is not.
    """
    numbers = [x.item() if isinstance(x, Tensor) else x for x in ends]
    wanted = get_default_dtype() if given is None else as_dtype(given)
    if not any(isinstance(x, (complex, np.complexfloating)) for x in numbers):
        return wanted, [float(x) for x in numbers]
    if given is None:
        wanted = default_for(complex)
    elif not wanted.is_complex:
        raise RuntimeError(INFERRED_COMPLEX.format(name, get_default_dtype().scalar.lower(), wanted.scalar))
    return wanted, [complex(x) for x in numbers]


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` powers of `base` with evenly spaced exponents from `start` to `end`."""
    steps = checked_steps("logspace", start, end, steps)
    wanted, ends = _of_ends("logspace", dtype, start, end)
    made = apply(LOGSPACE, (steps, wanted.numpy), *ends, float(base))
    return leaf(made, requires_grad, None, device)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix."""
    if n < 0:
        raise RuntimeError(f"n must be greater or equal to 0, got {n}")
    if m is not None and m < 0:
        raise RuntimeError(f"m must be greater or equal to 0, got {m}")
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    return leaf(apply(EYE, (n, n if m is None else m, wanted.numpy)), requires_grad, None, device)


NEW = {
    "new_tensor": _new(tensor),
    "new_zeros": _new(zeros),
    "new_ones": _new(ones),
    "new_empty": _new(empty),
    "new_full": _new(full),
}
ROWS = (
    Row("tensor", tensor, method=False),
    Row("as_tensor", as_tensor, method=False),
    Row("from_numpy", from_numpy, method=False),
    factory("zeros", zeros),
    factory("ones", ones),
    factory("empty", empty),
    factory("full", full),
    factory("zeros_like", like("zeros_like", zeros)),
    factory("ones_like", like("ones_like", ones)),
    factory("empty_like", like("empty_like", empty)),
    factory("full_like", like("full_like", full)),
    factory("arange", arange),
    factory("linspace", linspace),
    factory("range", range),
    factory("logspace", logspace),
    factory("eye", eye),
    *(Row(name, call, function=False) for name, call in NEW.items()),
)
