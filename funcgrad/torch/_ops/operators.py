"""Python's operators on tensors: `+`, `@`, `==`, `+=` and the rest, each the row of the same meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._ops.arithmetic import (
    ADD,
    DIV,
    MUL,
    RDIV,
    RSUB,
    SUB,
    floor_divide,
    pow,
    remainder,
)
from funcgrad.torch._ops.comparison import BITWISE, BITWISE_NOT, COMPARE, SHIFTS
from funcgrad.torch._ops.creation import from_numpy
from funcgrad.torch._ops.linalg import MATMUL
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.unary import NEG, UNARY
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import NUMBERS, Op

OPERANDS = (Tensor, np.generic, *NUMBERS)


def _forward(op: Op) -> Callable[..., Any]:
    def operator(self: Tensor, other: Any) -> Any:
        return apply(op, (), self, other) if isinstance(other, OPERANDS) else NotImplemented

    return operator


def _reflected(op: Op) -> Callable[..., Any]:
    def operator(self: Tensor, other: Any) -> Any:
        return apply(op, (), other, self) if isinstance(other, OPERANDS) else NotImplemented

    return operator


def _augmented(op: Op) -> Callable[..., Any]:
    def operator(self: Tensor, other: Any) -> Any:
        if not isinstance(other, OPERANDS):
            return NotImplemented
        check_writable(self, other)
        return assign(self, apply(op, (), self, other))

    return operator


def _calling(call: Callable[..., Any]) -> Callable[..., Any]:
    """The operator of a function that looks at its operands first."""
    return lambda self, other: call(self, other) if isinstance(other, OPERANDS) else NotImplemented


def _calling_reflected(call: Callable[..., Any]) -> Callable[..., Any]:
    return _calling(lambda self, other: call(other, self))


def _calling_in_place(call: Callable[..., Any]) -> Callable[..., Any]:
    def operator(self: Tensor, other: Any) -> Tensor:
        check_writable(self, other)
        return assign(self, call(self, other))

    return _calling(operator)


ARITHMETIC = {
    "add": ADD,
    "sub": SUB,
    "mul": MUL,
    "truediv": DIV,
    "and": BITWISE["bitwise_and"],
    "or": BITWISE["bitwise_or"],
    "xor": BITWISE["bitwise_xor"],
    "lshift": SHIFTS["bitwise_left_shift"],
    "rshift": SHIFTS["bitwise_right_shift"],
}


LOOKING = {"floordiv": floor_divide, "mod": remainder, "pow": pow}
"""Functions that look at their operands: integers have no quotient by 0, and no negative power."""
REVERSED = {"add": ADD, "mul": MUL, "sub": RSUB}
"""They take the right operand first, also in the graph: `2 * x` is `mul(x, 2)`."""


def _equal(self: Tensor, other: Any) -> Any:
    """`==`, the only comparison that takes a NumPy array."""
    other = from_numpy(other) if isinstance(other, np.ndarray) else other
    return apply(COMPARE["eq"], (), self, other) if isinstance(other, OPERANDS) else NotImplemented


def _divide_reflected(self: Tensor, other: Any) -> Any:
    if isinstance(other, np.ndarray):
        return self.reciprocal() * other  # NumPy's product, in the dtype that NumPy promotes to
    return apply(RDIV, (), self, other) if isinstance(other, OPERANDS) else NotImplemented


def _matrix_product(self: Tensor, other: Any) -> Any:
    return apply(MATMUL, (), self, other) if isinstance(other, Tensor) else NotImplemented


def _matrix_product_reflected(self: Tensor, other: Any) -> Any:
    return _matrix_product(other, self) if isinstance(other, Tensor) else NotImplemented


def _invert(self: Tensor) -> Tensor:
    if self._aval.dtype.kind not in "biu":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return apply(BITWISE_NOT, (), self)


def _method(name: str, call: Callable[..., Any]) -> Row:
    return Row(f"__{name}__", call, function=False)


ROWS = (
    *(_method(name, _forward(op)) for name, op in ARITHMETIC.items()),
    *(_method(f"r{name}", _reflected(op)) for name, op in ARITHMETIC.items() if name not in {*REVERSED, "truediv"}),
    *(_method(f"r{name}", _forward(op)) for name, op in REVERSED.items()),
    _method("rtruediv", _divide_reflected),
    _method("rdiv", _divide_reflected),
    *(_method(f"i{name}", _augmented(op)) for name, op in ARITHMETIC.items()),
    *(_method(name, _calling(call)) for name, call in LOOKING.items()),
    *(_method(f"r{name}", _calling_reflected(call)) for name, call in LOOKING.items()),
    *(_method(f"i{name}", _calling_in_place(call)) for name, call in LOOKING.items()),
    *(_method(name, _forward(op)) for name, op in COMPARE.items() if name != "eq"),
    _method("eq", _equal),
    _method("matmul", _matrix_product),
    _method("rmatmul", _matrix_product_reflected),
    _method("neg", lambda self: apply(NEG, (), self)),
    _method("pos", lambda self: self),
    _method("abs", lambda self: apply(UNARY["abs"], (), self)),
    _method("invert", _invert),
    _method("iter", lambda self: iter(_rows(self))),
)


def _rows(x: Tensor) -> tuple[Tensor, ...]:
    if x.dim() == 0:
        raise TypeError("iteration over a 0-d tensor")
    return x.unbind(0) if x._aval.shape[0] else ()
