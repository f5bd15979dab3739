"""The one-cycle policy (Smith and Topin, 2017, arXiv:1708.07120)."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import schedules
from funcgrad.optim.schedules.cycle import Anneal
from funcgrad.torch.optim._lr.base import check_optimizer, one_for_each_group
from funcgrad.torch.optim._lr.cycles import WithMomentum
from funcgrad.torch.optim.optimizer import Optimizer

NO_TOTAL = "You must define either total_steps OR (epochs AND steps_per_epoch)"


class OneCycleLR(WithMomentum):
    """Up to `max_lr`, then down far below the start, in `total_steps` steps; the momentum mirrors it.

    The bounds stand in the groups, where they can be changed.

    Args:
        optimizer: Whose learning rates to set.
        max_lr: The highest rate, one or one for each group.
        total_steps: Steps of the cycle; by default `epochs * steps_per_epoch`.
        epochs: Epochs of the cycle.
        steps_per_epoch: Steps of an epoch.
        pct_start: The share of the steps that goes up.
        anneal_strategy: Along a cosine (`cos`) or along a line (`linear`).
        cycle_momentum: Move the momentum against the rate.
        base_momentum: The least momentum.
        max_momentum: The largest momentum.
        div_factor: How far below the highest rate the first one lies.
        final_div_factor: How far below the first rate the last one lies.
        three_phase: Come down in as many steps as up, to the first rate, and from there to the last.
        last_epoch: Steps taken before, to resume.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Anneal = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        schedules.one_cycle_lr(0.0, self.total_steps, pct_start, anneal_strategy)  # refuses what is out of range
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        for group, top in zip(optimizer.param_groups, one_for_each_group("max_lr", optimizer, max_lr), strict=True):
            if last_epoch == -1:
                group["initial_lr"] = top / div_factor
                group["max_lr"] = top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._start_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates at `last_epoch`; sets the momentum on the way."""
        self._warn_outside_step()
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is {self.total_steps}"
            )
        phase, share = self._position()
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                start, end = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(start, end, share))
        return [self._between(group[phase["start_lr"]], group[phase["end_lr"]], share) for group in groups]

    def _position(self) -> tuple[dict[str, Any], float]:
        """The phase of `last_epoch`, and the share of it that is over."""
        begin: float = 0.0
        for phase in self._schedule_phases[:-1]:
            if self.last_epoch <= phase["end_step"]:
                break
            begin = phase["end_step"]
        else:
            phase = self._schedule_phases[-1]
        return phase, (self.last_epoch - begin) / (phase["end_step"] - begin)

    def _between(self, start: Any, end: Any, share: float) -> Any:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return schedules.cosine_annealing_lr(start, 1, end)(share)


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError(NO_TOTAL)
    parts = {"total_steps": total_steps}
    if total_steps is None:
        parts = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    total = 1
    for name, value in parts.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
        total *= value
    return total


def _phases(total_steps: int, pct_start: float, three_phase: bool) -> list[dict[str, Any]]:
    """Where each phase ends, and the names of the bounds that it connects."""
    lr = ["initial_lr", "max_lr", "initial_lr", "min_lr"] if three_phase else ["initial_lr", "max_lr", "min_lr"]
    momentum = ["max_momentum", "base_momentum", "max_momentum", "max_momentum"]
    count = len(lr) - 1
    ends = [*(float(k * pct_start * total_steps) - k for k in range(1, count)), total_steps - 1]
    return [
        {
            "end_step": ends[k],
            "start_lr": lr[k],
            "end_lr": lr[k + 1],
            "start_momentum": momentum[k],
            "end_momentum": momentum[k + 1],
        }
        for k in range(count)
    ]
