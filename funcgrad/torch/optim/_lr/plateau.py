"""ReduceLROnPlateau: lower the rate when a metric has stopped improving."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._listening import listeners
from funcgrad.torch.optim._lr.base import (
    EPOCH_DEPRECATION_WARNING,
    LRScheduler,
    check_optimizer,
    set_value,
    values_of,
)
from funcgrad.torch.optim.optimizer import Optimizer

GROUPS_ADDED = (
    "The number of param groups in the `optimizer` ({}) differs from when `ReduceLROnPlateau` was initialized ({}), "
    "usually due to a new param group being added to the optimizer. Please modify the `min_lrs` field to match the "
    "length of the `optimizer` param groups."
)


class ReduceLROnPlateau(LRScheduler):
    """Times `factor` when the metric has not improved for more than `patience` steps.

    Args:
        optimizer: Whose learning rates to set.
        mode: Whether the metric is to go down (`min`) or up (`max`).
        factor: By how much to lower the rate.
        patience: Steps without improvement that are forgiven.
        threshold: The least change that counts as improvement.
        threshold_mode: As a share of the best (`rel`), or as it is (`abs`).
        cooldown: Steps after a reduction in which none is counted.
        min_lr: The least rate, one or one for each group.
        eps: The least change of the rate.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        self.factor = factor
        check_optimizer(optimizer)
        self.optimizer = optimizer
        groups = len(optimizer.param_groups)
        is_list = isinstance(min_lr, list | tuple)
        if is_list and len(min_lr) != groups:
            raise ValueError(f"expected {groups} min_lrs, got {len(min_lr)}")
        self.default_min_lr = None if is_list else min_lr
        self.min_lrs = list(min_lr) if is_list else [min_lr] * groups
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = values_of(optimizer, "lr")
        self._init_is_better(mode, threshold, threshold_mode)
        self._reset()

    @property
    def in_cooldown(self) -> bool:
        """Whether steps are not counted now."""
        return self.cooldown_counter > 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take note of the metric, and lower the rate if it is time.

        Args:
            metrics: The metric, a number or a tensor of one element.
            epoch: Out of use.
        """
        if listeners:
            for listener in listeners:
                listener.schedules(self)
        current = float(metrics)
        if epoch is not None:
            warn(EPOCH_DEPRECATION_WARNING)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = values_of(self.optimizer, "lr")

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over attributes; the optimizer's learning rates stay as they are."""
        super().load_state_dict(state_dict)
        self._init_is_better(self.mode, self.threshold, self.threshold_mode)

    def _reset(self) -> None:
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(GROUPS_ADDED.format(len(groups), len(self.min_lrs)))
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            lr = float(group["lr"])
            lower = max(lr * self.factor, least)
            if lr - lower > self.eps:
                set_value(group, "lr", lower)

    def _is_better(self, a: float, best: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        bound = best * (1.0 + sign * self.threshold) if self.threshold_mode == "rel" else best + sign * self.threshold
        return a < bound if self.mode == "min" else a > bound

    def _init_is_better(self, mode: str, threshold: float, threshold_mode: str) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown!")
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
