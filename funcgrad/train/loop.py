"""The training loop: the only loop of training, and its only place with effects.

Between two host visits nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import jax
import numpy as np

from funcgrad.train.callbacks import Callback, Visit, require_finite
from funcgrad.train.checkpoint import Checkpoints
from funcgrad.train.interruption import deferred
from funcgrad.train.state import TrainState
from funcgrad.train.step import TrainStep
from funcgrad.train.update import StepMetrics

Interrupted = Callable[[], bool]


def fit(
    step: TrainStep,
    state: TrainState,
    batches: Iterable[Any],
    *,
    visit_every: int = 100,
    scan: bool = False,
    callbacks: Sequence[Callback] = (),
    evaluate: Callable[[TrainState], Any] | None = None,
    checkpoints: Checkpoints | None = None,
) -> tuple[TrainState, StepMetrics]:
    """Run `step` once for each batch.

    At a visit, in this order: metrics are fetched, `evaluate` is called, the callbacks are called, and a checkpoint is
    written.

    Args:
        step: what `make_train_step` returned.
        state: where to begin; it is donated.
        batches: pytrees of one structure. The loop ends with them.
        visit_every: steps between two host visits.
        scan: run the steps between two visits as one program. It saves the call of each step, which pays for small
            models; on a CPU it slows convolutions down. Batches of unequal shapes are run one by one all the same.
        callbacks: called with a `Visit`, in order. The loop stops after a visit at which one of them returns True.
        evaluate: called with the state; what it returns is the visit's `evaluation`.
        checkpoints: where to save. If there is a checkpoint, the run goes on from it: the state comes from it, and the
            batches that it has used are passed over, so that an interrupted run ends with the bits of an undisturbed
            one if `batches` gives the same again. Ctrl-C saves before it interrupts.

    Returns:
        The last state, and the metrics of all steps run here: NumPy, with the steps as leading axis.

    Raises:
        ValueError: if there is no batch, if `visit_every` is below 1, or if a batch has another structure than the
            first one.
        FloatingPointError: in place of a checkpoint of parameters that a loss of nan or infinity has spoilt.
        CheckpointError: if a checkpoint cannot be written or read.

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
    restored = None if checkpoints is None else checkpoints.restore(state)
    begun, state = (0, state) if restored is None else (restored.steps, restored.state)
    rest = islice(_of_one_structure(batches), begun, None)
    run = _run_scanned if scan else _run_each
    history: list[StepMetrics] = []
    steps = begun
    with deferred(checkpoints is not None) as interrupted:
        while (ran := run(step, state, rest, visit_every, interrupted)) is not None:
            state, metrics = ran
            history.append(metrics)
            steps += len(metrics.loss)
            stops = _visit(Visit(steps, state, metrics, evaluate and evaluate(state)), callbacks, checkpoints)
            if interrupted():
                raise KeyboardInterrupt(f"The checkpoint of step {steps} is written; the same call goes on from it.")
            if stops:
                break
    return state, _joined(history, begun)


def _visit(visit: Visit, callbacks: Sequence[Callback], checkpoints: Checkpoints | None) -> bool:
    stops = [callback(visit) for callback in callbacks]
    if checkpoints is not None:
        require_finite(visit)
        checkpoints.save(visit.steps, visit.state)
    return any(stops)


def _joined(history: list[StepMetrics], begun: int) -> StepMetrics:
    if history:
        return jax.tree.map(lambda *parts: np.concatenate(parts), *history)
    if begun:  # the checkpoint was of the end
        return StepMetrics(np.zeros(0, np.float32))
    raise ValueError("batches was empty, expected at least one batch. An iterator that was used up gives nothing.")


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


Run = tuple[TrainState, StepMetrics] | None  # None: no batch was left


def _run_each(step: TrainStep, state: TrainState, batches: Iterator[Any], count: int, interrupted: Interrupted) -> Run:
    collected = []
    for batch in islice(batches, count):
        state, metrics = step(state, batch)
        collected.append(metrics)
        if interrupted():
            break
    return (state, _stack(jax.device_get(collected))) if collected else None


def _run_scanned(
    step: TrainStep, state: TrainState, batches: Iterator[Any], count: int, interrupted: Interrupted
) -> Run:
    group = list(islice(batches, count))
    try:
        stacked = _stack(group) if group else None
    except ValueError:  # NumPy's, for unequal shapes
        return _run_each(step, state, iter(group), count, lambda: False)
    if stacked is None:
        return None
    state, metrics = _scan(step, state, stacked)
    return state, jax.device_get(metrics)


def _stack(trees: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


# The step is a static argument of one jitted function, so that a second fit with it (the next epoch) compiles nothing.
@partial(jax.jit, static_argnums=0, donate_argnums=1)
def _scan(step: TrainStep, state: TrainState, stacked: Any) -> tuple[TrainState, StepMetrics]:
    return jax.lax.scan(step, state, stacked)
