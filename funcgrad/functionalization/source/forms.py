"""Forms: ways to write an operator as a line of JAX, which the rows of `expressions.py` choose from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.torch._ops.slicing import ENTIRE, NEW, ONE


class Operation(NamedTuple):
    """An operator that a line is to be written for."""

    operands: list[str]
    static: dict[str, Any]
    shapes: list[tuple[int, ...]]  # of those operands that are arrays


NO_SOURCE = (
    "the step cannot be written as source: there is no row for {}. Use the pure step itself, or write this part."
)
Row = Callable[[Operation], str]


def template(text: str) -> Row:
    """The operands and static parameters put into a text."""
    return lambda call: text.format(*call.operands, **call.static)


def function(name: str, *static: str, **fixed: Any) -> Row:
    """A call of the vocabulary, with some static parameters; the `fixed` ones must have these values."""

    def row(call: Operation) -> str:
        for parameter, value in fixed.items():
            if call.static[parameter] != value:
                raise FunctionalizationError(NO_SOURCE.format(f"{name} with {parameter}={call.static[parameter]!r}"))
        return f"{name}({', '.join([*call.operands, *(f'{s}={call.static[s]!r}' for s in static)])})"

    return row


def dtype_name(dtype: Any) -> str:
    """A dtype as it is written: `jnp.float32`; 64-bit ones as JAX has them by default."""
    name = {"int64": "int32", "float64": "float32", "bool": "bool_"}.get(np.dtype(dtype).name, np.dtype(dtype).name)
    return f"jnp.{name}"


def reduction(name: str) -> Row:
    """A reduction of JAX's, over some dimensions or all."""

    def row(call: Operation) -> str:
        keep = ", keepdims=True" if call.static["keepdim"] else ""
        dims = "" if call.static["dims"] is None else f", {call.static['dims']!r}"
        return f"jnp.{name}({call.operands[0]}{dims}{keep})"

    return row


def sliced(call: Operation) -> str:
    """A part of an array, by the brackets that are usually written."""
    x, *starts = call.operands
    given, parts, dim = iter(starts), [], 0
    for part in call.static["pattern"]:
        if part == NEW:
            parts.append("None")
            continue
        if part in ENTIRE:
            parts.append(":")
        elif part == ONE:
            start = next(given)
            is_last = start == str(call.shapes[0][dim] - 1) and start != "0"
            parts.append("-1" if is_last else start)
        else:
            parts.append(_range(int(next(given)), part[0], part[1], call.shapes[0][dim]))
        dim += 1
    while parts and parts[-1] == ":":
        parts.pop()
    return f"{x}[{', '.join(parts)}]" if parts else x


def _range(start: int, count: int, step: int, length: int) -> str:
    """`start:end:step` as it is usually written."""
    end = start + (count - 1) * step + 1
    return f"{start or ''}:{end if end < length else ''}" + (f":{step}" if step != 1 else "")


def reshape(call: Operation) -> str:
    """To a shape whose first dimension is left open, so that another batch size fits too."""
    shape, (before,) = call.static["shape"], call.shapes
    if shape == before:
        return call.operands[0]
    is_open = bool(shape) and shape[0] > 1 and 0 not in shape
    written = ", ".join(map(str, [-1, *shape[1:]] if is_open else shape)) or "()"
    return f"{call.operands[0]}.reshape({written})"


def sum_of_two(call: Operation) -> str:
    """A total that begins as the number 0 needs no first term."""
    first, second = call.operands
    return second if first == "0" else first if second == "0" else f"{first} + {second}"


def arange(call: Operation) -> str:
    """Numbers that count up."""
    start, step = call.operands
    counted = f"jnp.arange({call.static['length']})"
    return counted if (start, step) == ("0", "1") else f"{start} + {step} * {counted}"


def split(call: Operation) -> str:
    """Parts along an axis; as many as there are if they are equal."""
    sizes = call.static["sizes"]
    parts = len(sizes) if len(set(sizes)) == 1 else np.cumsum(sizes)[:-1].tolist()
    return f"jnp.split({call.operands[0]}, {parts}, axis={call.static['dim']})"


def attention(call: Operation) -> str:
    """Scaled dot product attention without a mask of the user's."""
    if call.static["masked"] or call.static["weights"]:
        raise FunctionalizationError(NO_SOURCE.format("attention with a mask, or with its weights"))
    name = "causal_attention" if call.static["is_causal"] else "attention"
    q, k, v, *mask = call.operands
    dropped = [*mask, repr(call.static["keep"])] if mask else []
    return f"{name}({', '.join([q, k, v, repr(call.static['scale']), *dropped])})"


def lstm(call: Operation) -> str:
    """A layer of an LSTM with biases, in one direction."""
    parameters = ("reverse", "projected", "given", "packed")
    odd = [name for name in parameters if call.static[name]] + (["no bias"] if not call.static["biased"] else [])
    if odd:
        raise FunctionalizationError(NO_SOURCE.format(f"an LSTM layer with {', '.join(odd)}"))
    return f"lstm_layer({', '.join(call.operands)})"


def with_options(name: str, **defaults: Any) -> Row:
    """A call of the vocabulary with the static parameters that are not the defaults; equal numbers are written once."""

    def row(call: Operation) -> str:
        given = {key: _once(call.static[key]) for key in defaults}
        options = [f"{key}={value!r}" for key, value in given.items() if value != defaults[key]]
        return f"{name}({', '.join([*call.operands, *options])})"

    return row


def _once(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def max_pool(call: Operation) -> str:
    """Max pooling in its usual form."""
    static = call.static
    if set(static["dilation"]) != {1} or static["ceil_mode"] or static["indices"]:
        raise FunctionalizationError(NO_SOURCE.format("max_pool with dilation, ceil_mode or indices"))
    return _pool("max_pool", call)


def avg_pool(call: Operation) -> str:
    """Average pooling in its usual form."""
    static = call.static
    if static["ceil_mode"] or static["divisor"] or not static["count_include_pad"]:
        raise FunctionalizationError(NO_SOURCE.format("avg_pool with ceil_mode, or a divisor of its own"))
    return _pool("avg_pool", call)


def _pool(name: str, call: Operation) -> str:
    kernel, stride, padding = (_once(call.static[key]) for key in ("kernel", "stride", "padding"))
    options = ([f"stride={stride!r}"] if stride != kernel else []) + ([f"padding={padding!r}"] if padding else [])
    return f"{name}({', '.join([*call.operands, repr(kernel), *options])})"


def axes(name: str, *static: str, dims: str = "dim") -> Row:
    """A function of JAX's that takes an axis, and whether to keep it."""

    def row(call: Operation) -> str:
        axis = "" if call.static[dims] is None else f", axis={call.static[dims]!r}"
        keep = ", keepdims=True" if call.static.get("keepdim") else ""
        more = "".join(f", {s}={call.static[key]!r}" for s, key in (pair.split("=") for pair in static))
        return f"{name}({', '.join(call.operands)}{axis}{more}{keep})"

    return row


def power(call: Operation) -> str:
    """A power, set as a formatter sets it: close together where both sides are short."""
    base, exponent = *call.operands, *([str(call.static["exponent"])] if "exponent" in call.static else [])
    is_short = all(re.fullmatch(r"[\w.]+", x) for x in (base, exponent))
    return f"{base}**{exponent}" if is_short else f"{base} ** {exponent}"


def joined(name: str) -> Row:
    """A function of a list of arrays along an axis."""
    return lambda call: f"jnp.{name}([{', '.join(call.operands)}], axis={call.static['dim']})"


def loss(name: str, operands: int = 2, **defaults: Any) -> Row:
    """A loss of the vocabulary without weights; options that are not the defaults are written."""
    options = with_options(name, reduction="mean", **defaults)

    def row(call: Operation) -> str:
        if len(call.operands) != operands:
            raise FunctionalizationError(NO_SOURCE.format(f"{name} with weights"))
        return options(call)

    return row


def embedding(call: Operation) -> str:
    """The rows of a table; one of them may be without gradient."""
    padding = call.static["padding"]
    if call.static["by_frequency"]:
        raise FunctionalizationError(NO_SOURCE.format("an embedding with gradients by frequency"))
    weight, index = call.operands
    return f"{weight}[{index}]" if padding is None else f"embedding({weight}, {index}, padding={padding})"


def global_pool(call: Operation) -> str:
    """The mean over all of each channel."""
    if set(call.static["size"]) != {1}:
        raise FunctionalizationError(NO_SOURCE.format("adaptive_avg_pool to more than one element"))
    spatial = tuple(range(-len(call.static["size"]), 0))
    return f"{call.operands[0]}.mean({spatial!r}, keepdims=True)"


def scaled(text: str, **fixed: str) -> Row:
    """A template for numbers that are as they usually are, by the position of the operand."""
    row = template(text)

    def checked(call: Operation) -> str:
        for position, number in fixed.items():
            if float(call.operands[int(position[1:])]) != float(number):
                raise FunctionalizationError(NO_SOURCE.format(f"{text} with other numbers"))
        return row(call)

    return checked
