"""Functions of lists of tensors, `torch._foreach_add(xs, ys)`: optimizers that scripts bring along are written in them.

Each is the function or method of one tensor, called for each; the other operands are lists too, or one for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

_BOTH = (
    *("abs", "acos", "add", "addcdiv", "addcmul", "asin", "atan", "ceil", "clamp_max", "clamp_min", "cos", "cosh"),
    *("div", "erf", "erfc", "exp", "expm1", "floor", "frac", "lerp", "lgamma", "log", "log10", "log1p", "log2"),
    *("maximum", "minimum", "mul", "neg", "pow", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh"),
    *("sqrt", "sub", "tan", "tanh", "trunc"),
)
"""Names that there are with an underscore at the end, too."""
_BY_VALUE = {"addcdiv": 3, "addcmul": 3}
"""Operators whose last operand, a number for each tensor, is a keyword of one tensor's: `value`."""


def _add_each(*operands: Any) -> tuple[Any, ...]:
    half = len(operands) // 2
    return tuple([x + y for x, y in zip(operands[:half], operands[half:], strict=True)])


ADD_EACH = Op("add_each", _add_each)
"""The sums of each operand of the first half and that of the second."""


def functions(namespace: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """The functions by name.

    Args:
        namespace: Where those of one tensor are.
    """
    made = {f"_foreach_{name}": _for_each(namespace[name], name) for name in (*_BOTH, "clone", "mm")}
    for name, other in {"maximum": "clamp_min", "minimum": "clamp_max"}.items():
        made[f"_foreach_{name}"] = _for_each(_number_or_tensor(namespace[name], namespace[other]), name)
    made["_foreach_max"] = _for_each(namespace["amax"], "max")
    made["_foreach_norm"] = _for_each(namespace["linalg"].vector_norm, "norm")
    writing = {f"_foreach_{name}_": _written(made[f"_foreach_{name}"]) for name in _BOTH}
    return made | writing | {"_foreach_copy_": _copy, "_foreach_zero_": _zero}


def _for_each(call: Callable[..., Any], name: str) -> Callable[..., tuple[Tensor, ...]]:
    def function(self: Any, *operands: Any, **keywords: Any) -> tuple[Tensor, ...]:
        rows = _rows((self, *operands))
        place = _BY_VALUE.get(name)
        if place is None:
            return tuple(call(*row, **keywords) for row in rows)
        return tuple(call(*row[:place], **_value(row[place:]), **keywords) for row in rows)

    return function


def _number_or_tensor(of_tensors: Callable[..., Tensor], of_a_number: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """One function where lists take numbers too and a single tensor does not."""
    return lambda x, other: (of_tensors if isinstance(other, Tensor) else of_a_number)(x, other)


def _value(given: tuple[Any, ...]) -> dict[str, Any]:
    return {"value": given[0]} if given else {}


def _rows(operands: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The operands of each call."""
    lists = [x for x in operands if isinstance(x, list | tuple)]
    if not lists[0]:
        raise RuntimeError("Tensor list must have at least one tensor.")
    if other := next((x for x in lists if len(x) != len(lists[0])), None):
        texts = f"got {len(lists[0])} and {len(other)}"
        raise RuntimeError(f"Tensor lists must have the same number of tensors, {texts}")
    return [tuple(_at(x, k) for x in operands) for k in range(len(lists[0]))]


def _at(operand: Any, k: int) -> Any:
    """The k-th of several; one for all as it is, unless it is a tensor with a number for each."""
    if isinstance(operand, list | tuple) or (isinstance(operand, Tensor) and operand.ndim == 1):
        return operand[k]
    return operand


def _written(function: Callable[..., tuple[Tensor, ...]]) -> Callable[..., Sequence[Tensor]]:
    def writing(self: Sequence[Tensor], *operands: Any, **keywords: Any) -> Sequence[Tensor]:
        return _copy(self, function(self, *operands, **keywords))

    return writing


def _copy(self: Sequence[Tensor], src: Sequence[Tensor], non_blocking: bool = False) -> Sequence[Tensor]:
    for x, source in _rows((self, src)):
        x.copy_(source)
    return self


def _zero(self: Sequence[Tensor]) -> Sequence[Tensor]:
    for x in self:
        x.zero_()  # pyright: ignore[reportAttributeAccessIssue]
    return self
