"""A window of batches that arrive one by one: the stream form of accumulation.

The window is a plain pytree, so it can be checkpointed in the middle and added to the window of another process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.train.accumulation import Accumulated
from funcgrad.train.arguments import check_params
from funcgrad.train.loss import refuse_mean
from funcgrad.train.micro_batches import Accumulation, gradient_of
from funcgrad.train.precision import Policy
from funcgrad.train.stages import Scaled, Summed
from funcgrad.train.state import TrainState
from funcgrad.train.step import inputs
from funcgrad.train.update import StepMetrics, make_update


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Window:
    """The sums since the last update."""

    loss: Accumulated[jax.Array]  # float[]
    grads: Accumulated[Any]  # of the form of the parameters; under a loss scale still scaled
    batches: jax.Array  # int32[], batches in the window
    collections: Any  # as the last batch left them

    @classmethod
    def empty(cls, state: TrainState) -> Window:
        """Return the window before its first batch."""
        sums = Accumulated.zero(jnp.zeros(())), Accumulated.zero(state.params)
        return cls(*sums, jnp.zeros((), jnp.int32), jax.tree.map(jnp.copy, state.collections))


class StreamStep(NamedTuple):
    """A training step in two halves, both compiled; each donates its window, and `update` the state too."""

    add: Callable[[TrainState, Window, Any], tuple[Window, Any]]
    """`(state, window, batch) -> (window with the batch, aux)`."""
    update: Callable[[TrainState, Window], tuple[TrainState, Window, StepMetrics]]
    """`(state, window) -> (next state, empty window, metrics)`."""


def make_stream_step(
    loss_fn: Callable[..., Any],
    optimizer: optax.GradientTransformation,
    *,
    has_aux: bool = False,
    norms: bool = False,
    clip: optax.GradientTransformation | None = None,
    policy: Policy | None = None,
    skip_nonfinite: bool = False,
) -> StreamStep:
    """Return a step that is given its batches one by one and updates when told to.

    A window may hold any number of batches of any sizes; the update is that of one batch of all their examples.
    Batch i of a window draws from `fold_in(fold_in(rng, step), i)`, as in `make_train_step` with micro-batches.

    Args:
        loss_fn: as for `make_train_step`; it has to return sums, as `weighted_sum` makes them.
        optimizer: an optax transformation; its update, clipping and weight decay happen once a window.
        has_aux: whether `loss_fn` returns aux values, which `add` hands on.
        norms: whether the metrics hold the norms of the gradient and of the update.
        clip: a transformation without state.
        policy: the dtypes of computation.
        skip_nonfinite: whether an update that is not finite leaves the state as it is; with a loss scale always.

    Example:
        >>> from funcgrad.train import weighted_sum
        >>> add, update = make_stream_step(lambda w, x: weighted_sum((w - x) ** 2), optax.sgd(0.5))
        >>> state = TrainState.create(jnp.float32(0), optax.sgd(0.5))
        >>> window = Window.empty(state)
        >>> for batch in (jnp.array([1.0, 2.0]), jnp.array([6.0])):
        ...     window, _ = add(state, window, batch)
        >>> state, window, metrics = update(state, window)
        >>> float(state.params)
        3.0
    """
    sums_of = gradient_of(loss_fn, micro_batches=1, has_aux=has_aux, policy=policy, dtype=None)
    update_state = make_update(optimizer, clip=clip, norms=norms, skip_nonfinite=skip_nonfinite)

    def add(state: TrainState, window: Window, batch: Any) -> tuple[Window, Any]:
        check_params(state.params)
        given = {**inputs(state), "collections": window.collections}
        given["rng"] = None if given["rng"] is None else jax.random.fold_in(given["rng"], window.batches)
        sums = sums_of(state.params, batch, **given)
        refuse_mean(sums.loss, "a window adds up what it returns")
        added = Window(
            window.loss.plus(sums.loss), window.grads.plus(sums.gradient.sums), window.batches + 1, sums.collections
        )
        return _typed(added, window), sums.aux

    def update(state: TrainState, window: Window) -> tuple[TrainState, Window, StepMetrics]:
        scale = state.loss_scale
        gradient = Summed(window.grads) if scale is None else Scaled(window.grads, scale.scale)
        following, metrics = update_state(state, Accumulation(window.loss, gradient, None, window.collections))
        return following, Window.empty(following), metrics

    return StreamStep(jax.jit(add, donate_argnums=1), jax.jit(update, donate_argnums=(0, 1)))


def _typed(added: Window, before: Window) -> Window:
    """The window in its own dtypes, so that adding never compiles again."""
    return jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), added, before)
