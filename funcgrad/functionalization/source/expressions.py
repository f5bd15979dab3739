"""Expressions: each operator as a line of JAX. A row takes the operands' names and the static parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.trace import Equation


class Call(NamedTuple):
    """An operator that a line is to be written for."""

    operands: list[str]
    static: dict[str, Any]


Row = Callable[[Call], str]


def _format(text: str) -> Row:
    return lambda call: text.format(*call.operands, **call.static)


def _function(name: str, *static: str, **fixed: Any) -> Row:
    """A call of the vocabulary, with some static parameters; the `fixed` ones must have these values."""

    def row(call: Call) -> str:
        for parameter, value in fixed.items():
            if call.static[parameter] != value:
                raise FunctionalizationError(_NO_SOURCE.format(f"{name} with {parameter}={call.static[parameter]!r}"))
        return f"{name}({', '.join([*call.operands, *(f'{s}={call.static[s]!r}' for s in static)])})"

    return row


def dtype_name(dtype: Any) -> str:
    """A dtype as it is written: `jnp.float32`; 64-bit ones as JAX has them by default."""
    name = {"int64": "int32", "float64": "float32", "bool": "bool_"}.get(np.dtype(dtype).name, np.dtype(dtype).name)
    return f"jnp.{name}"


def _reduction(name: str) -> Row:
    def row(call: Call) -> str:
        keep = ", keepdims=True" if call.static["keepdim"] else ""
        dims = "" if call.static["dims"] is None else f", {call.static['dims']!r}"
        return f"jnp.{name}({call.operands[0]}{dims}{keep})"

    return row


def _slice(call: Call) -> str:
    x, *starts = call.operands
    given, parts = iter(starts), []
    for part in call.static["pattern"]:
        if part in ("new", "all"):
            parts.append("None" if part == "new" else ":")
        elif part == "one":
            parts.append(next(given))
        else:
            start = int(next(given))
            parts.append(f"{start}:{start + (part[0] - 1) * part[1] + 1}:{part[1]}")
    return f"{x}[{', '.join(parts)}]"


def _arange(call: Call) -> str:
    start, step = call.operands
    counted = f"jnp.arange({call.static['length']})"
    return counted if (start, step) == ("0", "1") else f"{start} + {step} * {counted}"


def _split(call: Call) -> str:
    ends = np.cumsum(call.static["sizes"])[:-1].tolist()
    return f"jnp.split({call.operands[0]}, {ends}, axis={call.static['dim']})"


def _attention(call: Call) -> str:
    if call.static["masked"] or call.static["weights"]:
        raise FunctionalizationError(_NO_SOURCE.format("attention with a mask, or with its weights"))
    name = "causal_attention" if call.static["is_causal"] else "attention"
    return f"{name}({', '.join(call.operands)})"


def _lstm(call: Call) -> str:
    parameters = ("reverse", "projected", "given", "packed")
    odd = [name for name in parameters if call.static[name]] + (["no bias"] if not call.static["biased"] else [])
    if odd:
        raise FunctionalizationError(_NO_SOURCE.format(f"an LSTM layer with {', '.join(odd)}"))
    return f"lstm_layer({', '.join(call.operands)})"


def _convolution(call: Call) -> str:
    bias = [] if len(call.operands) == 3 else ["0"]
    static = ", ".join(f"{name}={call.static[name]!r}" for name in ("stride", "padding", "dilation", "groups"))
    return f"convolution({', '.join([*call.operands, *bias])}, {static})"


ROWS: dict[str, Row] = {
    "add": _format("{0} + {1}"),
    "sub": _format("{0} - {1}"),
    "rsub": _format("{1} - {0}"),
    "mul": _format("{0} * {1}"),
    "div": _format("{0} / {1}"),
    "rdiv": _format("{1} / {0}"),
    "neg": _format("-{0}"),
    "pow": _format("{0} ** {1}"),
    "pow_constant": _format("{0} ** {1}"),
    "matmul": _format("{0} @ {1}"),
    "exp": _format("jnp.exp({0})"),
    "log": _format("jnp.log({0})"),
    "sqrt": _format("jnp.sqrt({0})"),
    "abs": _format("jnp.abs({0})"),
    "sin": _format("jnp.sin({0})"),
    "cos": _format("jnp.cos({0})"),
    "tanh": _format("jnp.tanh({0})"),
    "sigmoid": _format("jax.nn.sigmoid({0})"),
    "relu": _format("jax.nn.relu({0})"),
    "gelu": lambda call: f"jax.nn.gelu({call.operands[0]}, approximate={call.static['approximate'] == 'tanh'})",
    "silu": _format("jax.nn.silu({0})"),
    "softmax": lambda call: f"jax.nn.softmax({call.operands[0]}, axis={call.static['dim']})",
    "log_softmax": lambda call: f"jax.nn.log_softmax({call.operands[0]}, axis={call.static['dim']})",
    "view": _format("{0}.reshape({shape})"),
    "reshape": _format("{0}.reshape({shape})"),
    "t": _format("{0}.T"),
    "transpose": _format("jnp.swapaxes({0}, {a}, {b})"),
    "permute": _format("{0}.transpose({dims})"),
    "cast": lambda call: f"{call.operands[0]}.astype({dtype_name(call.static['dtype'])})",
    "sum": _reduction("sum"),
    "mean": _reduction("mean"),
    "slice": _slice,
    "unbind": lambda call: f"jnp.unstack({call.operands[0]}, axis={call.static['dim']})",
    "split": _split,
    "stack": lambda call: f"jnp.stack([{', '.join(call.operands)}], axis={call.static['dim']})",
    "cat": lambda call: f"jnp.concatenate([{', '.join(call.operands)}], axis={call.static['dim']})",
    "arange": _arange,
    "filled": lambda call: (
        f"jnp.full({call.static['shape']}, {call.static['number']}, {dtype_name(call.static['dtype'])})"
    ),
    "embedding": _format("{0}[{1}]"),
    "linear": _function("linear"),
    "dropout": _function("dropout"),
    "cross_entropy": _function("cross_entropy", ignore_index=-100, reduction="mean", label_smoothing=0.0),
    "mse_loss": _function("mse_loss", reduction="mean"),
    "layer_norm": _function("layer_norm", "shape", "eps", given="wb"),
    "batch_norm": _function("batch_norm", "eps", given="wb"),
    "moved_by_batch": _function("moved_by_batch"),
    "max_pool": _function("max_pool", "kernel", "stride", "padding", dilation=(1, 1), ceil_mode=False, indices=False),
    "convolution": _convolution,
    "lstm_layer": _lstm,
    "scaled_dot_product_attention": _attention,
}

_NO_SOURCE = (
    "the step cannot be written as source: there is no row for {}. Use the pure step itself, or write this part."
)


def expression(equation: Equation, operands: list[str]) -> str:
    """The right-hand side of an equation's line.

    Raises:
        FunctionalizationError: There is no row for the operator.
    """
    row = ROWS.get(equation.op.name)
    if row is None:
        raise FunctionalizationError(_NO_SOURCE.format(f"'{equation.op.name}'"))
    static = dict(zip(equation.op.static_names, equation.static, strict=True))
    return row(Call(operands, static))
