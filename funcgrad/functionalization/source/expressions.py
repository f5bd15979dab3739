"""Expressions: each operator as a line of JAX. A row takes the operands' names and the static parameters."""

from __future__ import annotations

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source.forms import (
    NO_SOURCE,
    Operation,
    Row,
    arange,
    attention,
    avg_pool,
    axes,
    dtype_name,
    embedding,
    function,
    global_pool,
    joined,
    loss,
    lstm,
    max_pool,
    power,
    reduction,
    reshape,
    scaled,
    sliced,
    split,
    sum_of_two,
    template,
    with_options,
)
from funcgrad.trace import Equation

NUMPYS = ("exp", "log", "sqrt", "abs", "sin", "cos", "tanh", "log1p", "expm1", "square", "floor", "ceil", "sign", "tan")
INFIX = {
    "sub": "-", "mul": "*", "div": "/", "matmul": "@", "mm": "@", "bmm": "@", "mv": "@", "dot": "@",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "remainder": "%", "div_floor": "//",
    "bitwise_and": "&", "bitwise_or": "|", "logical_and": "&", "logical_or": "|",
}  # fmt: skip
ACTIVATIONS = {
    "sigmoid": "sigmoid", "relu": "relu", "silu": "silu", "mish": "mish", "log_sigmoid": "log_sigmoid",
    "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid",
}  # fmt: skip

ROWS: dict[str, Row] = {
    **{name: template(f"jnp.{name}({{0}})") for name in NUMPYS},
    **{name: template(f"{{0}} {sign} {{1}}") for name, sign in INFIX.items()},
    **{name: template(f"jax.nn.{theirs}({{0}})") for name, theirs in ACTIVATIONS.items()},
    "add": sum_of_two,
    "rsub": template("{1} - {0}"),
    "rdiv": template("{1} / {0}"),
    "neg": template("-{0}"),
    "logical_not": template("~{0}"),
    "bitwise_not": template("~{0}"),
    "reciprocal": template("1 / {0}"),
    "pow": power,
    "pow_constant": power,
    "add_scaled": template("{0} + {2} * {1}"),
    "sub_scaled": template("{0} - {2} * {1}"),
    "addmm": scaled("{0} + {1} @ {2}", _3="1", _4="1"),
    "rsqrt": template("jax.lax.rsqrt({0})"),
    "erf": template("jax.lax.erf({0})"),
    "maximum": template("jnp.maximum({0}, {1})"),
    "minimum": template("jnp.minimum({0}, {1})"),
    "where": template("jnp.where({0}, {1}, {2})"),
    "masked_fill": template("jnp.where({1}, {2}, {0})"),
    "clamp": template("clamp_max(clamp_min({0}, {1}), {2})"),
    "clamp_below": template("clamp_min({0}, {1})"),
    "clamp_min": template("clamp_min({0}, {1})"),
    "clamp_above": template("clamp_max({0}, {1})"),
    "clamp_max": template("clamp_max({0}, {1})"),
    "leaky_relu": template("leaky_relu({0}, {1})"),
    "elu": scaled("jax.nn.elu({0}, {1})", _2="1", _3="1"),
    "softplus": scaled("jax.nn.softplus({0})", _1="1", _2="20"),
    "gelu": lambda call: f"jax.nn.gelu({call.operands[0]}, approximate={call.static['approximate'] == 'tanh'})",
    "glu": axes("jax.nn.glu"),
    "softmax": axes("jax.nn.softmax"),
    "log_softmax": axes("jax.nn.log_softmax"),
    "logsumexp": axes("jax.nn.logsumexp", dims="dims"),
    "cumsum": axes("jnp.cumsum"),
    "gather": axes("jnp.take_along_axis"),
    "index_select": axes("jnp.take"),
    "argmax": axes("jnp.argmax"),
    "argmin": axes("jnp.argmin"),
    "amax": axes("jnp.max", dims="dims"),
    "amin": axes("jnp.min", dims="dims"),
    "var": axes("jnp.var", "ddof=correction", dims="dims"),
    "std": axes("jnp.std", "ddof=correction", dims="dims"),
    "max_all": template("{0}.max()"),
    "min_all": template("{0}.min()"),
    "sum": reduction("sum"),
    "mean": reduction("mean"),
    "view": reshape,
    "reshape": reshape,
    "clone": template("{0}"),
    "t": template("{0}.T"),
    "transpose": template("{0}.swapaxes({a}, {b})"),
    "permute": template("{0}.transpose{dims}"),
    "unsqueeze": template("jnp.expand_dims({0}, {dim})"),
    "squeeze": template("{0}.squeeze({dims})"),
    "expand": template("jnp.broadcast_to({0}, {shape})"),
    "repeat": template("jnp.tile({0}, {repeats})"),
    "flip": template("jnp.flip({0}, {dims})"),
    "tril": template("jnp.tril({0}, {1})"),
    "triu": template("jnp.triu({0}, {1})"),
    "cast": lambda call: f"{call.operands[0]}.astype({dtype_name(call.static['dtype'])})",
    "slice": sliced,
    "split": split,
    "split_with_sizes": split,
    "stack": joined("stack"),
    "cat": joined("concatenate"),
    "einsum": lambda call: f'jnp.einsum("{call.static["equation"]}", {", ".join(call.operands)})',
    "one_hot": template("jax.nn.one_hot({0}, {classes}, dtype=jnp.int32)"),
    "arange": arange,
    "filled": lambda call: (
        f"jnp.full({call.static['shape']}, {call.static['number']}, {dtype_name(call.static['dtype'])})"
    ),
    "embedding": embedding,
    "linear": function("linear"),
    "dropout": function("dropout"),
    "cross_entropy": loss("cross_entropy", ignore_index=-100, label_smoothing=0.0),
    "nll_loss": loss("nll_loss", ignore_index=-100),
    "mse_loss": loss("mse_loss"),
    "l1_loss": loss("l1_loss"),
    "smooth_l1_loss": loss("smooth_l1_loss", operands=3),
    "huber_loss": loss("huber_loss", operands=3),
    "binary_cross_entropy": loss("binary_cross_entropy"),
    "binary_cross_entropy_with_logits": loss("binary_cross_entropy_with_logits"),
    "layer_norm": function("layer_norm", "eps", given="wb"),
    "rms_norm": function("rms_norm", "eps"),
    "group_norm": function("group_norm", "groups", "eps", given="wb"),
    "batch_norm": function("batch_norm", "eps", given="wb"),
    "batch_norm_running": function("batch_norm_running", "eps", given="wb"),
    "moved_by_batch": function("moved_by_batch"),
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "adaptive_avg_pool": global_pool,
    "convolution": with_options("convolution", stride=1, padding=0, dilation=1, groups=1),
    "lstm_layer": lstm,
    "scaled_dot_product_attention": attention,
}


def expression(equation: Equation, operands: list[str]) -> str:
    """The right-hand side of an equation's line.

    Raises:
        FunctionalizationError: There is no row for the operator.
    """
    row = ROWS.get(equation.op.name)
    if row is None:
        raise FunctionalizationError(NO_SOURCE.format(f"'{equation.op.name}'"))
    static = dict(zip(equation.op.static_names, equation.static, strict=True))
    return row(Operation(operands, static, [aval.shape for aval in equation.avals if aval is not None]))
