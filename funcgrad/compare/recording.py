"""A recorded run: its parameters before and after every step, and the gradients that the optimizer used.

Recording only reads; the figures are computed from what was read, so that looking at a run does not change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import optax

from funcgrad.compare.loops import Loop
from funcgrad.compare.models import Params
from funcgrad.compare.trajectory import Trajectory, norms, stack
from funcgrad.train import TrainState, fit, make_train_step

VISIT_EVERY = 25  # steps of the functional run between two moves of the progress bar

Advance = Callable[[int], None]  # told how many steps have just been run


class Recording(NamedTuple):
    """What happened in a run of T steps."""

    loss: np.ndarray  # float32[T], of the step's batch, before its update
    params: Trajectory  # [T + 1, ...], before each step and after the last
    used_norm: np.ndarray  # float[T], 2-norm of the gradient that the optimizer used
    used: Trajectory | None = None  # [T, ...], that gradient, zeros for a `.grad` of None; None where no `.grad` exists


def record_stateful(loop: Loop, model: Any, optimizer: Any, batches: Sequence[Any], advance: Advance) -> Recording:
    """Run a loop of `funcgrad.compare.loops` to its end."""
    named = dict(model.named_parameters())
    looks: list[Any] = []
    for loss in loop(model, optimizer, batches):
        # Read at every step: what is pending then ends at the same place each time, so that few programs are compiled.
        looks.append((_numpy(loss), {n: _numpy(p) for n, p in named.items()}, {n: _grad(p) for n, p in named.items()}))
        advance(1)
    losses, before, used = zip(*looks, strict=True)
    after = {name: _numpy(parameter) for name, parameter in named.items()}
    gradients = stack(used)
    return Recording(np.stack(losses), stack([*before, after]), norms(gradients), gradients)


def record_functional(
    loss_fn: Callable[[Params, Any], Any],
    params: Params,
    optimizer: optax.GradientTransformation,
    batches: Iterable[Any],
    advance: Advance,
) -> Recording:
    """Train a pure twin with the pure step, which reports the parameters it starts from as aux."""
    step = make_train_step(lambda p, batch: (loss_fn(p, batch), p), optimizer, has_aux=True, norms=True)
    state, metrics = fit(
        step,
        TrainState.create(params, optimizer),
        batches,
        visit_every=VISIT_EVERY,
        callbacks=[lambda visit: advance(len(visit.metrics.loss))],
    )
    trajectory = {name: np.concatenate([metrics.aux[name], state.params[name][None]]) for name in params}
    return Recording(metrics.loss, trajectory, metrics.grad_norm)


def _grad(parameter: Any) -> np.ndarray:
    return np.zeros(parameter.shape, np.float32) if parameter.grad is None else _numpy(parameter.grad)


def _numpy(tensor: Any) -> np.ndarray:
    return tensor.detach().numpy().copy()  # a copy, because PyTorch's array would follow the tensor
