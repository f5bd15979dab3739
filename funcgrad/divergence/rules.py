"""Update rules as PyTorch, optax, Keras and hand-written optimizers have them: the same names for other formulas.

A rule has fields, and a choice for each: the first is PyTorch's, whose own definition is in `funcgrad.optim`. All is
computed in float64 on one row of the entries of all parameters.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray
Options = Mapping[str, Any]  # by PyTorch's names, a number or a row [n]
Choices = Mapping[str, str]
Slots = dict[str, Array]  # state, by PyTorch's names, rows [n]


class Field(NamedTuple):
    """A point in which rules of one name differ."""

    cause: str  # what a difference in it is called
    choices: dict[str, str]  # and what each does
    advice: str
    matters: Callable[[Options], bool] = lambda options: True


class Rule(NamedTuple):
    """An update rule with its variants."""

    option: str  # that tells it from the others
    fields: dict[str, Field]
    slots: tuple[str, ...]
    step: Callable[[Array, Array, Slots, Array, Options, Choices], tuple[Array, Slots]]

    def variants(self, *options: Options) -> Iterator[Choices]:
        """All combinations of choices that can make a difference under one of these options."""
        is_open = [any(map(field.matters, options)) for field in self.fields.values()]
        each = [list(field.choices)[: None if o else 1] for field, o in zip(self.fields.values(), is_open, strict=True)]
        yield from (dict(zip(self.fields, choices, strict=True)) for choices in itertools.product(*each))


def _is_used(name: str) -> Callable[[Options], bool]:
    return lambda options: bool(np.any(options.get(name, 0)))


DECAY = Field(
    "decoupled weight decay",
    {
        "coupled": "adds weight_decay * p to the gradient",
        "decoupled": "shrinks the parameter by lr * weight_decay, beside the gradient",
        "without rate": "shrinks the parameter by weight_decay, whatever the learning rate",
        "none": "uses no weight decay",
    },
    "Adam adds the decay to the gradient, AdamW and optax.adamw shrink the parameter: use the same in both runs.",
    _is_used("weight_decay"),
)
DIRECTION = Field(
    "sign of the update",
    {"down": "goes down the gradient", "up": "goes up the gradient (maximize)"},
    "Set maximize alike.",
)


def _direction(grad: Array, param: Array, o: Options, c: Choices) -> tuple[Array, Array | float]:
    """The gradient with what is coupled to it, and the share by which the parameter shrinks."""
    decay = o.get("weight_decay", 0.0)
    grad = grad if c["direction"] == "down" else -grad
    shrink = {"decoupled": o["lr"] * decay, "without rate": decay}.get(c["decay"], 0.0)
    return (grad + decay * param if c["decay"] == "coupled" else grad), shrink


def _sgd(grad: Array, param: Array, slots: Slots, step: Array, o: Options, c: Choices) -> tuple[Array, Slots]:
    d, shrink = _direction(grad, param, o, c)
    if c["momentum"] == "none":
        return param * (1 - shrink) - o["lr"] * d, slots
    rate, momentum, damping = o["lr"], o["momentum"], o.get("dampening", 0.0)
    added = {"rate in buffer": rate * d, "average": (1 - momentum) * d}.get(c["momentum"], (1 - damping) * d)
    if c["momentum"] == "buffer":
        added = np.where(step == 1, d, added)
    buffer = momentum * slots["momentum_buffer"] + added
    moved = (
        (added if c["momentum"] == "rate in buffer" else d) + momentum * buffer if c["nesterov"] == "yes" else buffer
    )
    return param * (1 - shrink) - (1.0 if c["momentum"] == "rate in buffer" else rate) * moved, {
        "momentum_buffer": buffer
    }


def _adam(grad: Array, param: Array, slots: Slots, step: Array, o: Options, c: Choices) -> tuple[Array, Slots]:
    d, shrink = _direction(grad, param, o, c)
    first, second = (_correction(o[f"betas.{k}"], step, c["correction"]) for k in (0, 1))
    average = o["betas.0"] * slots["exp_avg"] + (1 - o["betas.0"]) * d
    squares = o["betas.1"] * slots["exp_avg_sq"] + (1 - o["betas.1"]) * d * d
    largest = np.maximum(slots["max_exp_avg_sq"], squares / (second if c["amsgrad"] == "corrected" else 1))
    v = {"no": squares, "raw": largest, "corrected": largest * second}[c["amsgrad"]]
    update = average / first / _root(v, second, o["eps"], c["epsilon"])
    return param * (1 - shrink) - o["lr"] * update, {
        "exp_avg": average, "exp_avg_sq": squares, "max_exp_avg_sq": largest,
    }  # fmt: skip


def _correction(beta: Any, step: Array, kind: str) -> Any:
    if kind == "none":
        return 1.0
    if kind == "float32":
        return (1 - np.float32(beta) ** step.astype(np.float32)).astype(np.float64)
    return 1 - beta**step


def _root(v: Array, correction: Any, eps: Any, place: str) -> Array:
    if place == "inside":
        return np.sqrt(v / correction + eps)
    if place == "uncorrected":
        return (np.sqrt(v) + eps) / np.sqrt(correction)
    return np.sqrt(v / correction) + eps


def _rmsprop(grad: Array, param: Array, slots: Slots, step: Array, o: Options, c: Choices) -> tuple[Array, Slots]:
    d, shrink = _direction(grad, param, o, c)
    start = np.where((step == 1) & (c["start"] == "one"), 1.0, slots["square_avg"])
    squares = o["alpha"] * start + (1 - o["alpha"]) * d * d
    mean = o["alpha"] * slots["grad_avg"] + (1 - o["alpha"]) * d
    v = np.maximum(squares - mean * mean, 0.0) if c["centered"] == "yes" else squares
    update = d / (np.sqrt(v + o["eps"]) if c["epsilon"] == "inside" else np.sqrt(v) + o["eps"])
    rated = c["momentum"] == "rate in buffer"
    buffer = o.get("momentum", 0.0) * slots["momentum_buffer"] + (o["lr"] if rated else 1.0) * update
    new = {"square_avg": squares, "grad_avg": mean, "momentum_buffer": buffer}
    return param * (1 - shrink) - (1.0 if rated else o["lr"]) * buffer, new


def _adagrad(grad: Array, param: Array, slots: Slots, step: Array, o: Options, c: Choices) -> tuple[Array, Slots]:
    d, shrink = _direction(grad, param, o, c)
    start = np.where((step == 1) & (c["start"] == "tenth"), 0.1, slots["sum"])
    total = start + d * d
    rate = o["lr"] / (1 + (step - 1) * o.get("lr_decay", 0.0))
    root = np.sqrt(total + o["eps"]) if c["epsilon"] == "inside" else np.sqrt(total) + o["eps"]
    return param * (1 - shrink) - rate * d / root, {"sum": total}


OUTSIDE, INSIDE = "adds eps to the root (PyTorch)", "adds eps inside the root"
PLACE = "PyTorch adds eps after the root; optax's eps_root and some ports add it inside."
RULES = {
    "Adam": Rule(
        "betas.0",
        {
            "epsilon": Field(
                "epsilon placement",
                {
                    "outside": "adds eps to the root of the bias-corrected average (PyTorch)",
                    "inside": INSIDE,
                    "uncorrected": "adds eps to the root before its bias correction (Keras)",
                },
                PLACE,
                _is_used("eps"),
            ),
            "decay": DECAY,
            "correction": Field(
                "bias correction",
                {
                    "float64": "corrects the bias, with the powers of beta in float64 (PyTorch)",
                    "float32": "corrects the bias, with the powers of beta in float32 (optax)",
                    "none": "does not correct the bias",
                },
                "funcgrad.optim.adam corrects as PyTorch does; optax computes 1 - beta**t in float32.",
            ),
            "amsgrad": Field(
                "AMSGrad",
                {
                    "no": "uses the average of squares",
                    "raw": "uses its maximum so far (PyTorch)",
                    "corrected": "uses the maximum of the bias-corrected one",
                },
                "PyTorch takes the maximum before the bias correction, optax after it.",
                _is_used("amsgrad"),
            ),
            "direction": DIRECTION,
        },
        ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"),
        _adam,
    ),
    "RMSprop": Rule(
        "alpha",
        {
            "epsilon": Field("epsilon placement", {"outside": OUTSIDE, "inside": INSIDE}, PLACE, _is_used("eps")),
            "start": Field(
                "start of the average",
                {"zero": "starts the average of squares at 0 (PyTorch)", "one": "starts the average of squares at 1"},
                "TensorFlow's RMSprop started at 1; optax has initial_scale.",
            ),
            "centered": Field(
                "centering",
                {"no": "divides by the root of the mean square", "yes": "subtracts the squared mean (centered)"},
                "Set centered alike.",
            ),
            "momentum": Field(
                "momentum",
                {"buffer": "multiplies the buffer by lr", "rate in buffer": "keeps lr in the buffer"},
                "PyTorch applies lr to the buffer as it is; Keras and older optax keep it inside.",
                _is_used("momentum"),
            ),
            "decay": DECAY,
            "direction": DIRECTION,
        },
        ("square_avg", "grad_avg", "momentum_buffer"),
        _rmsprop,
    ),
    "Adagrad": Rule(
        "lr_decay",
        {
            "epsilon": Field("epsilon placement", {"outside": OUTSIDE, "inside": INSIDE}, PLACE, _is_used("eps")),
            "start": Field(
                "start of the sum",
                {"zero": "starts the sum as its state says", "tenth": "starts the sum of squares at 0.1 (optax)"},
                "Pass initial_accumulator_value=0.1 to PyTorch's, or 0 to optax's.",
            ),
            "decay": DECAY,
            "direction": DIRECTION,
        },
        ("sum",),
        _adagrad,
    ),
    "SGD": Rule(
        "momentum",
        {
            "momentum": Field(
                "momentum",
                {
                    "buffer": "keeps a sum of gradients and multiplies it by lr (PyTorch)",
                    "rate in buffer": "keeps lr in the buffer",
                    "average": "keeps an average: (1 - momentum) times each gradient",
                    "damped": "dampens the first gradient too",
                    "none": "uses no momentum",
                },
                "PyTorch: buffer = momentum * buffer + gradient, p -= lr * buffer, the first gradient undampened.",
                _is_used("momentum"),
            ),
            "nesterov": Field(
                "Nesterov momentum",
                {"no": "follows the buffer", "yes": "looks one momentum step ahead"},
                "Set nesterov alike.",
                _is_used("momentum"),
            ),
            "decay": DECAY,
            "direction": DIRECTION,
        },
        ("momentum_buffer",),
        _sgd,
    ),
}
"""In the order in which an option tells them: RMSprop has a momentum too."""
