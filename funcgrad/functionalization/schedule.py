"""Schedule: what a scheduler will set, written down step by step, so that a pure step can look it up.

The scheduler itself runs on the host, ahead of time and then as if it had not; any law of any scheduler is a table.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.functionalization.options import Option, options_of
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.torch import Tensor, optim
from funcgrad.torch._dispatch import apply
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._tensor import wrap
from funcgrad.trace import Op, constant

LRScheduler = optim.lr_scheduler.LRScheduler
Attributes = list[tuple[LRScheduler, dict[str, Any]]]
ENTRY = Op("schedule_entry", lambda table, step: jnp.take(table, step, mode="fill", fill_value=jnp.nan))


class Schedule:
    """A scheduler's future.

    Attributes:
        position: How many steps the scheduler has gone since it was written down.
        tables: For each option that it moves, the values from there on; float64 `[steps + 1]`.
    """

    def __init__(self, name: str, scheduler: LRScheduler, horizon: int) -> None:
        if isinstance(scheduler, optim.lr_scheduler.ReduceLROnPlateau):
            raise FunctionalizationError(
                f"'{name}' is a ReduceLROnPlateau, which decides by the value of a metric. Step it outside the pure "
                "step and write the new rate into the state: state[optimizer]['groups.0.lr']."
            )
        self.name = name
        self.scheduler = scheduler
        self.position = 0
        self.tables: dict[Option, np.ndarray] = {}
        self._origin = attributes_of(scheduler)
        self._numbers = {option: option.number() for option in options_of(scheduler.optimizer)}
        self.tables = self._ahead(horizon)
        self.settle(0)

    @property
    def options(self) -> list[Option]:
        """The options that the scheduler moves."""
        return list(self.tables)

    def entries(self) -> dict[str, Tensor]:
        """The tensors that hold the schedule, by name."""
        if self._seen() != self._mark:
            raise FunctionalizationError(
                f"'{self.name}' was stepped outside the pure step since functionalize wrote its schedule down. "
                "Functionalize again, or step it only inside."
            )
        made = {"step": wrap(constant(np.array(self.position, np.int32)))}
        return made | {f"{option}": wrap(constant(table)) for option, table in self.tables.items()}

    def advance(self, entries: dict[str, Tensor]) -> None:
        """What `scheduler.step()` is while a step is recorded."""
        with no_grad():
            entries["step"].add_(1)
            for option in self.tables:
                option.set(apply(ENTRY, (), entries[f"{option}"], entries["step"]))
        groups = self.scheduler.optimizer.param_groups
        self.scheduler._last_lr = [group["lr"] for group in groups]

    def settle(self, position: int) -> None:
        """Note that the scheduler stands at a position, however it came there."""
        self.position, self._mark = position, self._seen()

    def go_to(self, position: int) -> None:
        """Bring the scheduler to a position."""
        restore(self._origin)
        for option, number in self._numbers.items():
            option.put(number)
        with _silence():
            for _ in range(position):
                self.scheduler.step()
        self.settle(position)

    def check(self, position: int, steps: int) -> None:
        """Refuse to go on from a position beyond what is written down."""
        last = min((table.size for table in self.tables.values()), default=position + steps + 1) - 1
        if position + steps > last:
            raise FunctionalizationError(
                f"'{self.name}' is written down for {last} steps, but the state would reach step {position + steps}. "
                "Pass a larger horizon to functionalize, unless the schedule itself ends there."
            )

    def _ahead(self, horizon: int) -> dict[Option, np.ndarray]:
        """The values of every option that moves, and of the learning rates."""
        rows = [list(self._numbers.values())]
        with _silence():
            for _ in range(horizon):
                try:
                    self.scheduler.step()
                except ValueError:  # a cycle that is over
                    break
                rows.append([option.number() for option in self._numbers])
        self.go_to(0)
        columns = zip(self._numbers, np.array(rows, np.float64).T, strict=True)
        return {option: column.copy() for option, column in columns if option.name == "lr" or np.ptp(column) > 0}

    def _seen(self) -> Any:
        scheduler = self.scheduler
        rates = tuple(float(option.number()) for option in self.tables)
        return getattr(scheduler, "last_epoch", None), getattr(scheduler, "_step_count", None), rates


@contextmanager
def _silence() -> Generator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the order of two steps that nobody takes
        yield


def attributes_of(scheduler: LRScheduler) -> Attributes:
    """The attributes of a scheduler and of its parts, copied."""
    own = {name: _copied(value) for name, value in vars(scheduler).items()}
    parts = [pair for part in getattr(scheduler, "_schedulers", ()) for pair in attributes_of(part)]
    return [(scheduler, own), *parts]


def restore(attributes: Attributes) -> None:
    """Give schedulers the attributes back that they had."""
    for scheduler, own in attributes:
        vars(scheduler).clear()
        vars(scheduler).update({name: _copied(value) for name, value in own.items()})


def _copied(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, dict | set | list) else value
