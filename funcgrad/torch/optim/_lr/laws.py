"""Schedulers whose law is a function of the step, and those that take their factor from a function."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from funcgrad.optim import schedules
from funcgrad.optim.schedules import Schedule
from funcgrad.torch.optim._lr.base import LRScheduler, values_of
from funcgrad.torch.optim.optimizer import Optimizer

Factor = Callable[[int], float]


class ByLaw(LRScheduler):
    """A scheduler that goes from the rate in force to the next, as its law says."""

    _keeps_resumed_rate = True

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._law(0.0)  # refuses parameters that are out of range before anything changes
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        raise NotImplementedError

    def get_lr(self) -> list[Any]:
        """The learning rates at `last_epoch`, from those in force."""
        self._warn_outside_step()
        rates = values_of(self.optimizer, "lr")
        if self._is_initial and self.last_epoch > 0 and self._keeps_resumed_rate:
            return rates
        pairs = zip(self.base_lrs, rates, strict=True)
        return [self._law(base_lr).advance(self.last_epoch, lr) for base_lr, lr in pairs]

    def _get_closed_form_lr(self) -> list[Any]:
        return [self._law(base_lr)(self.last_epoch) for base_lr in self.base_lrs]


class StepLR(ByLaw):
    """`funcgrad.optim.schedules.step_lr`: times `gamma` every `step_size` steps."""

    _keeps_resumed_rate = False

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        return schedules.step_lr(base_lr, self.step_size, self.gamma)


class MultiStepLR(ByLaw):
    """`funcgrad.optim.schedules.multi_step_lr`: times `gamma` at each milestone."""

    _keeps_resumed_rate = False

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        return schedules.multi_step_lr(base_lr, list(self.milestones.elements()), self.gamma)


class ConstantLR(ByLaw):
    """`funcgrad.optim.schedules.constant_lr`: times `factor` for `total_iters` steps."""

    _keeps_resumed_rate = False

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        return schedules.constant_lr(base_lr, self.factor, self.total_iters)


class LinearLR(ByLaw):
    """`funcgrad.optim.schedules.linear_lr`: a factor that goes along a line."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        return schedules.linear_lr(base_lr, self.start_factor, self.end_factor, self.total_iters)


class ExponentialLR(ByLaw):
    """`funcgrad.optim.schedules.exponential_lr`: times `gamma` at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        return schedules.exponential_lr(base_lr, self.gamma)


class PolynomialLR(ByLaw):
    """`funcgrad.optim.schedules.polynomial_lr`: down to zero along a power."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        return schedules.polynomial_lr(base_lr, self.total_iters, self.power)


class CosineAnnealingLR(ByLaw):
    """`funcgrad.optim.schedules.cosine_annealing_lr`: down to `eta_min` in `T_max` steps, and up again."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _law(self, base_lr: Any) -> Schedule:
        return schedules.cosine_annealing_lr(base_lr, self.T_max, self.eta_min)


class _ByFunction(LRScheduler):
    """A scheduler with a function for each group; of functions that are objects the state is saved."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        groups = len(optimizer.param_groups)
        functions = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * groups
        if len(functions) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(functions)}")
        self.lr_lambdas = functions
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, with None for plain functions."""
        states = [None if isinstance(f, types.FunctionType) else f.__dict__.copy() for f in self.lr_lambdas]
        return {**self._attributes("lr_lambdas"), "lr_lambdas": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over attributes, and the state of functions that are objects."""
        self.__dict__.update({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for function, state in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=False):
            if state is not None:
                function.__dict__.update(state)


class LambdaLR(_ByFunction):
    """`funcgrad.optim.schedules.lambda_lr`: the initial rate times a function of the step."""

    def get_lr(self) -> list[Any]:
        """The learning rates at `last_epoch`."""
        self._warn_outside_step()
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [schedules.lambda_lr(base_lr, factor)(self.last_epoch) for base_lr, factor in pairs]


class MultiplicativeLR(_ByFunction):
    """Times a function of the step, at every step."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        factors = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * len(optimizer.param_groups)
        for factor in factors:
            if not callable(factor):
                raise TypeError(f"lr_lambda should be a function, but got {type(factor).__name__}")
        super().__init__(optimizer, factors, last_epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates at `last_epoch`, from those in force."""
        self._warn_outside_step()
        rates = values_of(self.optimizer, "lr")
        if self._is_initial:
            return rates
        return [lr * factor(self.last_epoch) for lr, factor in zip(rates, self.lr_lambdas, strict=True)]
