"""torch.optim.swa_utils: averages of a model's weights over training, and the learning rate that goes with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._in_place import assign
from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import int64
from funcgrad.torch.nn._module import Module
from funcgrad.torch.optim._lr.base import LRScheduler, one_for_each_group
from funcgrad.torch.optim.optimizer import Optimizer
from funcgrad.trace import Number, Op, array_of

Average = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverage = Callable[[Any, Any, Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """`decay * average + (1 - decay) * current`, for one tensor."""
    _check_decay(decay)

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            return decay * ema_param + (1 - decay) * current_param  # pyright: ignore[reportOperatorIssue]

    return ema_update


def get_swa_avg_fn() -> Average:
    """`average + (current - average) / (count + 1)`, for one tensor."""

    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            return apply(MEANS, (), num_averaged, averaged_param, current_param)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """The exponential moving average in place, for a list of tensors."""
    _check_decay(decay)

    def ema_update(ema_param_list: Any, current_param_list: Any, _: Any) -> None:
        _write(LERPS, 1 - decay, ema_param_list, current_param_list)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """The mean of all weights so far in place, for a list of tensors."""

    def swa_update(averaged_param_list: Any, current_param_list: Any, num_averaged: Any) -> None:
        _write(LERPS, 1 / (num_averaged + 1), averaged_param_list, current_param_list)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose weights are averages; by default the mean of all weights it was shown.

    Args:
        model: The model that is trained.
        device: Where to keep the copy.
        avg_fn: `(average, current, count) -> average` for one tensor.
        multi_avg_fn: Likewise for lists of tensors, in place.
        use_buffers: Average buffers too; else they are copied.

    Raises:
        AssertionError: Both functions are given.
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model) if device is None else deepcopy(model).to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The averaged model's result."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the weights of `model` into the averages."""
        averages, current = self._averaged(self.module), self._averaged(model)
        with no_grad():
            if int(array_of(value_of(self.n_averaged), "AveragedModel")) == 0:
                _copy(averages, current)
            else:
                self._update(averages, current)
            if not self.use_buffers:
                _copy(list(self.module.buffers()), list(model.buffers()))
            self.n_averaged += 1

    def _averaged(self, model: Module) -> list[Tensor]:
        return list(chain(model.parameters(), model.buffers() if self.use_buffers else ()))

    def _update(self, averages: list[Tensor], current: list[Tensor]) -> None:
        if self.avg_fn is not None:
            for average, x in zip(averages, current, strict=True):
                _copy([average], [self.avg_fn(average.detach(), x.detach(), self.n_averaged)])
        elif self.multi_avg_fn is None:
            _write(MEANS, self.n_averaged, averages, current)
        else:
            for dtype in dict.fromkeys(x.dtype for x in averages):
                chosen = [k for k, x in enumerate(averages) if x.dtype is dtype]
                lists = ([x[k].detach() for k in chosen] for x in (averages, current))  # pyright: ignore[reportAttributeAccessIssue]
                self.multi_avg_fn(*lists, self.n_averaged)  # pyright: ignore[reportCallIssue]


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of all batch normalisations anew, as means over a data loader.

    Args:
        loader: Batches, or tuples and lists whose first item is the batch.
        model: The model; it is in training mode meanwhile.
        device: Where to move the batches.
    """
    with no_grad():
        momenta = {}
        for module in model.modules():
            if _is_batch_norm(module):
                module.reset_running_stats()
                momenta[module] = module.momentum
        if not momenta:
            return
        was_training = model.training
        model.train()
        for module in momenta:
            module.momentum = None  # the mean over all batches
        for batch in loader:
            x = batch[0] if isinstance(batch, list | tuple) else batch
            model(x if device is None else x.to(device))
        for module, momentum in momenta.items():
            module.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """Anneals to a constant learning rate.

    Args:
        optimizer: Whose learning rates to set.
        swa_lr: The last rate, one or one for each group.
        anneal_epochs: Steps on the way.
        anneal_strategy: Along a cosine (`cos`) or along a line (`linear`).
        last_epoch: Steps taken before, to resume.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for group, lr in zip(optimizer.param_groups, one_for_each_group("swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = lr
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The learning rates at the next step, from those in force."""
        self._warn_outside_step()
        step = self._step_count - 1 if self.anneal_epochs else max(1, self._step_count - 1)
        before, now = self._share(step - 1), self._share(step)
        return [_annealed(group["lr"], group["swa_lr"], before, now) for group in self.optimizer.param_groups]

    def _share(self, step: int) -> float:
        """The share of the way that is behind at a step."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2


def _annealed(lr: Any, swa_lr: Any, before: float, now: float) -> Any:
    start = swa_lr if before == 1 else (lr - before * swa_lr) / (1 - before)
    return swa_lr * now + start * (1 - now)


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _is_batch_norm(module: Any) -> bool:
    return any(kind.__name__ == "_BatchNorm" for kind in type(module).__mro__)


def _copy(targets: list[Tensor], sources: list[Tensor]) -> None:
    for target, source in zip(targets, sources, strict=True):
        target.detach().copy_(source.detach())  # pyright: ignore[reportAttributeAccessIssue]


def _write(op: Op, weight: Any, averages: list[Tensor], current: list[Tensor]) -> None:
    """Put new averages, all from one equation, in the place of the old ones."""
    with no_grad():
        made = apply(op, (), weight, *averages, *current)
        for average, new in zip(averages, made if isinstance(made, list) else [made], strict=True):
            assign(average, new)


def _means(count: Any, *tensors: Any) -> tuple[Any, ...]:
    count = count.value if isinstance(count, Number) else count
    pairs = zip(*_halves(tensors), strict=True)
    return tuple([(a + (x - a) / (count + 1).astype(_float(a))).astype(a.dtype) for a, x in pairs])


def _lerps(weight: Any, *tensors: Any) -> tuple[Any, ...]:
    """PyTorch's linear interpolation, which is exact at both ends."""
    weight = weight.value if isinstance(weight, Number) else weight
    return tuple([_lerp(a, x, weight.astype(_float(a))) for a, x in zip(*_halves(tensors), strict=True)])


def _lerp(a: Any, x: Any, weight: Any) -> Any:
    return jnp.where(weight < 0.5, a + weight * (x - a), x - (x - a) * (1 - weight)).astype(a.dtype)


def _float(a: Any) -> Any:
    return a.real.dtype if jnp.issubdtype(a.dtype, jnp.inexact) else jnp.float32


def _halves(tensors: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    half = len(tensors) // 2
    return tensors[:half], tensors[half:]


MEANS = Op("swa_means", _means)
LERPS = Op("swa_lerps", _lerps)
