"""The figures of a run, computed from its recording.

The fresh gradient of each batch comes from the pure twin at the recorded parameters: it knows no `.grad`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from funcgrad.compare.digits import Digits
from funcgrad.compare.models import Params, accuracy
from funcgrad.compare.recording import Recording
from funcgrad.compare.trajectory import Trajectory, at, norms

ACCURACY_EVERY = 10  # steps


class Run(NamedTuple):
    """A run of T steps in figures; step t is entry t - 1."""

    params: Trajectory  # [T + 1, ...], before each step and after the last
    loss: np.ndarray  # float32[T], of the step's batch, before its update
    used_norm: np.ndarray  # float64[T], 2-norm of the gradient that the optimizer used
    fresh_norm: np.ndarray  # float64[T], 2-norm of the gradient of this step's batch alone
    batches_in_grad: np.ndarray  # float64[T], how many batches' gradients are in the one used; NaN if it is not finite
    update_norm: np.ndarray  # float64[T], 2-norm of the change of the parameters
    accuracy_steps: np.ndarray  # int64[K], after which steps the accuracy was taken
    accuracy: np.ndarray  # float32[K], share of the test digits that are recognised


def measure(recording: Recording, loss_fn: Callable[[Params, Any], Any], batches: Any, digits: Digits) -> Run:
    """Compute the figures of a recording.

    Args:
        recording: of T steps.
        loss_fn: the pure twin of the model that was trained.
        batches: what `loss_fn` takes as its batch, with the T steps as leading axis.
        digits: with the test set.
    """
    steps = len(recording.loss)
    fresh = jax.device_get(_gradients(loss_fn, at(recording.params, slice(steps)), batches))
    looks = np.unique([*range(0, steps, ACCURACY_EVERY), steps])
    return Run(
        params=recording.params,
        loss=recording.loss,
        used_norm=recording.used_norm,
        fresh_norm=norms(fresh),
        batches_in_grad=np.ones(steps) if recording.used is None else count_batches(recording.used, fresh),
        update_norm=norms({name: np.diff(path, axis=0) for name, path in recording.params.items()}),
        accuracy_steps=looks,
        accuracy=np.asarray(_accuracies(at(recording.params, looks), digits.test_images, digits.test_labels)),
    )


def count_batches(used: Trajectory, fresh: Trajectory) -> np.ndarray:
    """Read from the numbers how many batches' gradients each used gradient holds.

    A gradient of zero holds none. Any other is either the fresh one, or the fresh one added to what was there at the
    step before; the nearer of the two counts.

    Args:
        used: [T, ...], the gradients that the optimizer used.
        fresh: [T, ...], the gradient of each step's batch alone.

    Returns:
        float64[T]; NaN where a gradient is not finite.
    """
    stale = {name: used[name] - fresh[name] for name in used}
    added = {name: np.concatenate([leaf[:1], leaf[1:] - used[name][:-1]]) for name, leaf in stale.items()}
    counts: list[float] = []
    for size, from_fresh, from_sum in zip(norms(used), norms(stale), norms(added), strict=True):
        piled_on = counts[-1] if counts and from_sum < from_fresh else 0
        counts.append(0 if size == 0 else 1 + piled_on)
    return np.where(np.isfinite(norms(used)), counts, np.nan)


@partial(jax.jit, static_argnums=0)
def _gradients(loss_fn: Callable[[Params, Any], Any], params: Any, batches: Any) -> Any:
    return jax.lax.map(lambda both: jax.grad(loss_fn)(*both), (params, batches))


@jax.jit
def _accuracies(params: Any, images: Any, labels: Any) -> Any:
    return jax.lax.map(lambda point: accuracy(point, images, labels), params)
