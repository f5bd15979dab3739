"""Module: the whole written file: what it imports, the layers it calls, losses, optimizer, `init` and `step`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from funcgrad.functionalization.owners import Owners
from funcgrad.functionalization.record import Program
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source import vocabulary
from funcgrad.functionalization.source.layout import function, listed, quoted, wrapped
from funcgrad.functionalization.source.masks import mask_constants
from funcgrad.functionalization.source.optimizers import optimizer_source, schedule_source
from funcgrad.functionalization.source.roles import Roles
from funcgrad.functionalization.source.step_function import StepFunction

_WORDS = {name: x for name, x in vars(vocabulary).items() if inspect.isfunction(x)}


def module_source(program: Program, owners: Owners, step: Callable[..., Any]) -> str:
    """The step as the source of a module with `init` and `step`.

    Raises:
        FunctionalizationError: Something of the step has no counterpart in JAX and optax that is PyTorch's.
    """
    if others := sorted({draw.law for draw in program.draws} - {"dropout_mask"}):
        raise FunctionalizationError(
            f"the step cannot be written as source: it draws random numbers ({', '.join(others)}). Draw them outside "
            "and pass them as arguments."
        )
    roles = Roles(program, owners, step)
    function_of_step = StepFunction(roles)
    written = function_of_step.source()
    parts = [
        function_of_step.functions.source(),
        _constants(roles, function_of_step),
        _init(roles, function_of_step),
        written,
    ]
    words = _words("\n".join(parts))
    has_math = any("math." in word for word in words)
    return "\n\n\n".join([_head(roles, has_math), *words, *parts]) + "\n"


def _head(roles: Roles, has_math: bool) -> str:
    random = ", and PyTorch's random stream" if roles.program.draws else ""
    call = ", ".join(["state", *roles.arguments])
    return "\n".join(
        [
            f'"""`{roles.name}` as JAX and optax, written by funcgrad.',
            "",
            "    state = init(arrays)",
            f"    state, result = step({call})",
            "",
            f"`arrays` holds the model's parameters and buffers by name{random}.",
            '"""',
            "",
            *(["import math", ""] if has_math else []),
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


def _constants(roles: Roles, step: StepFunction) -> str:
    """Masks to draw, names of buffers, the schedule and the optimizer."""
    lines = mask_constants(step.masks.groups)[0]
    if roles.buffers:
        lines.append(f"BUFFERS = {listed(map(quoted, roles.buffers))}")
    groups = roles.optimizer.param_groups
    rates = [repr(group["lr"]) for group in groups]
    if roles.scheduler is not None:
        rates = ["learning_rate" + (f"_{k}" if k else "") for k in range(len(groups))]
        lines += [schedule_source(roles.scheduler, k, name) for k, name in enumerate(rates)]
    if len(groups) > 1:
        entries = (f"{quoted(name)}: {k}" for k, group in enumerate(groups) for name in roles.names_of(group))
        lines.append(f"GROUPS = {{{', '.join(entries)}}}")
    lines.append(f"optimizer = {optimizer_source(roles.optimizer, rates)}")
    return _apart([wrapped(line) for line in lines])


def _apart(lines: list[str]) -> str:
    """Lines below each other, functions among them with space around."""
    text = ""
    for before, line in zip(["", *lines], lines, strict=False):
        is_apart = line.startswith("def") or before.startswith("def")
        text += ("\n\n\n" if is_apart else "\n") * bool(text) + line
    return text


def _init(roles: Roles, step: StepFunction) -> str:
    lines = ["params = {name: jnp.asarray(x) for name, x in arrays.items()}"]
    entries = ['"params": params', '"opt_state": optimizer.init(params)']
    if roles.program.draws:
        lines.append('random = {name: params.pop(f"random.{name}") for name in ("key", "used")}')
        entries.append('"random": random')
    if roles.buffers:
        lines.append("buffers = {name: params.pop(name) for name in BUFFERS}")
        entries.append('"buffers": buffers')
    if roles.scaler is not None:
        entries += [f'"scale": jnp.float32({roles.scaler.get_scale()!r})', '"good_steps": jnp.int32(0)']
    if step.losses.adds_to_state:
        entries.append('"grads": jax.tree.map(jnp.zeros_like, params)')
    return function("def init(arrays):", [*lines, f"return {{{', '.join(entries)}}}"])
