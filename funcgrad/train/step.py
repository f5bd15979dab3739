"""The training step: one pure function from a state and a batch to the next state.

A gradient exists only between `value_and_grad` and `update`; there is nowhere for it to pile up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import optax

from funcgrad.train.arguments import check_kind, check_params
from funcgrad.train.micro_batches import gradient_of
from funcgrad.train.precision import Policy
from funcgrad.train.sharding import DataParallel
from funcgrad.train.state import TrainState
from funcgrad.train.update import StepMetrics, make_update

TrainStep = Callable[[TrainState, Any], tuple[TrainState, StepMetrics]]


def make_train_step(
    loss_fn: Callable[..., Any],
    optimizer: optax.GradientTransformation,
    *,
    has_aux: bool = False,
    norms: bool = False,
    micro_batches: int = 1,
    clip: optax.GradientTransformation | None = None,
    policy: Policy | None = None,
    skip_nonfinite: bool = False,
    parallel: DataParallel | None = None,
) -> TrainStep:
    """Return the compiled step `(state, batch) -> (next state, metrics)` of gradient descent on `loss_fn`.

        g = d loss_fn(params, batch) / d params;    params' = params + optimizer.update(clip(g))

    What changes from step to step (random key, loss scale, collections) is in the state; see `TrainState.create`.

    Args:
        loss_fn: `loss_fn(params, batch)`, with `rng` and `collections` after them if the state holds them. It
            returns the sums that `weighted_sum` makes, or one floating number, already averaged as it should be;
            with collections it returns `(loss, collections)`.
        optimizer: an optax transformation.
        has_aux: whether `loss_fn` returns `(loss, aux)`, or `(loss, aux, collections)`; aux is any pytree and is
            reported in the metrics.
        norms: whether the metrics hold the norms of the gradient and of the update.
        micro_batches: into how many parts the batch is cut, to need the memory of one; `loss_fn` has to return sums.
            Clipping, weight decay and the optimizer's count happen once an update. See `accumulate`.
        clip: a transformation without state, such as `funcgrad.optim.clip_by_global_norm(1.0)`.
        policy: the dtypes of computation.
        skip_nonfinite: whether a gradient with an infinite or nan element leaves params, optimizer state and
            collections as they are. A state with a loss scale always does so.
        parallel: the devices to share the batch between; `loss_fn` has to return sums.

    Returns:
        A function under `jax.jit` that donates its state: use the state that it returns, never the one it was given.

    Raises:
        TypeError: if an option is of another kind; at the first call, if the parameters are not all floating, or if
            `loss_fn` takes or returns something else than described.

    Example:
        >>> import jax.numpy as jnp
        >>> optimizer = optax.sgd(0.1)
        >>> step = make_train_step(lambda w, x: (w * x) ** 2, optimizer)
        >>> state, metrics = step(TrainState.create(jnp.float32(1), optimizer), jnp.float32(2))
        >>> float(metrics.loss), round(float(state.params), 4)
        (4.0, 0.2)
    """
    check_kind("parallel", parallel, DataParallel, "DataParallel.over()")
    sums_of = gradient_of(loss_fn, micro_batches=micro_batches, has_aux=has_aux, policy=policy, dtype=None)
    sums_of = sums_of if parallel is None else parallel.over_devices(sums_of)
    update = make_update(optimizer, clip=clip, norms=norms, skip_nonfinite=skip_nonfinite)

    def train_step(state: TrainState, batch: Any) -> tuple[TrainState, StepMetrics]:
        check_kind("the state of the step", state, TrainState, "TrainState.create(params, optimizer)")
        check_params(state.params)
        following, metrics = update(state, sums_of(state.params, batch, **inputs(state)))
        return following if parallel is None else parallel.constrained(following), metrics

    return jax.jit(train_step, donate_argnums=0)


def inputs(state: TrainState) -> dict[str, Any]:
    """What a gradient is computed with beside params and batch; keys come fresh for each step."""
    rng = None if state.rng is None else jax.random.fold_in(state.rng, state.step)
    scale = None if state.loss_scale is None else state.loss_scale.scale
    return {"rng": rng, "collections": state.collections, "scale": scale}
