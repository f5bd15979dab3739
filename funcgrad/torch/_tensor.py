"""Tensor: a view of a storage, with its own gradient state.

What a tensor *is* stands here (value, aliasing, requires_grad, grad); what can be *done* with it is attached from
the operator tables in `_ops/`, and recording in `_dispatch.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funcgrad.errors import warn
from funcgrad.torch._attributes import Attributes, TensorBase, whole
from funcgrad.torch._graph import LEAF
from funcgrad.torch._listening import listeners
from funcgrad.torch._storage import Storage
from funcgrad.torch._texts import (
    CHANGE_NON_LEAF,
    DETACH_ADVICE,
    GRAD_OF_ITSELF,
    GRAD_OF_NON_LEAF,
    ONLY_FLOATS_REQUIRE_GRAD_ATTRIBUTE,
    WRONG_GRAD_DEVICE,
    WRONG_GRAD_DTYPE,
    WRONG_GRAD_SIZE,
)
from funcgrad.torch._types import CPU, META, Size, device, dtype, dtype_of
from funcgrad.trace import WITHOUT_DATA, Value, is_differentiable

C_NAMES = {
    "float64": "double",
    "float32": "float",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "int64": "long int",
    "int32": "int",
    "int16": "short int",
    "int8": "signed char",
    "uint8": "unsigned char",
    "bool": "bool",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}
"""PyTorch's C++ names for dtypes, in the texts of some errors."""

OWN_DTYPE = object()
"""Stands for the tensor's own dtype."""


class Tensor(TensorBase):
    """PyTorch's tensor, recorded and run by JAX."""

    # Most tensors keep these defaults; only what differs is stored on the instance.
    _storage: Storage
    _edge: Any = None  # None, LEAF, or the Edge to the node that made it: what `requires_grad` means
    _grad: Tensor | None = None
    _base: Tensor | None = None  # the tensor this one is a view of
    _chain: tuple[Any, ...] = ()  # the view operators that lead from the base here
    _value: Value | None = None  # a view's own value...
    _seen: Value | None = None  # ...which holds while the storage still has this one
    _origin: str = ""  # why a view must not be written to, see `_in_place.py`
    _turned: bool = False  # whether its elements may lie in another order than that of their indices, see `_order.py`
    _writes: list[int] | None = None  # made by `.data`: writes through it are counted here, and not for autograd
    _retains: bool = False
    _hooks: Any = None
    _inference: bool = False
    _grad_dtype: Any = OWN_DTYPE

    if TYPE_CHECKING:
        # What the operator tables attach.
        def __getattr__(self, name: str) -> Any: ...

        __add__: Any
        __radd__: Any
        __sub__: Any
        __rsub__: Any
        __mul__: Any
        __rmul__: Any
        __truediv__: Any
        __rtruediv__: Any
        __floordiv__: Any
        __mod__: Any
        __pow__: Any
        __rpow__: Any
        __matmul__: Any
        __neg__: Any
        __abs__: Any
        __invert__: Any
        __and__: Any
        __or__: Any
        __eq__: Any
        __ne__: Any
        __lt__: Any
        __le__: Any
        __gt__: Any
        __ge__: Any
        __getitem__: Any
        __setitem__: Any
        __iter__: Any
        __len__: Any

    @property
    def __dict__(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What users have set on the tensor."""
        return Attributes(whole(self), Tensor.__annotations__)

    @__dict__.setter
    def __dict__(self, attributes: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        if not isinstance(attributes, dict | Attributes):
            raise TypeError(f"__dict__ must be set to a dictionary, not a '{type(attributes).__name__}'")
        given = dict(attributes)  # perhaps its own ones
        self.__dict__.clear()
        self.__dict__.update(given)

    def __dir__(self) -> list[str]:
        return sorted({*dir(type(self)), *self.__dict__})

    @property
    def _aval(self) -> Any:
        return self._storage.aval if self._value is None else self._value.aval

    @property
    def shape(self) -> Size:
        """Length of each dimension."""
        return Size(self._aval.shape)

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self._aval.shape)

    @property
    def dtype(self) -> dtype:
        """Type of the elements."""
        return dtype_of(self._aval.dtype)

    @property
    def device(self) -> device:
        """Where the tensor lives."""
        return META if self.is_meta else CPU

    @property
    def is_meta(self) -> bool:
        """Whether the tensor has a shape and a dtype and no data."""
        return self._storage.value.trace is WITHOUT_DATA

    @property
    def is_cpu(self) -> bool:
        """Whether the tensor lives on the processor."""
        return not self.is_meta

    @property
    def layout(self) -> Any:
        """Memory layout: always dense."""
        return strided

    @property
    def is_cuda(self) -> bool:
        """Whether the tensor lives on a GPU."""
        return False

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self._aval.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._aval.size * self.itemsize

    is_sparse = is_sparse_csr = is_mkldnn = is_nested = is_quantized = False
    is_mps = is_xla = is_ipu = is_mtia = is_maia = is_vulkan = False
    name = None  # what a named parameter is called is known to its module

    @property
    def requires_grad(self) -> bool:
        """Whether a backward pass reaches this tensor."""
        if self._edge is not None:
            return True
        return self._base is not None and self._base._edge is not None  # also of a view made without grad mode

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        if not self.is_leaf:
            raise RuntimeError(CHANGE_NON_LEAF + ("" if flag else DETACH_ADVICE))
        if flag and not is_differentiable(self._aval):
            raise RuntimeError(ONLY_FLOATS_REQUIRE_GRAD_ATTRIBUTE)
        if flag and self._inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._edge = LEAF if flag else None

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operator made this tensor."""
        return self._edge is LEAF or self.grad_fn is None

    @property
    def grad(self) -> Tensor | None:
        """The accumulated gradient, or None before the first backward pass that reaches this tensor."""
        if self._grad is None and not self.is_leaf and not self._retains:
            warn(GRAD_OF_NON_LEAF)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            self._check_grad(value)
        if listeners:
            for listener in listeners:
                listener.assigns(self, value)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        if listeners:
            for listener in listeners:
                listener.assigns(self, None)
        self._grad = None

    def _check_grad(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value is self:
            raise RuntimeError(GRAD_OF_ITSELF)
        if value._aval.shape != self._aval.shape:
            raise RuntimeError(WRONG_GRAD_SIZE.format(list(value.shape), list(self.shape)))
        wanted = self.dtype if self._grad_dtype is OWN_DTYPE else self._grad_dtype
        if wanted is not None and value.dtype != wanted:
            raise RuntimeError(WRONG_GRAD_DTYPE.format(C_NAMES[value.dtype.name], wanted.scalar))
        if value.is_meta != self.is_meta:
            raise RuntimeError(WRONG_GRAD_DEVICE.format(value.device, self.device))

    @property
    def grad_dtype(self) -> dtype | None:
        """The dtype that an assigned gradient must have: the tensor's own unless set; None allows any."""
        if not self.is_leaf:
            raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
        return self.dtype if self._grad_dtype is OWN_DTYPE else self._grad_dtype

    @grad_dtype.setter
    def grad_dtype(self, wanted: dtype | None) -> None:
        self._grad_dtype = wanted

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this non-leaf tensor."""
        return self._retains

    @property
    def output_nr(self) -> int:
        """Which result of its node this tensor is."""
        return 0 if self._edge is None or self._edge is LEAF else self._edge.number

    @property
    def _version(self) -> int:
        return self._storage.version if self._writes is None else self._writes[0]

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference mode."""
        return self._inference

    def __hash__(self) -> int:
        return id(self)


class layout:
    """How elements lie in memory; tensors here are `strided`, and the others are names to compare with.

    Args:
        name: As it prints after `torch.`.
    """

    def __init__(self, name: str = "strided") -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"


strided = layout()
sparse_csr, sparse_csc, sparse_bsr, sparse_bsc = (layout(f"sparse_{name}") for name in ("csr", "csc", "bsr", "bsc"))
_mkldnn = layout("_mkldnn")


def root_of(x: Any) -> Any:
    """The tensor that a view's chain starts from: its base, or what the base was before it was reshaped in place."""
    base = x._base
    return base if base._base is None else base._base


_new = object.__new__  # Tensor's own is the legacy constructor


def wrap(value: Value, edge: Any = None) -> Tensor:
    """A new tensor on a new storage."""
    tensor = _new(Tensor)
    tensor._storage = Storage(value)
    if edge is not None:
        tensor._edge = edge
    return tensor
