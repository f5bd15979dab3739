"""PyTorch's dtype, device and Size objects.

A dtype here is a name for a NumPy dtype; there is one object for each.
"""

from __future__ import annotations

import re
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import UnsupportedError
from funcgrad.trace import forget, set_meaning, synchronize


class dtype:
    """A PyTorch element type, for example `torch.float32`."""

    def __init__(self, name: str, numpy: Any, legacy: str, scalar: str) -> None:
        self.name = name
        self.numpy = np.dtype(numpy)
        self.legacy = legacy  # as in torch.FloatTensor
        self.scalar = scalar  # as in the texts of errors: "expected Float but got Long"

    @property
    def element(self) -> np.dtype[Any]:
        """What one element is made of, whether or not tensors hold it."""
        return self.numpy

    @property
    def is_floating_point(self) -> bool:
        return jnp.issubdtype(self.element, np.floating)

    @property
    def is_complex(self) -> bool:
        return jnp.issubdtype(self.element, np.complexfloating)

    @property
    def is_signed(self) -> bool:
        return self.element.kind not in "bu"

    @property
    def itemsize(self) -> int:
        return self.element.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return self.name


float64 = double = dtype("float64", np.float64, "DoubleTensor", "Double")
float32 = float_ = dtype("float32", np.float32, "FloatTensor", "Float")
float16 = half = dtype("float16", np.float16, "HalfTensor", "Half")
bfloat16 = dtype("bfloat16", jnp.bfloat16, "BFloat16Tensor", "BFloat16")
int64 = long = dtype("int64", np.int64, "LongTensor", "Long")
int32 = int_ = dtype("int32", np.int32, "IntTensor", "Int")
int16 = short = dtype("int16", np.int16, "ShortTensor", "Short")
int8 = dtype("int8", np.int8, "CharTensor", "Char")
uint8 = dtype("uint8", np.uint8, "ByteTensor", "Byte")
bool_ = dtype("bool", np.bool_, "BoolTensor", "Bool")
complex64 = cfloat = dtype("complex64", np.complex64, "ComplexFloatTensor", "ComplexFloat")
complex128 = cdouble = dtype("complex128", np.complex128, "ComplexDoubleTensor", "ComplexDouble")

DTYPES = (
    float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool_, complex64, complex128,
)  # fmt: skip
_BY_NUMPY = {d.numpy: d for d in DTYPES}
PYTHON_TYPES = {float: float32, int: int64, bool: bool_, complex: complex64}


def dtype_of(numpy_dtype: np.dtype[Any]) -> dtype:
    """The PyTorch dtype for a NumPy dtype.

    Raises:
        TypeError: PyTorch has no such dtype.
    """
    found = _BY_NUMPY.get(numpy_dtype)
    if found is None:
        names = ", ".join(d.name for d in DTYPES)
        raise TypeError(
            f"can't convert np.ndarray of type {numpy_dtype.type.__module__}.{numpy_dtype.type.__name__}. "
            f"The only supported types are: {names}."
        )
    return found


def as_dtype(given: Any) -> dtype:
    """A dtype from what PyTorch accepts as one: a dtype, or a Python type.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(given, dtype):
        return given
    if given in PYTHON_TYPES:
        return float64 if given is float else PYTHON_TYPES[given]
    raise TypeError(f"argument 'dtype' must be torch.dtype, not {type(given).__name__}")


class _Default:
    """The default floating-point dtype, as `torch.set_default_dtype` leaves it."""

    dtype = float32


def get_default_dtype() -> dtype:
    """The dtype of new floating-point tensors."""
    return _Default.dtype


def set_default_dtype(d: dtype) -> None:
    """Choose the dtype of new floating-point tensors.

    Raises:
        TypeError: `d` is not a floating-point dtype.
    """
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d}")
    if d is not _Default.dtype:
        synchronize("default dtype")
        set_meaning(d.numpy.name)
        forget()  # the dtypes of results were inferred for the old default
    _Default.dtype = d


def plain_number(x: Any) -> Any:
    """The Python number that a number of a subclass, as a member of an `IntEnum`, or of NumPy's stands for.

    NumPy's truth values are floats, as PyTorch has them.

    Raises:
        TypeError: It is no number.
    """
    if isinstance(x, np.bool_):
        return float(x)
    if isinstance(x, np.generic):
        return x.item()
    kinds: tuple[Any, ...] = (bool, int, float, complex)  # a truth value is an int too
    for kind in kinds:
        if isinstance(x, kind):
            return kind(x)
    raise TypeError(f"expected a number, but got {type(x).__name__}")


def default_for(kind: type) -> dtype:
    """The dtype that a Python number of this kind gets in a new tensor."""
    if kind is complex:
        return complex128 if _Default.dtype is float64 else complex64
    return _Default.dtype if kind is float else PYTHON_TYPES[kind]


class device:
    """Where a tensor lives: on JAX's default device, called `cpu`, or nowhere, on `meta`."""

    def __init__(self, type: Any, index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int) and not isinstance(type, bool):
            raise RuntimeError("Device index must not be negative" if type < 0 else NO_ACCELERATOR)
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {type_name(type)}")
        self.type, number = _parsed(type)
        self.index = _checked_index(type, number, index)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __enter__(self) -> device:
        """New tensors live here in this block.

        Raises:
            AssertionError: It is a GPU, as when PyTorch next makes a tensor there.
            UnsupportedError: It is of another kind.
        """
        check_device(self)
        _Devices.chosen = (*_Devices.chosen, self)
        return self

    def __exit__(self, *exception: object) -> None:
        """New tensors live where they did before."""
        _Devices.chosen = _Devices.chosen[:-1]

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"


_DEVICE_STRING = re.compile(r"([a-zA-Z_]+)(?::(0|[1-9][0-9]*))?")
_KINDS = (
    *("cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy"),
    *("vulkan", "mps", "meta", "hpu", "mtia", "privateuseone"),
)
NO_ACCELERATOR = "Cannot access accelerator device when none is available."


def _parsed(given: str) -> tuple[str, int | None]:
    """The kind that a device string names, and its number."""
    if not given:
        raise RuntimeError("Device string must not be empty")
    parts = _DEVICE_STRING.fullmatch(given)
    if parts is None:
        raise RuntimeError(f"Invalid device string: '{given}'")
    kind, number = parts.groups()
    if kind not in _KINDS:
        raise RuntimeError(f"Expected one of {', '.join(_KINDS)} device type at start of device string: {kind}")
    return kind, None if number is None else int(number)


def _checked_index(given: str, number: int | None, index: Any) -> int | None:
    """The index of a device: from its string, or passed beside it."""
    if index is None:
        return number
    if not isinstance(index, int) or isinstance(index, bool):
        raise TypeError(f"device(): argument 'index' (position 2) must be int, not {type_name(index)}")
    if number is not None:
        raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {given}")
    if index < 0:
        raise RuntimeError("Device index must not be negative")
    return index


def type_name(x: Any) -> str:
    """What the interpreter's own errors call an object's class: with its module where that is written in C."""
    kind = type(x)
    is_static = not kind.__flags__ & _HEAP_TYPE and kind.__module__ != "builtins"
    return f"{kind.__module__}.{kind.__name__}" if is_static else kind.__name__


_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE


CPU, META = device("cpu"), device("meta")


class _Devices:
    """Where new tensors live: on the last one."""

    chosen: tuple[device, ...] = (CPU,)


def default_device() -> device:
    """Where new tensors live that no `device=` places."""
    return _Devices.chosen[-1]


def choose_device(chosen: device) -> None:
    """Say where new tensors live, until a block says otherwise."""
    _Devices.chosen = (*_Devices.chosen[:-1], chosen)


def on_meta(given: Any) -> bool:
    """Whether a tensor that is to live on a device (None: the default one) has no data."""
    chosen = default_device() if given is None else given if isinstance(given, device) else device(given)
    return chosen.type == "meta"


def check_device(given: Any) -> None:
    """Accept None, the CPU and `meta`; anything else fails as it does in a PyTorch built without it.

    Raises:
        AssertionError: The device is a GPU.
        UnsupportedError: The device is of another kind.
    """
    if given is None or given is CPU or given == "cpu":
        return
    kind = device(given).type
    if kind == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled")
    if kind not in ("cpu", "meta"):
        raise UnsupportedError(
            f"device '{given}' is not available: tensors live on 'cpu'. Leave `device` out, or pass 'cpu'."
        )


class Size(tuple[int, ...]):
    """A tensor's shape: a tuple of integers."""

    __slots__ = ()

    def numel(self) -> int:
        """Number of elements of a tensor of this size."""
        return int(np.prod(self))

    def __getitem__(self, key: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        got = tuple.__getitem__(self, key)
        return Size(got) if isinstance(key, slice) else got

    def __add__(self, other: Any) -> Size:  # pyright: ignore[reportIncompatibleMethodOverride]
        return Size(tuple.__add__(self, tuple(other)))

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__
