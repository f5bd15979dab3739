"""The update: from summed gradients to the next state, the same for a batch, a window and many devices.

The order is unscale, divide, clip, apply; an update that is not finite leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.train.arguments import check_transformation
from funcgrad.train.micro_batches import Accumulation, is_sum
from funcgrad.train.precision import all_finite
from funcgrad.train.stages import Mean, apply_gradients, mean, unscale
from funcgrad.train.stages import clip as clipped
from funcgrad.train.state import TrainState


class StepMetrics(NamedTuple):
    """What one step reports; a field that was not asked for is None and costs nothing."""

    loss: Any  # float[], the mean
    aux: Any = None  # whatever loss_fn returned beside the loss; an Accumulated as its mean
    grad_norm: Any = None  # float[], 2-norm of all gradients together, before clipping
    update_norm: Any = None  # float[], 2-norm of what was added to the parameters
    weight: Any = None  # [], what the loss was divided by, if loss_fn returned sums
    is_finite: Any = None  # bool[], whether the update was made; None where nothing is ever skipped
    loss_scale: Any = None  # float32[], of this step


Update = Callable[[TrainState, Accumulation[Any]], tuple[TrainState, StepMetrics]]


def make_update(
    optimizer: optax.GradientTransformation,
    *,
    clip: optax.GradientTransformation | None,
    norms: bool,
    skip_nonfinite: bool,
) -> Update:
    """Return the pure function `(state, sums) -> (next state, metrics)`, not compiled.

    Raises:
        TypeError: if the optimizer or the clipping is no transformation.
    """
    check_transformation("optimizer", optimizer, "funcgrad.optim.adamw(1e-3)")
    if clip is not None:
        check_transformation("clip", clip, "funcgrad.optim.clip_by_global_norm(1.0)")

    def update(state: TrainState, sums: Accumulation[Any]) -> tuple[TrainState, StepMetrics]:
        average = mean(sums.gradient if state.loss_scale is None else unscale(sums.gradient))
        gradient = average if clip is None else clipped(average, clip)
        params, opt_state, updates = apply_gradients(
            optimizer, gradient, state.opt_state, state.params, value=sums.loss.finish(), grad=average.tree
        )
        following = state._replace(
            params=params, opt_state=opt_state, collections=sums.collections, step=state.step + 1
        )
        metrics = _metrics(sums, *((average.tree, updates) if norms else ()))
        if state.loss_scale is None and not skip_nonfinite:
            return following, metrics
        return _guarded(state, following, metrics, average)

    return update


def _guarded(
    state: TrainState, following: TrainState, metrics: StepMetrics, average: Mean[Any]
) -> tuple[TrainState, StepMetrics]:
    is_finite = all_finite(average.tree)

    def chosen(name: str) -> Any:
        return jax.tree.map(
            lambda new, old: jnp.where(is_finite, new, old), getattr(following, name), getattr(state, name)
        )

    kept = {name: chosen(name) for name in ("params", "opt_state", "collections")}
    metrics = metrics._replace(is_finite=is_finite)
    if state.loss_scale is None:
        return following._replace(**kept), metrics
    following = following._replace(**kept, loss_scale=state.loss_scale.adjust(is_finite))
    return following, metrics._replace(loss_scale=state.loss_scale.scale)


def _metrics(sums: Accumulation[Any], *normed: Any) -> StepMetrics:
    aux = jax.tree.map(lambda leaf: leaf.finish() if is_sum(leaf) else leaf, sums.aux, is_leaf=is_sum)
    norms = [optax.tree.norm(tree) for tree in normed] or [None, None]
    return StepMetrics(sums.loss.finish(), aux, *norms, weight=sums.loss.weight)
