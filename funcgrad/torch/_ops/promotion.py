"""Type promotion: PyTorch's rule for the dtype in which operands meet.

Python numbers and 0-dimensional tensors lift only the category (bool, integer, floating, complex) of the others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._types import default_for, dtype_of, get_default_dtype
from funcgrad.trace import Number

Function = Callable[..., Any]
HALVES = (np.dtype(np.float16), np.dtype(jnp.bfloat16))
SINGLE = np.dtype(np.float32)


def result_type(operands: Sequence[Any]) -> np.dtype[Any]:
    """The common dtype of arrays and numbers."""
    dimensioned = _joined([x.dtype for x in operands if not isinstance(x, Number) and x.ndim > 0])
    scalars = _joined([x.dtype for x in operands if not isinstance(x, Number) and x.ndim == 0])
    numbers = _joined([default_for(x.kind).numpy for x in operands if isinstance(x, Number)])
    result = _lifted(dimensioned, _lifted(scalars, numbers))
    assert result is not None
    return result


def type_of(operands: Sequence[Any]) -> np.dtype[Any]:
    """The common dtype of tensors and Python's numbers."""
    tensors = [x._aval for x in operands if hasattr(x, "_aval")]
    dimensioned = _joined([x.dtype for x in tensors if x.shape])
    scalars = _joined([x.dtype for x in tensors if not x.shape])
    numbers = _joined([default_for(type(x)).numpy for x in operands if not hasattr(x, "_aval")])
    result = _lifted(dimensioned, _lifted(scalars, numbers))
    assert result is not None
    return result


def _joined(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any] | None:
    return functools.reduce(jnp.promote_types, map(np.dtype, dtypes)) if dtypes else None


def _lifted(strong: np.dtype[Any] | None, weak: np.dtype[Any] | None) -> np.dtype[Any] | None:
    """The strong dtype, lifted to the weak one's category where that is higher."""
    if strong is None or weak is None:
        return weak if strong is None else strong
    if _category(weak) <= _category(strong):
        return strong
    if _category(strong) == 2:  # floating meets complex: the complex dtype of the same precision
        return np.dtype(np.complex128 if strong == np.float64 else np.complex64)
    return weak if _category(strong) < 2 else jnp.promote_types(strong, weak)


def _category(dtype: np.dtype[Any]) -> int:
    if dtype == np.bool_:
        return 0
    if jnp.issubdtype(dtype, np.integer):
        return 1
    return 2 if jnp.issubdtype(dtype, np.floating) else 3


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """An array or a number as an array of this dtype."""
    return x.value.astype(dtype) if isinstance(x, Number) else jax.lax.convert_element_type(x, dtype)


def computing(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which PyTorch's kernels compute and add up what they store in this one."""
    return SINGLE if dtype in HALVES else dtype


def once(function: Function) -> Function:
    """The function, computed in float32 and rounded once at its end where all its arrays are of 16 bits.

    So does a kernel of PyTorch; a formula of several steps would round at each.
    """

    @functools.wraps(function)
    def rounded(*operands: Any, **static: Any) -> Any:
        dtypes = {x.dtype for x in operands if not isinstance(x, Number) and jnp.issubdtype(x.dtype, np.inexact)}
        dtype = dtypes.pop() if len(dtypes) == 1 else None
        if dtype not in HALVES:
            return function(*operands, **static)
        wide = [x if isinstance(x, Number) or x.dtype != dtype else x.astype(SINGLE) for x in operands]
        return jax.tree.map(lambda y: y.astype(dtype) if y.dtype == SINGLE else y, function(*wide, **static))

    return rounded


def common(function: Function) -> Function:
    """Operands meet in their common dtype."""

    @functools.wraps(function)
    def promoted(*operands: Any, **static: Any) -> Any:
        check_broadcast(operands)
        dtype = result_type(operands)
        return function(*(cast(x, dtype) for x in operands), **static)

    return promoted


def to_float(function: Function) -> Function:
    """Operands meet in their common dtype; integers and booleans become the default floating dtype."""

    @functools.wraps(function)
    def promoted(*operands: Any, **static: Any) -> Any:
        check_broadcast(operands)
        dtype = floating(result_type(operands))
        return function(*(cast(x, dtype) for x in operands), **static)

    return promoted


def floating(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype, or the default floating dtype for integers and booleans."""
    return dtype if jnp.issubdtype(dtype, np.inexact) else get_default_dtype().numpy


def refuse(kernel: str, kinds: str, function: Function) -> Function:
    """The function, for arrays whose dtype is not of these kinds (`b` booleans, `i` integers, `f` floats).

    Args:
        kernel: What PyTorch's error calls it.
        kinds: The kinds that it does not take.
        function: Takes one or more arrays of one dtype.
    """

    @functools.wraps(function)
    def checked(*operands: Any, **static: Any) -> Any:
        dtype = operands[0].dtype
        if "bifc"[_category(dtype)] in kinds:
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(dtype)}'")
        return function(*operands, **static)

    return checked


def no_derivative(name: str, function: Function) -> Function:
    """The function, for which a backward pass fails as PyTorch's does."""
    guarded = jax.custom_jvp(function)

    @guarded.defjvp
    def refuse_derivative(primals: Any, tangents: Any) -> Any:
        raise RuntimeError(f"derivative for {name} is not implemented")

    return guarded


def check_broadcast(operands: Sequence[Any]) -> None:
    """Refuse shapes that do not broadcast.

    Raises:
        RuntimeError: PyTorch's text.
    """
    arrays = [x for x in operands if not isinstance(x, Number)]
    for a, b in pairwise(arrays):
        for back in range(1, min(a.ndim, b.ndim) + 1):
            m, n = a.shape[-back], b.shape[-back]
            if m != n and 1 not in (m, n):
                raise RuntimeError(
                    f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension "
                    f"{max(a.ndim, b.ndim) - back}"
                )


def scalar_name(dtype: Any) -> str:
    """A dtype's name in the texts of errors, for example `Float`."""
    return dtype_of(np.dtype(dtype)).scalar
