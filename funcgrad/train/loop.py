"""The training loop: the only loop of training, and its only place with effects.

Between two host visits nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import jax
import numpy as np

from funcgrad.train.state import TrainState
from funcgrad.train.step import StepMetrics, TrainStep


class Visit(NamedTuple):
    """What a callback sees when the loop comes back to the host."""

    steps: int  # steps run since fit began
    state: TrainState  # donated to the next step: copy what you keep
    metrics: StepMetrics  # of the steps since the last visit: NumPy, with these steps as leading axis


def fit(
    step: TrainStep,
    state: TrainState,
    batches: Iterable[Any],
    *,
    visit_every: int = 100,
    scan: bool = False,
    callbacks: Sequence[Callable[[Visit], bool | None]] = (),
) -> tuple[TrainState, StepMetrics]:
    """Run `step` once for each batch.

    Args:
        step: what `make_train_step` returned.
        state: where to begin; it is donated.
        batches: pytrees of one structure. The loop ends with them.
        visit_every: steps between two host visits, where metrics are fetched and callbacks run.
        scan: run the steps between two visits as one program. It saves the call of each step, which pays for small
            models; on a CPU it slows convolutions down. Batches of unequal shapes are run one by one all the same.
        callbacks: called with a `Visit`, in order. The loop stops after a visit at which one of them returns True.

    Returns:
        The last state, and the metrics of all steps: NumPy, with the steps as leading axis.

    Raises:
        ValueError: if there is no batch, if `visit_every` is below 1, or if a batch has another structure than the
            first one.

    Example:
        >>> import jax.numpy as jnp, optax
        >>> from funcgrad.train import make_train_step
        >>> step = make_train_step(lambda w, x: (w - x) ** 2, optax.sgd(0.5))
        >>> state, metrics = fit(step, TrainState.create(jnp.float32(0), optax.sgd(0.5)), [3.0, 3.0])
        >>> metrics.loss.tolist()
        [9.0, 0.0]
    """
    if visit_every < 1:
        raise ValueError(f"visit_every is {visit_every}, expected at least 1 step between two host visits.")
    run = _run_scanned if scan else _run_each
    history: list[StepMetrics] = []
    steps = 0
    for group in _groups(_of_one_structure(batches), visit_every):
        state, metrics = run(step, state, group)
        history.append(metrics)
        steps += len(group)
        visit = Visit(steps, state, metrics)
        stops = [callback(visit) for callback in callbacks]
        if any(stops):
            break
    if not history:
        raise ValueError("batches was empty, expected at least one batch. An iterator that was used up gives nothing.")
    return state, jax.tree.map(lambda *parts: np.concatenate(parts), *history)


def print_loss(visit: Visit) -> None:
    """Print the number of steps and the latest loss; a callback for `fit`."""
    print(f"step {visit.steps:>6}  loss {visit.metrics.loss[-1]:.6g}")


def _groups(batches: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while group := list(islice(batches, size)):
        yield group


def _of_one_structure(batches: Iterable[Any]) -> Iterator[Any]:
    expected = None
    for index, batch in enumerate(batches):
        structure = jax.tree.structure(batch)
        expected = expected or structure
        if structure != expected:
            raise ValueError(
                f"batch {index} has the structure {structure}, but batch 0 had {expected}. "
                "Give every batch the same keys and the same nesting."
            )
        yield batch


def _run_each(step: TrainStep, state: TrainState, group: list[Any]) -> tuple[TrainState, StepMetrics]:
    collected = []
    for batch in group:
        state, metrics = step(state, batch)
        collected.append(metrics)
    return state, _stack(jax.device_get(collected))


def _run_scanned(step: TrainStep, state: TrainState, group: list[Any]) -> tuple[TrainState, StepMetrics]:
    shapes = {tuple(np.shape(leaf) for leaf in jax.tree.leaves(batch)) for batch in group}
    if len(shapes) > 1:
        return _run_each(step, state, group)
    state, metrics = _scan(step, state, _stack(group))
    return state, jax.device_get(metrics)


def _stack(trees: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


# The step is a static argument of one jitted function, so that a second fit with it (the next epoch) compiles nothing.
@partial(jax.jit, static_argnums=0, donate_argnums=1)
def _scan(step: TrainStep, state: TrainState, stacked: Any) -> tuple[TrainState, StepMetrics]:
    return jax.lax.scan(step, state, stacked)
