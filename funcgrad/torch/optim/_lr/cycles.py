"""Schedulers that go up and down, some with the momentum beside them."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any, Literal

from funcgrad.optim import schedules
from funcgrad.optim.schedules.cycle import Mode
from funcgrad.torch._listening import listeners
from funcgrad.torch.optim._lr.base import LRScheduler, check_optimizer, one_for_each_group, set_value
from funcgrad.torch.optim.optimizer import Optimizer

NO_MOMENTUM = "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"


class WithMomentum(LRScheduler):
    """A scheduler that can set the momentum too, or the first beta where there is none."""

    cycle_momentum: bool
    use_beta1: bool

    def _start_momentum(self, base: Any, largest: Any, last_epoch: int) -> tuple[list[Any], list[Any]]:
        """Note both bounds in the groups, and begin at the upper one."""
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(NO_MOMENTUM)
        self.use_beta1 = "betas" in defaults
        bases = one_for_each_group("base_momentum", self.optimizer, base)
        tops = one_for_each_group("max_momentum", self.optimizer, largest)
        if last_epoch == -1:
            for group, low, top in zip(self.optimizer.param_groups, bases, tops, strict=True):
                self._set_momentum(group, top)
                group["max_momentum"], group["base_momentum"] = top, low
        return bases, tops

    def _set_momentum(self, group: dict[str, Any], value: Any) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value


class CyclicLR(WithMomentum):
    """`funcgrad.optim.schedules.cyclic_lr`: up to `max_lr` and back to `base_lr`, again and again.

    Args:
        optimizer: Whose learning rates to set.
        base_lr: The rate at the start of a cycle, one or one for each group.
        max_lr: The rate at the top of the first cycle, likewise.
        step_size_up: Steps up.
        step_size_down: Steps down; as many as up by default.
        mode: The height of the top: `triangular`, `triangular2` or `exp_range`.
        gamma: The factor of `exp_range`.
        scale_fn: The height as a function, instead of `mode`.
        scale_mode: What `scale_fn` gets: the number of the `cycle`, or of `iterations`.
        cycle_momentum: Move the momentum against the rate.
        base_momentum: The least momentum.
        max_momentum: The largest momentum.
        last_epoch: Steps taken before, to resume.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Mode = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = one_for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                set_value(group, "lr", lr)
        self.max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode: Mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode: Literal["cycle", "iterations"] = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self._law(0.0, 0.0)  # refuses an unknown mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._start_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def _law(self, base: Any, top: Any) -> schedules.Schedule:
        up: Any = self.total_size * self.step_ratio
        height = self.mode, self.gamma, self._scale_fn_custom, self.scale_mode
        return schedules.cyclic_lr(base, top, up, self.total_size - up, *height)  # pyright: ignore[reportArgumentType]

    def get_lr(self) -> list[Any]:
        """The learning rates at `last_epoch`; sets the momentum on the way."""
        self._warn_outside_step()
        step = self.last_epoch
        if self.cycle_momentum:
            bounds = zip(self.optimizer.param_groups, self.max_momentums, self.base_momentums, strict=True)
            for group, start, end in bounds:
                self._set_momentum(group, self._law(start, end)(step))
        return [self._law(base, top)(step) for base, top in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; of a `scale_fn` its own state, None for a plain function."""
        scale = self._scale_fn_custom
        has_state = scale is not None and not isinstance(scale, types.FunctionType)
        own = scale.__dict__.copy() if has_state else None
        return {**self._attributes("_scale_fn_custom"), "_scale_fn_custom": own}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over attributes, and the state of a `scale_fn` that is an object."""
        own = state_dict.get("_scale_fn_custom")
        self.__dict__.update({name: value for name, value in state_dict.items() if name != "_scale_fn_custom"})
        if own is not None and self._scale_fn_custom is not None:
            self._scale_fn_custom.__dict__.update(own)


class CosineAnnealingWarmRestarts(LRScheduler):
    """Cosine annealing that starts again after `T_0` steps, then after `T_0 * T_mult`, … more.

    Args:
        optimizer: Whose learning rates to set.
        T_0: Steps of the first period.
        T_mult: Factor from one period to the next.
        eta_min: The least rate.
        last_epoch: Steps taken before, to resume.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        schedules.cosine_annealing_warm_restarts(0.0, T_0, T_mult)  # refuses periods that are none
        if not isinstance(eta_min, float | int):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates `T_cur` steps into the period."""
        self._warn_outside_step()
        return [schedules.cosine_annealing_lr(lr, self.T_i, self.eta_min)(self.T_cur) for lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go one step on, or to a step, which may lie between two whole ones."""
        if listeners:
            for listener in listeners:
                listener.schedules(self)
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        with self._within_step():
            self._set(self.get_lr())

    def _go_to(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            restarts = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**restarts - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**restarts
