"""Roles: what each entry of a step's state is to the written step, and what it is called there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import jax

from funcgrad.functionalization.owners import Owners
from funcgrad.functionalization.record import Program
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.schedule import ENTRY
from funcgrad.torch import amp, nn, optim
from funcgrad.torch.optim.lr_scheduler import LRScheduler

Place = tuple[str, str]


class Roles:
    """One module, its optimizer, at most one scheduler and one scaler.

    Attributes:
        trained: Names of the parameters that the optimizer holds.
        buffers: Names of what the module holds besides.
        given: The index of each entry that the step takes in.
        homes: The place of each parameter, by its storage.
        arguments: Names of the step's own arguments.
    """

    def __init__(self, program: Program, owners: Owners, step: Callable[..., Any]) -> None:
        self.program, self._owners = program, owners
        self.module_name, self.module = self._one(nn.Module)
        _, self.optimizer = self._one(optim.Optimizer)
        self.scheduler_name, self.scheduler = self._one(LRScheduler, least=0)
        self.scaler_name, self.scaler = self._one(amp.GradScaler, least=0)
        held = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        self.trained = [n for n, p in self.module.named_parameters() if id(p) in held]
        self.buffers = [n for n in program.state[self.module_name] if n not in self.trained]
        self.given = {place: k for k, place in enumerate(program.places)}
        self.homes = {p._storage: self.place(n) for n, p in self.module.named_parameters()}
        self.name = getattr(step, "__name__", "step")
        self.arguments, self._leaves = _arguments(step, program)
        self._check_schedule()

    def names_of(self, group: dict[str, Any]) -> list[str]:
        """The names of the parameters in a group of the optimizer."""
        held = {id(p) for p in group["params"]}
        return [name for name, p in self.module.named_parameters() if id(p) in held]

    def place(self, name: str) -> Place:
        """The place of a parameter or buffer."""
        return self.module_name, name

    def key(self, index: int) -> str:
        """What is taken in at an index, in words."""
        return " ".join(self.program.places[index]) if 0 <= index < len(self.program.places) else "an argument"

    def is_parameter(self, index: int) -> bool:
        """Whether what stands at an index is a parameter as it is taken in."""
        return 0 <= index < len(self.program.places) and self.program.places[index][1] in self.trained

    def parameter(self, index: int) -> str:
        """The name of the parameter that is taken in at an index."""
        return self.program.places[index][1]

    def expression(self, index: int) -> str | None:
        """How the step writes what it takes in; None for what stands nowhere in its state."""
        if index >= len(self.program.places):
            return self._leaves[index - len(self.program.places)]
        owner, name = self.program.places[index]
        if owner == self.module_name:
            return f'{"params" if name in self.trained else "buffers"}["{name}"]'
        if owner == self.scaler_name:
            return 'state["scale"]' if name == "scale" else 'state["good_steps"]'
        return None

    def _one(self, kind: Any, least: int = 1) -> tuple[str, Any]:
        found = [(name, owner) for name, owner in self._owners.named.items() if isinstance(owner, kind)]
        if not least <= len(found) <= 1:
            raise FunctionalizationError(
                f"the step cannot be written as source: it has {len(found)} owners of the kind {kind.__name__}, and "
                "one is expected. Use the pure step itself."
            )
        return found[0] if found else ("", None)

    def _check_schedule(self) -> None:
        """The schedule is a function of the number of updates, so the scheduler must go one step an update."""
        if self.scheduler is None:
            return
        looked_up = sum(equation.op is ENTRY for equation in self.program.equations)
        if looked_up != len(self.program.state[self.scheduler_name]) - 1 or self.scaler is not None:
            raise FunctionalizationError(
                "the step cannot be written as source: its scheduler does not go one step with each update."
            )


def _arguments(step: Callable[..., Any], program: Program) -> tuple[list[str], list[str]]:
    """Names of the arguments, and the expression for each array in them."""
    count = program.structure.num_leaves
    example = jax.tree.unflatten(program.structure, list(range(count)))
    parameters = list(inspect.signature(step).parameters.values())
    is_plain = all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
    names = [p.name for p in parameters][: len(example)] if is_plain else [f"x{k}" for k in range(len(example))]
    leaves: list[str] = []
    for name, part in zip(names, example, strict=True):
        paths, _ = jax.tree_util.tree_flatten_with_path(part)
        leaves += [name + jax.tree_util.keystr(path).replace("'", '"') for path, _ in paths]
    return names, leaves
