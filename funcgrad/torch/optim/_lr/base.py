"""LRScheduler: sets the learning rates of an optimizer's groups, step by step."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._listening import listeners
from funcgrad.torch._ops.inplace import fill_
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.optim.optimizer import Optimizer

_SEE = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)
STEP_BEFORE_OPTIMIZER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call "
    "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
    f"PyTorch skipping the first value of the learning rate schedule. {_SEE}"
)
STEP_REPLACED = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make sure "
    f"to call `optimizer.step()` before `lr_scheduler.step()`. {_SEE}"
)
OUTSIDE_STEP = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."
NO_INITIAL_LR = (
    "param 'initial_lr' is not specified in param_groups[{}] when resuming scheduler with last_epoch >= 0.\n"
    "This typically happens when:\n"
    "1. You're trying to resume training from a checkpoint but haven't properly loaded the optimizer state\n"
    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
)


class LRScheduler:
    """The base class; a scheduler of one's own defines `get_lr`.

    Args:
        optimizer: Whose learning rates to set.
        last_epoch: Steps taken before, to resume; -1 at the start.

    Raises:
        TypeError: `optimizer` is none.
        KeyError: To resume, the groups need their `initial_lr`.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(NO_INITIAL_LR.format(i))
        self.base_lrs = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _watch_steps(optimizer)
        self._initial_step()

    def step(self, epoch: int | None = None) -> None:
        """Go one step on, and set the learning rates.

        Args:
            epoch: The step to go to instead; out of use.
        """
        if listeners and not self._is_initial:
            for listener in listeners:
                listener.schedules(self)
        if self._step_count == 1:
            self._warn_about_order()
        self._step_count += 1
        if epoch is not None:
            warn(EPOCH_DEPRECATION_WARNING)
        self._update_lr(epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates at `last_epoch`, from those in force."""
        raise NotImplementedError

    def get_last_lr(self) -> list[Any]:
        """The learning rates set last, one for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return self._attributes()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over attributes; the optimizer's learning rates stay as they are."""
        self.__dict__.update(state_dict)

    def _attributes(self, *left_out: str) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("optimizer", *left_out)}

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        with self._within_step():
            closed_form = getattr(self, "_get_closed_form_lr", self.get_lr)
            self._set(self.get_lr() if epoch is None else closed_form())

    def _set(self, values: list[Any]) -> None:
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            set_value(group, "lr", value)
        self._last_lr = values_of(self.optimizer, "lr")

    @contextmanager
    def _within_step(self) -> Generator[None]:
        self._get_lr_called_within_step = True
        try:
            yield
        finally:
            self._get_lr_called_within_step = False

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warn(OUTSIDE_STEP)

    def _warn_about_order(self) -> None:
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warn(STEP_REPLACED)
        elif not getattr(self.optimizer, "_opt_called", False):
            warn(STEP_BEFORE_OPTIMIZER)


class _LRScheduler(LRScheduler):
    """The base class under its old name."""


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def _enable_get_lr_call(o: LRScheduler) -> Any:
    """A block in which the scheduler's `get_lr` is called by its own step."""
    return o._within_step()


def _warn_get_lr_called_within_step(lr_scheduler: LRScheduler) -> None:
    """Warn of a `get_lr` that is called from outside."""
    lr_scheduler._warn_outside_step()


def copied(value: Any) -> Any:
    """The value; a tensor's own copy."""
    return value.clone() if isinstance(value, Tensor) else value


def values_of(optimizer: Optimizer, name: str) -> list[Any]:
    """An option of every group, tensors copied."""
    return [copied(group[name]) for group in optimizer.param_groups]


def set_value(group: dict[str, Any], name: str, value: Any) -> None:
    """Give an option of a group a value; where it is a tensor, in place."""
    if isinstance(group[name], Tensor):
        fill_(group[name], value)
    else:
        group[name] = value


def one_for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """The value for each group, from one for all or from a list.

    Raises:
        ValueError: The list has another length.
    """
    groups = optimizer.param_groups
    if not isinstance(value, list | tuple):
        return [copied(value) for _ in groups]
    if len(value) != len(groups):
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups "
            f"has {len(groups)}."
        )
    return [copied(x) for x in value]


def _watch_steps(optimizer: Optimizer) -> None:
    """Note on the optimizer when it steps, for the warning about the order."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    function, reference = optimizer.step.__func__, weakref.ref(optimizer)

    @functools.wraps(function)
    def step(*args: Any, **kwargs: Any) -> Any:
        owner: Any = reference()
        owner._opt_called = True
        return function(owner, *args, **kwargs)

    step._wrapped_by_lr_sched = True  # pyright: ignore[reportAttributeAccessIssue]
    optimizer.step = step
