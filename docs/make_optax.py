"""Writes docs/optax.md, with its numbers measured: `python docs/make_optax.py`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "optax.md"
sys.path.append(str(ROOT / "tests" / "support"))

from optimizer_cases import gradients, start_of  # noqa: E402

from funcgrad import optim  # noqa: E402
from funcgrad.optim import schedules  # noqa: E402

STEPS = 100
ROUNDING = 1e-12  # in float64
INTRODUCTION = f"""\
# PyTorch's optimizers and optax's

`funcgrad.optim` has PyTorch's update rules as optax transformations: with PyTorch's defaults and definitions, and
within 1e-12 of PyTorch 2.13 over 200 steps in float64 ([test](../tests/optim/test_long_runs.py)). They go wherever
optax's own go. Here is how optax's rules of the same names differ, for those who port a training between the two. The
numbers are measured by `python docs/make_optax.py`; a test fails where they are no longer these.

## Optimizers

Both sides run {STEPS} steps from the same start with PyTorch's default learning rate. *Defaults* is how far optax's
parameters end from PyTorch's, in hundredths of the way that PyTorch's go, with all other options left alone; *nearest*
is the same with the options in the last column.
"""
NOTES = """\
- optax gives no learning rate by default. PyTorch's are in the first column.
- `weight_decay` of PyTorch's SGD, Adam, RMSprop, ... adds to the gradient: `optax.chain(optax.add_decayed_weights(wd),
  optax.sgd(lr))`. That of `adamw` is decoupled in both.
- optax has no `maximize`, no `dampening`, no ASGD; its `amsgrad` is a rule of its own.
- A parameter whose `.grad` is None is left alone by PyTorch. In a pytree of gradients it has zeros, and zeros are a
  step: decay acts, and momentum goes on. Use `optax.masked` for what is not to move.
"""
END = """
PyTorch's loop in the last row divides each mean by the number of micro-batches and adds up, as `optax.MultiSteps` does:
both are off where micro-batches do not weigh alike. `make_train_step(loss_fn, optimizer, micro_batches=2)` gives 4: see
[training](training.md).
"""
AROUND = """\
## Around the optimizer

| what | PyTorch | optax |
|---|---|---|
"""


class Rule(NamedTuple):
    """An optimizer of both libraries."""

    name: str  # PyTorch's
    lr: float  # PyTorch's default, used on both sides
    plain: str  # optax's, with its defaults
    near: str  # optax's, with the options that bring it nearest to PyTorch
    differs: str
    options: str = ""  # of PyTorch's side, beside the learning rate


RULES = (
    Rule("SGD", 1e-3, "sgd(lr)", "sgd(lr)", "nothing"),
    Rule(
        "SGD",
        1e-3,
        "sgd(lr, momentum=0.9, nesterov=True)",
        "sgd(lr, momentum=0.9, nesterov=True)",
        "nothing",
        options="momentum=0.9, nesterov=True",
    ),
    Rule("Adam", 1e-3, "adam(lr)", "adam(lr)", "nothing"),
    Rule("AdamW", 1e-3, "adamw(lr)", "adamw(lr, weight_decay=1e-2)", "weight decay: PyTorch 1e-2, optax 1e-4"),
    Rule(
        "RMSprop",
        1e-2,
        "rmsprop(lr)",
        "rmsprop(lr, decay=0.99, eps_in_sqrt=False)",
        "decay: PyTorch 0.99, optax 0.9; `eps` 1e-8: PyTorch adds it to the root, optax under it",
    ),
    Rule(
        "Adagrad",
        1e-2,
        "adagrad(lr)",
        "adagrad(lr, initial_accumulator_value=0, eps=0)",
        "first sum of squares: PyTorch 0, optax 0.1; `eps`: PyTorch 1e-10 beside the root, optax 1e-7 under it",
    ),
    Rule("Adadelta", 1.0, "adadelta(lr)", "adadelta(lr)", "nothing"),
    Rule("Adamax", 2e-3, "adamax(lr)", "adamax(lr)", "nothing"),
    Rule("NAdam", 2e-3, "nadam(lr)", "nadam(lr)", "PyTorch's momentum rises from 0.45 to 0.9, optax's stays at 0.9"),
    Rule("RAdam", 1e-3, "radam(lr)", "radam(lr)", "`eps` 1e-8: PyTorch adds it before the correction of the bias"),
    Rule("Rprop", 1e-2, "rprop(lr)", "rprop(lr)", "optax hands out each update one step late; its first one is zero"),
    Rule(
        "Adafactor",
        1e-2,
        "adafactor(lr)",
        "adafactor(lr, min_dim_size_to_factor=1)",
        "PyTorch factors every matrix, optax from 128 × 128; PyTorch's learning rate is at most 1 / √step",
    ),
    Rule(
        "Muon",
        1e-3,
        "contrib.muon(lr)",
        "contrib.muon(lr, weight_decay=0.1, eps=1e-7)",
        "weight decay: PyTorch 0.1, optax 0; PyTorch reads a matrix as (out, in), optax as (in, out); "
        "optax corrects the momentum's bias",
    ),
)


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_optimizers(), "", NOTES, AROUND.rstrip("\n"), *_around(), END])


def _optimizers() -> Iterator[str]:
    yield "| PyTorch, its `lr` | what differs | defaults | nearest | optax, nearest |"
    yield "|---|---|---|---|---|"
    for rule in RULES:
        plain, near = (_percent(distance(rule, call)) for call in (rule.plain, rule.near))
        name = f"{rule.name}({rule.options})" if rule.options else rule.name
        yield f"| {name}, {rule.lr:g} | {rule.differs} | {plain} | {near} | `optax.{rule.near}` |"


def distance(rule: Rule, call: str) -> float:
    """How far optax ends from PyTorch, in units of the way that PyTorch goes."""
    with jax.enable_x64(True):
        expected = _end(rule.name, _made(f"optim.{rule.name.lower()}(lr, {rule.options})", rule.lr))
        found = _end(rule.name, _made(f"optax.{call}", rule.lr))
    start = start_of(rule.name)
    away, way = (max(np.abs(tree[leaf] - expected[leaf]).max() for leaf in expected) for tree in (found, start))
    return away / way


def _made(call: str, lr: float) -> optax.GradientTransformation:
    return eval(call, {"optim": optim, "optax": optax, "lr": lr})


def _end(name: str, optimizer: optax.GradientTransformation) -> dict[str, np.ndarray]:
    """The parameters after the last step on the problem of tests/support/optimizer_cases.py."""
    params: Any = {leaf: jnp.asarray(value) for leaf, value in start_of(name).items()}
    state, update = optimizer.init(params), jax.jit(optimizer.update)
    for step in range(STEPS):
        updates, state = update(gradients(name, 0, jax.tree.map(np.asarray, params), step), state, params)
        params = optax.apply_updates(params, updates)
    return jax.tree.map(np.asarray, params)


def _percent(share: float) -> str:
    return "0" if share < ROUNDING else f"{100 * share:.2g}"


def _around() -> Iterator[str]:
    gradient = jnp.array([3.0, 4.0])
    yield _row("norm of a gradient (3, 4) clipped to 1", *(_norm(_clipped(by, gradient)) for by in (optim, optax)))
    yield _row("squared error of a prediction that is 1 off: `mse_loss`, `l2_loss`", 1.0, float(optax.l2_loss(1.0)))
    cosine = schedules.cosine_annealing_lr(1.0, 10), optax.cosine_decay_schedule(1.0, 10)
    yield _row("cosine from 1 over 10 steps, at step 15: PyTorch's comes back up", *(float(at(15)) for at in cosine))
    cycle = schedules.one_cycle_lr(1.0, 100), optax.cosine_onecycle_schedule(100, 1.0)
    yield _row(
        "one cycle of 100 steps up to 1, at step 99: optax reaches its end at 100", *(float(at(99)) for at in cycle)
    )
    yield _row("mean over 3 tokens of loss 2 and 1 of loss 10, which is 4, in two micro-batches", *_accumulated())


def _row(what: str, pytorch: float, theirs: float) -> str:
    return f"| {what} | {pytorch:.7g} | {theirs:.7g} |"


def _clipped(library: Any, gradient: jax.Array) -> jax.Array:
    clip = library.clip_by_global_norm(1.0)
    return clip.update(gradient, clip.init(gradient))[0]


def _norm(x: jax.Array) -> float:
    return float(np.linalg.norm(np.asarray(x, np.float64)))


def _accumulated() -> tuple[float, float]:
    """The gradient of a loop that divides each mean loss by 2 and adds up, and that of `optax.MultiSteps`."""
    means = [jnp.float32(2.0), jnp.float32(10.0)]
    multi = optax.MultiSteps(optax.sgd(1.0), every_k_schedule=2)
    state, update = multi.init(jnp.float32(0)), jnp.float32(0)
    for mean in means:
        update, state = multi.update(mean, state)
    return sum(float(mean) / 2 for mean in means), -float(update)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
