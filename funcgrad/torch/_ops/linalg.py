"""Matrix products.

Products of more than two dimensions are flattened to matrices where they can be: XLA on CPU transposes copies of
3-dimensional operands in their gradients.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._graph import Edge, OperatorNode
from funcgrad.torch._layout import is_contiguous
from funcgrad.torch._ops.of_old import called_as_of_old
from funcgrad.torch._ops.products import add_projection, product, project
from funcgrad.torch._ops.promotion import HALVES, cast, check_broadcast, once, refuse, scalar_name
from funcgrad.torch._ops.rows import Row, of_tensors, require_tensor, with_out
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op

EACH_OTHER: Any = {0: (1,), 1: (0,)}
C_NAMES = {
    "float64": "double", "float32": "float", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long int",
    "int32": "int", "int16": "short int", "int8": "signed char", "uint8": "unsigned char",
}  # fmt: skip


def _check_same_dtype(a: Any, b: Any) -> None:
    if a.dtype != b.dtype:
        names = [C_NAMES.get(x.dtype.name, x.dtype.name) for x in (a, b)]
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {names[0]} != {names[1]}")


def check_product(a: Any, b: Any) -> None:
    """Refuse matrices that cannot be multiplied.

    Raises:
        RuntimeError: PyTorch's text.
    """
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[0]}x{a.shape[1]} and {b.shape[0]}x{b.shape[1]})"
        )
    _check_same_dtype(a, b)
    if a.dtype == np.bool_:
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")


def mm(a: Any, b: Any) -> Any:
    """Product of two matrices."""
    if a.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if b.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    check_product(a, b)
    return product(a, b)


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
    return refuse("dot", "b", jnp.dot)(a, b)


def mv(a: Any, x: Any) -> Any:
    """Product of a matrix and a vector."""
    if a.ndim != 2 or x.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {a.ndim}, {x.ndim}")
    if a.shape[1] != x.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({a.shape[0]}), mat ({a.shape[0]}x{a.shape[1]}), vec ({x.shape[0]})"
        )
    if a.dtype != x.dtype:
        first, second = scalar_name(a.dtype), scalar_name(x.dtype)
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {second}, {first}, and {second}")
    return a @ x


def bmm(a: Any, b: Any) -> Any:
    """Products of matrices, batch by batch."""
    if a.ndim != 3 or b.ndim != 3:
        raise RuntimeError(f"batch{1 if a.ndim != 3 else 2} must be a 3D tensor")
    if (a.shape[0], a.shape[2]) != (b.shape[0], b.shape[1]):
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{a.shape[0]}, {a.shape[2]}] but got: [{b.shape[0]}, {b.shape[1]}]."
        )
    _check_scalar_type(a, b)
    return a @ b


def _check_scalar_type(a: Any, b: Any) -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(a.dtype)} but found {scalar_name(b.dtype)}")


def _matmul(a: Any, b: Any) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D")
    if a.ndim == 1 and b.ndim == 1:
        return _dot(a, b)
    if a.ndim == 2 and b.ndim == 1:
        return mv(a, b)
    if b.ndim <= 2:
        return _flattened(a if a.ndim > 1 else a[None], b if b.ndim > 1 else b[:, None]).reshape(
            (*a.shape[:-1], *b.shape[1:])
        )
    return _batched(a, b)


def _flattened(a: Any, b: Any) -> Any:
    rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) if a.ndim > 2 else a
    check_product(rows, b)
    return product(rows, b)


def _batched(a: Any, b: Any) -> Any:
    left = a if a.ndim > 1 else a[None]
    check_broadcast((np.empty(left.shape[:-2]), np.empty(b.shape[:-2])))
    if left.shape[-1] != b.shape[-2]:
        batch = int(np.prod(np.broadcast_shapes(left.shape[:-2], b.shape[:-2])))
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {left.shape[-1]}] but got: "
            f"[{batch}, {b.shape[-2]}]."
        )
    _check_scalar_type(a, b)
    return a @ b


_MATMUL_LABELS = {(1, 1): "Dot", (2, 1): "Mv", (2, 2): "Mm", (1, 2): "SqueezeBackward4"}


def _matmul_label(equation: Equation) -> str:
    a, b = (len(aval.shape) if aval else 0 for aval in equation.avals)
    return _MATMUL_LABELS.get((a, b), "UnsafeView")


def _outer(a: Any, b: Any) -> Any:
    for x, name in ((a, "self"), (b, "vec2")):
        if x.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {x.ndim}-D")
    return jnp.outer(a, b)


def _inner(a: Any, b: Any) -> Any:
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return jnp.tensordot(a, b, (-1, -1))


MM = Op("mm", mm, saves=EACH_OTHER)
DOT = Op("dot", _dot, saves=EACH_OTHER)
VDOT = Op("vdot", lambda a, b: _dot(a.conj() if jnp.iscomplexobj(a) else a, b), saves=EACH_OTHER)
MV = Op("mv", mv, saves=EACH_OTHER)
BMM = Op("bmm", bmm, saves=EACH_OTHER)
MATMUL = Op("matmul", _matmul, saves=EACH_OTHER, label=_matmul_label)
OUTER = Op("outer", _outer, saves=EACH_OTHER, label="Mul")
INNER = Op("inner", _inner, saves=EACH_OTHER, label="View")


def _linear(x: Any, weight: Any, *bias: Any) -> Any:
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    if bias:
        _check_matrices(x, weight)
    check_product(rows, weight.T)
    if bias:
        _check_self(bias[0], weight)
    if bias and weight.dtype in HALVES:
        result = add_projection(bias[0], rows, weight)
    else:
        result = project(rows, weight) + bias[0] if bias else project(rows, weight)
    return result.reshape(*x.shape[:-1], weight.shape[0])


def _linear_label(equation: Equation) -> str:
    assert equation.avals[0] is not None
    if len(equation.avals[0].shape) != 2:
        plain = "UnsafeView" if equation.avals[0].shape[1:] else "SqueezeBackward4"
        return "View" if len(equation.avals) == 3 else plain
    return "Addmm" if len(equation.avals) == 3 else "Mm"


LINEAR = Op("linear", _linear, saves={0: (1,), 1: (0,), 2: ()}, label=_linear_label)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`.

    Args:
        input: `[..., in]`.
        weight: `[out, in]`.
        bias: `[out]`, or None.
    """
    require_tensor(input, "linear")
    if bias is None:
        return apply(LINEAR, (), input, weight)
    made = apply(LINEAR, (), input, weight, bias)
    if input.ndim != 2 and not is_contiguous(input):
        _as_added_in_place(made)
    return made


def _as_added_in_place(made: Tensor) -> None:
    """Show a result as PyTorch's where it cannot flatten the input: the product, to which it adds the bias in place."""
    made._storage.version += 1
    if type(made._edge) is Edge and isinstance(made._edge.node, OperatorNode):
        made._edge.node.shown = "AddBackward0"


# A product added to a tensor: `beta * input + alpha * product`.


def _check_self(x: Any, b: Any) -> None:
    if x.dtype != b.dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {scalar_name(x.dtype)} and {scalar_name(b.dtype)}"
        )


def _check_matrices(a: Any, b: Any) -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {scalar_name(a.dtype)} and {scalar_name(b.dtype)}"
        )


def _added_mm(a: Any, b: Any) -> Any:
    _check_matrices(a, b)
    return mm(a, b)


def _added(product: Any) -> Any:
    def function(x: Any, a: Any, b: Any, beta: Any, alpha: Any) -> Any:
        _check_self(x, b)
        kept = jnp.where(beta.value == 0, 0, cast(beta, x.dtype) * x)  # what counts nothing may be nan
        return kept.astype(x.dtype) + cast(alpha, x.dtype) * product(a, b)

    return once(function)


_SAVES: Any = {0: (), 1: (2,), 2: (1,)}
ADDED = {
    "addmm": (Op("addmm", _added(_added_mm), saves=_SAVES), "mat1", "mat2"),
    "addmv": (Op("addmv", _added(mv), saves=_SAVES), "mat", "vec"),
    "addr": (Op("addr", _added(_outer), saves=_SAVES), "vec1", "vec2"),
    "baddbmm": (Op("baddbmm", _added(bmm), saves=_SAVES), "batch1", "batch2"),
    "addbmm": (Op("addbmm", _added(lambda a, b: jnp.sum(bmm(a, b), 0)), saves=_SAVES), "batch1", "batch2"),
}


def _added_row(name: str, op: Op, first: str, second: str) -> Row:
    def call(
        input: Tensor, a: Any = None, b: Any = None, *of_old: Any, beta: Any = 1, alpha: Any = 1, **named: Any
    ) -> Tensor:
        if of_old:
            return called_as_of_old(call, (first, second), ("beta", "alpha"), input, a, b, *of_old)
        a, b = named.pop(first, a), named.pop(second, b)
        if named:
            return with_out(call, named, input, a, b, beta=beta, alpha=alpha)
        beta, alpha = (x.item() if isinstance(x, Tensor) else x for x in (beta, alpha))
        return apply(op, (), input, a, b, beta, alpha)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`beta * input + alpha * product` of `{first}` and `{second}`."
    return Row(name, call, inplace=True)


_MATMUL = of_tensors("matmul", MATMUL)
matmul = _MATMUL.call

ROWS = (
    of_tensors("mm", MM, second="mat2"),
    _MATMUL,
    of_tensors("dot", DOT, second="tensor"),
    of_tensors("vdot", VDOT),
    of_tensors("inner", INNER),
    of_tensors("mv", MV, second="vec"),
    of_tensors("bmm", BMM, second="mat2"),
    of_tensors("outer", OUTER, second="vec2"),
    of_tensors("ger", OUTER, second="vec2"),
    *(_added_row(name, *how) for name, how in ADDED.items()),
    Row("linear", linear, function=False, method=False, functional=True),
)
