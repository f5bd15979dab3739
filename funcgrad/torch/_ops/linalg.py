"""Matrix products.

Products of more than two dimensions are flattened to matrices where they can be: XLA on CPU transposes copies of
3-dimensional operands in their gradients.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.rows import Row, binary
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op

EACH_OTHER: Any = {0: (1,), 1: (0,)}


def _check_product(a: Any, b: Any, texts: tuple[str, str] = ("mat1", "mat2")) -> None:
    first, second = texts
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{first} and {second} must have the same dtype, but got {scalar_name(a.dtype)} and {scalar_name(b.dtype)}"
        )
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"{first} and {second} shapes cannot be multiplied "
            f"({a.shape[0]}x{a.shape[1]} and {b.shape[0]}x{b.shape[1]})"
        )


def _mm(a: Any, b: Any) -> Any:
    if a.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if b.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    _check_product(a, b)
    return a @ b


def _dot(a: Any, b: Any) -> Any:
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {scalar_name(a.dtype)} and "
            f"{scalar_name(b.dtype)}"
        )
    if a.shape != b.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.shape[0]}] and src [{b.shape[0]}] to have the same number "
            f"of elements, but got {a.shape[0]} and {b.shape[0]} elements respectively"
        )
    return jnp.dot(a, b)


def _mv(a: Any, x: Any) -> Any:
    if a.ndim != 2 or x.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {a.ndim}, {x.ndim}")
    if a.shape[1] != x.shape[0]:
        raise RuntimeError(f"size mismatch, got input ({a.shape[0]}), mat ({a.shape[0]}x{a.shape[1]}), vec ({x.shape[0]})")
    return a @ x


def _bmm(a: Any, b: Any) -> Any:
    if a.ndim != 3 or b.ndim != 3:
        raise RuntimeError(f"batch{1 if a.ndim != 3 else 2} must be a 3D tensor")
    if (a.shape[0], a.shape[2]) != (b.shape[0], b.shape[1]):
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{a.shape[0]}, {a.shape[2]}] but got: [{b.shape[0]}, {b.shape[1]}]."
        )
    return a @ b


def _matmul(a: Any, b: Any) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D")
    if a.ndim > 2 and b.ndim == 2:
        rows = a.reshape(-1, a.shape[-1])
        _check_product(rows, b)
        return (rows @ b).reshape(*a.shape[:-1], b.shape[1])
    left, right = a if a.ndim > 1 else a[None], b if b.ndim > 1 else b[:, None]
    _check_product(left[(0,) * (left.ndim - 2)], right[(0,) * (right.ndim - 2)])
    return a @ b


_MATMUL_LABELS = {(1, 1): "Dot", (2, 1): "Mv", (2, 2): "Mm", (1, 2): "Squeeze"}


def _matmul_label(equation: Equation) -> str:
    a, b = (len(aval.shape) if aval else 0 for aval in equation.avals)
    return _MATMUL_LABELS.get((a, b), "UnsafeView")


MM = Op("mm", _mm, saves=EACH_OTHER)
DOT = Op("dot", _dot, saves=EACH_OTHER)
MV = Op("mv", _mv, saves=EACH_OTHER)
BMM = Op("bmm", _bmm, saves=EACH_OTHER)
MATMUL = Op("matmul", _matmul, saves=EACH_OTHER, label=_matmul_label)
OUTER = Op("outer", lambda a, b: jnp.outer(a, b), saves=EACH_OTHER, label="Mul")


def _linear(x: Any, weight: Any, *bias: Any) -> Any:
    rows = x.reshape(-1, x.shape[-1])
    _check_product(rows, weight.T)
    product = rows @ weight.T
    return (product + bias[0] if bias else product).reshape(*x.shape[:-1], weight.shape[0])


def _linear_label(equation: Equation) -> str:
    assert equation.avals[0] is not None
    if len(equation.avals[0].shape) != 2:
        return "View" if len(equation.avals) == 3 or len(equation.avals[0].shape) == 1 else "UnsafeView"
    return "Addmm" if len(equation.avals) == 3 else "Mm"


LINEAR = Op("linear", _linear, saves={0: (1,), 1: (0,), 2: ()}, label=_linear_label)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`.

    Args:
        input: `[..., in]`.
        weight: `[out, in]`.
        bias: `[out]`, or None.
    """
    return apply(LINEAR, (), input, weight) if bias is None else apply(LINEAR, (), input, weight, bias)


ROWS = (
    binary("mm", MM, inplace=False),
    binary("matmul", MATMUL, inplace=False),
    binary("dot", DOT, inplace=False),
    binary("mv", MV, inplace=False),
    binary("bmm", BMM, inplace=False),
    binary("outer", OUTER, inplace=False),
)
