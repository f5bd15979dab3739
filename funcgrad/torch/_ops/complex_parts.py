"""Complex numbers: their parts, their conjugates, and pairs of real numbers that stand for them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.lib.stride_tricks import as_strided

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.torch._dispatch import apply, view
from funcgrad.torch._layout import in_other_elements, is_layout, offset_of, strides_of
from funcgrad.torch._ops.promotion import scalar_name, to_float
from funcgrad.torch._ops.rows import Row, require_tensor
from funcgrad.torch._ops.shape import matrix_transpose
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._views import ViewOp
from funcgrad.trace import Op

NONE: Any = {0: ()}
EXPANDED = "writing to the real or imaginary parts of memory that an expanded tensor looks at"
_HALVES = (np.float16, np.float32, np.float64)


def _paired(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of two real arrays of one dtype; others are refused in PyTorch's words."""

    def call(x: Any, y: Any) -> Any:
        for dtype in (x.dtype, y.dtype):
            if dtype not in _HALVES:
                raise RuntimeError(
                    "Expected both inputs to be Half, Float or Double tensors but got "
                    f"{scalar_name(x.dtype)} and {scalar_name(y.dtype)}"
                )
        if x.dtype != y.dtype:
            raise RuntimeError(
                f"Expected object of scalar type {scalar_name(x.dtype)} but got scalar type {scalar_name(y.dtype)} for "
                "second argument"
            )
        return function(*jnp.broadcast_arrays(x, y))

    return call


def _angle(x: Any) -> Any:
    if jnp.iscomplexobj(x):
        return jnp.angle(x)
    return jnp.where(jnp.isnan(x), x, jnp.where(x < 0, jnp.asarray(np.pi, x.dtype), 0))


def _view_as_complex(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return _numpy_as_complex(x)
    if x.dtype not in _HALVES:
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{scalar_name(x.dtype)}"
        )
    if x.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    return jax.lax.complex(x[..., 0], x[..., 1])


def _view_as_real(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return _numpy_as_real(x)
    if not jnp.iscomplexobj(x):
        _refuse_positions(x)
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return jnp.stack([x.real, x.imag], -1)


def _real(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return _numpy_as_real(x)[..., 0]
    _refuse_positions(x)
    return x.real


def _imag(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return _numpy_as_real(x)[..., 1]
    if not jnp.iscomplexobj(x):
        _refuse_positions(x)
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return x.imag


def _refuse_positions(x: Any) -> None:
    if x.dtype.kind in "iu":  # positions of elements, which have no parts
        raise UnsupportedError(unsupported(EXPANDED, "Call contiguous() first."))


def _numpy_as_real(x: np.ndarray) -> np.ndarray:
    if is_layout(x):
        return in_other_elements(x, (*x.shape, 2), (*(step * 2 for step in x.strides), x.itemsize), 2)
    half = x.itemsize // 2
    return as_strided(np.real(x), (*x.shape, 2), (*x.strides, half))


def _numpy_as_complex(x: np.ndarray) -> np.ndarray:
    if is_layout(x):
        return in_other_elements(x, x.shape[:-1], [step // 2 for step in x.strides[:-1]], Fraction(1, 2))
    return x.view(f"c{2 * x.itemsize}")[..., 0]


def _joined(pairs: Any) -> Any:
    return jax.lax.complex(pairs[..., 0], pairs[..., 1])


REAL = ViewOp("real", _real, inverse=lambda base, new: jax.lax.complex(new, base.imag), label="Select")
IMAG = ViewOp("imag", _imag, inverse=lambda base, new: jax.lax.complex(base.real, new), label="Select")
CONJ = Op("conj", jnp.conj, saves=NONE)
ANGLE = Op("angle", to_float(_angle))
COMPLEX = Op("complex", _paired(jax.lax.complex), saves={0: (), 1: ()})
POLAR = Op("polar", _paired(lambda r, t: jax.lax.complex(r * jnp.cos(t), r * jnp.sin(t))))
VIEW_AS_COMPLEX = ViewOp("view_as_complex", _view_as_complex, inverse=lambda base, new: _view_as_real(new))
VIEW_AS_REAL = ViewOp("view_as_real", _view_as_real, inverse=lambda base, new: _joined(new))


def real(input: Tensor) -> Tensor:
    """The real part, on the memory of the tensor; a real tensor is its own."""
    return view(REAL, (), input) if input.dtype.is_complex else input


def imag(input: Tensor) -> Tensor:
    """The imaginary part of a complex tensor, on its memory."""
    return view(IMAG, (), input)


def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor is its own."""
    return apply(CONJ, (), input) if input.dtype.is_complex else input


def angle(input: Tensor) -> Tensor:
    """The angle to the positive real axis."""
    return apply(ANGLE, (), input)


def _assigned(part: Callable[[Tensor], Tensor]) -> Callable[..., None]:
    """What `tensor.real = value` does."""

    def assign(input: Tensor, value: Any) -> None:
        part(input).copy_(value)  # pyright: ignore[reportAttributeAccessIssue]

    return assign


def view_as_complex(input: Tensor) -> Tensor:
    """Complex numbers on the memory of pairs of real ones along the last dimension.

    Raises:
        RuntimeError: The pairs do not lie side by side in memory.
    """
    if not input.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    *steps, last = strides_of(input)
    if input.shape[-1] == 2 and last != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if input.shape[-1] == 2 and any(step % 2 for step in steps):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if offset_of(input) % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return view(VIEW_AS_COMPLEX, (), input)


def view_as_real(input: Tensor) -> Tensor:
    """Pairs of real numbers, along a new last dimension, on the memory of complex ones."""
    return view(VIEW_AS_REAL, (), input)


def complex_(real: Tensor, imag: Tensor) -> Tensor:
    """Complex numbers of these parts."""
    require_tensor(real, "complex", "real")
    require_tensor(imag, "complex", "imag", 2)
    return apply(COMPLEX, (), real, imag)


def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Complex numbers of these sizes and angles."""
    require_tensor(abs, "polar", "abs")
    require_tensor(angle, "polar", "angle", 2)
    return apply(POLAR, (), abs, angle)


def is_conj(input: Tensor) -> bool:
    """Whether the tensor is a conjugate still to be computed: never."""
    return False


def resolved(input: Tensor) -> Tensor:
    """The tensor itself: conjugates and negatives are computed at once."""
    return input


def adjoint(input: Tensor) -> Tensor:
    """Matrices transposed and conjugated."""
    return conj(matrix_transpose(input))


def conjugate_transpose(input: Tensor) -> Tensor:
    """A matrix transposed and conjugated."""
    if input.ndim not in (0, 2):
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {input.ndim}-D tensor.")
    return conj(input.t())


ROWS = (
    Row("real", real, method=False),
    Row("imag", imag, method=False),
    *(Row(call.__name__, call) for call in (conj, angle, is_conj)),
    Row("conj_physical", conj, inplace=True),
    Row("resolve_conj", resolved),
    Row("resolve_neg", resolved),
    Row("view_as_complex", view_as_complex, method=False),
    Row("view_as_real", view_as_real, method=False),
    Row("complex", complex_, method=False),
    Row("polar", polar, method=False),
)
ROWS += (
    Row("real", real, function=False, attribute=True, assign=_assigned(real)),
    Row("imag", imag, function=False, attribute=True, assign=_assigned(imag)),
    Row("H", conjugate_transpose, function=False, attribute=True),
    Row("adjoint", adjoint),
    Row("mH", adjoint, function=False, attribute=True),
)
