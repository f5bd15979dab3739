"""Module: the whole written file: what it imports, the layers it calls, losses, optimizer, `init` and `step`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from funcgrad.functionalization.owners import Owners
from funcgrad.functionalization.record import Program
from funcgrad.functionalization.source import vocabulary
from funcgrad.functionalization.source.layout import function, listed, quoted, wrapped
from funcgrad.functionalization.source.optimizers import optimizer_source, schedule_source
from funcgrad.functionalization.source.roles import Roles
from funcgrad.functionalization.source.step_function import StepFunction

_WORDS = {name: x for name, x in vars(vocabulary).items() if inspect.isfunction(x)}


def module_source(program: Program, owners: Owners, step: Callable[..., Any]) -> str:
    """The step as the source of a module with `init` and `step`.

    Raises:
        FunctionalizationError: Something of the step has no counterpart in JAX and optax that is PyTorch's.
    """
    roles = Roles(program, owners, step)
    function_of_step = StepFunction(roles)
    written = function_of_step.source()
    parts = [function_of_step.losses.source(), _constants(roles), _init(roles, function_of_step), written]
    words = _words("\n".join(parts))
    return "\n\n\n".join([_head(roles), *words, *parts]) + "\n"


def _head(roles: Roles) -> str:
    random = "; and PyTorch's random stream" if roles.program.draws else ""
    return "\n".join(
        [
            f'"""`{roles.name}` as JAX and optax, written by funcgrad.',
            "",
            f"`init` takes the model's arrays by name{random}. `step` gives the state after a step, and its result.",
            '"""',
            "",
            *(["import math", ""] if random else []),
            "import jax",
            "import jax.numpy as jnp",
            "import optax",
        ]
    )


def _words(text: str) -> list[str]:
    """The vocabulary that a text calls, and what that calls, in the order of its file."""
    found: set[str] = set()
    pending = [text]
    while pending:
        called = {name for name in re.findall(r"(?<![\w.])(\w+)\(", pending.pop()) if name in _WORDS} - found
        found |= called
        pending += [inspect.getsource(_WORDS[name]) for name in called]
    return [inspect.getsource(x).rstrip() for name, x in _WORDS.items() if name in found]


def _constants(roles: Roles) -> str:
    """Masks to draw, names of buffers, the schedule and the optimizer."""
    lines = []
    if roles.program.draws:
        lines.append(f"MASKS = {listed(f'({d.p!r}, {d.shape!r}, {d.axes!r})' for d in roles.program.draws)}")
    if roles.buffers:
        lines.append(f"BUFFERS = {listed(map(quoted, roles.buffers))}")
    rate = repr(roles.optimizer.param_groups[0]["lr"])
    if roles.scheduler is not None:
        lines.append(f"learning_rate = {schedule_source(roles.scheduler)}")
        rate = "learning_rate"
    lines.append(f"optimizer = {optimizer_source(roles.optimizer, rate)}")
    return "\n".join(map(wrapped, lines))


def _init(roles: Roles, step: StepFunction) -> str:
    names = "name not in BUFFERS" if roles.buffers else ""
    lines = [
        f"params = {{name: jnp.asarray(x) for name, x in model.items(){' if ' + names if names else ''}}}",
        'state = {"params": params, "opt_state": optimizer.init(params)}',
    ]
    if roles.buffers:
        lines.append('state["buffers"] = {name: jnp.asarray(model[name]) for name in BUFFERS}')
    if roles.scaler is not None:
        lines.append(f'state["scale"], state["good_steps"] = jnp.float32({roles.scaler.get_scale()!r}), jnp.int32(0)')
    if step.losses.adds_to_state:
        lines.append('state["grads"] = jax.tree.map(jnp.zeros_like, params)')
    if roles.program.draws:
        lines.append('state["random"] = {name: jnp.asarray(x) for name, x in random.items()}')
    lines.append("return state")
    return function(f"def init(model{', random' if roles.program.draws else ''}):", lines)
