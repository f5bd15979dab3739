"""The training loop: the only loop of training, and its only place with effects.

Between two host visits nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.train.callbacks import Callback, Visit, memories, require_finite, resume
from funcgrad.train.checkpoint import Checkpoints
from funcgrad.train.interruption import deferred
from funcgrad.train.processes import in_any
from funcgrad.train.state import TrainState
from funcgrad.train.step import TrainStep
from funcgrad.train.update import StepMetrics

Interrupted = Callable[[], bool]


def fit(
    step: TrainStep,
    state: TrainState,
    batches: Iterable[Any] | Callable[[int], Iterable[Any]],
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
        batches: pytrees of one structure, with which the loop ends; or a function from the number of those that have
            been used to the rest, where passing over them one by one would take long.
        visit_every: steps between two host visits.
        scan: run the steps between two visits as one program. It saves the call of each step, which pays for small
            models; on a CPU it slows convolutions down. Batches of unequal shapes are run one by one all the same.
        callbacks: called with a `Visit`, in order. The loop stops after a visit at which one of them returns True.
        evaluate: called with the state; what it returns is the visit's `evaluation`.
        checkpoints: where to save. If there is a checkpoint, the run goes on from it: the state comes from it, and the
            batches that it has used are passed over, so that an interrupted run ends with the bits of an undisturbed
            one if `batches` gives the same again. Callbacks with a memory, such as `EarlyStop`, take it up again; a
            run that one of them had stopped stays at its end. Ctrl-C saves before it interrupts.

    Returns:
        The last state, and the metrics of all steps run here: NumPy, with the steps as leading axis.

    Raises:
        TypeError: if `batches` is a dict, which is one batch.
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
    if isinstance(batches, Mapping):
        raise TypeError("batches is one dict, expected an iterable of batches. For a single one, write [batch].")
    if visit_every < 1:
        raise ValueError(f"visit_every is {visit_every}, expected at least 1 step between two host visits.")
    begun, state, is_over = (0, state, False) if checkpoints is None else _resumed(checkpoints, state, callbacks)
    rest = _Batches(batches, begun)
    run = _run_scanned if scan else _run_each
    history: list[StepMetrics] = []
    steps = begun
    with deferred(checkpoints is not None) as interrupted:
        while not is_over and (ran := run(step, state, rest, visit_every, interrupted)) is not None:
            state, metrics = ran
            history.append(metrics)
            steps += len(metrics.loss)
            is_over = _visit(Visit(steps, state, metrics, evaluate and evaluate(state)), callbacks, checkpoints)
            if in_any(interrupted()):
                _wait_for(checkpoints)
                raise KeyboardInterrupt(f"The checkpoint of step {steps} is written; the same call goes on from it.")
    _wait_for(checkpoints)
    return state, _joined(history, begun)


def _wait_for(checkpoints: Checkpoints | None) -> None:
    if checkpoints is not None:
        checkpoints.wait()


def _resumed(
    checkpoints: Checkpoints, state: TrainState, callbacks: Sequence[Callback]
) -> tuple[int, TrainState, bool]:
    """How many batches have been used, the state after them, and whether the run was stopped there."""
    restored = checkpoints.restore(state)
    if restored is None:
        return 0, state, False
    return restored.steps, restored.state, in_any(resume(callbacks, restored.info.get("callbacks", {})))


def _visit(visit: Visit, callbacks: Sequence[Callback], checkpoints: Checkpoints | None) -> bool:
    stops = [callback(visit) for callback in callbacks]
    if checkpoints is not None:
        require_finite(visit)
        checkpoints.save(visit.steps, visit.state, info={"callbacks": memories(callbacks)})
    return in_any(any(stops))


def _joined(history: list[StepMetrics], begun: int) -> StepMetrics:
    if history:
        return jax.tree.map(lambda *parts: np.concatenate(parts), *history)
    if begun:  # the checkpoint was of the end
        return StepMetrics(np.zeros(0, np.float32))
    raise ValueError("batches was empty, expected at least one batch. An iterator that was used up gives nothing.")


class _Batches:
    """The batches that are left, all of one structure."""

    def __init__(self, batches: Iterable[Any] | Callable[[int], Iterable[Any]], used: int) -> None:
        self.rest = iter(batches(used)) if callable(batches) else islice(batches, used, None)
        self.index = used
        self.structure = None  # of the first one
        self.structure_of_list = jax.tree.structure([])

    def one_by_one(self, count: int) -> Iterator[Any]:
        """The next ones as they are asked for: nothing is read ahead."""
        return map(self._checked, islice(self.rest, count))

    def at_once(self, count: int) -> tuple[list[Any], list[Any]]:
        """The next ones as a list, and all their leaves; a list that looks like the one before is looked at once."""
        group = list(islice(self.rest, count))
        leaves, structure = jax.tree.flatten(group)
        if structure == self.structure_of_list:
            self.index += len(group)
            return group, leaves
        self.structure_of_list = structure
        return [self._checked(batch) for batch in group], leaves

    def _checked(self, batch: Any) -> Any:
        structure = jax.tree.structure(batch)
        self.structure = self.structure or structure
        if structure != self.structure:
            raise ValueError(
                f"batch {self.index} has the structure {structure}, but the first one had {self.structure}. "
                "Give every batch the same keys and the same nesting."
            )
        self.index += 1
        return batch


Run = tuple[TrainState, StepMetrics] | None  # None: no batch was left


def _run_each(step: TrainStep, state: TrainState, batches: _Batches, count: int, interrupted: Interrupted) -> Run:
    return _stepped(step, state, batches.one_by_one(count), interrupted)


def _run_scanned(step: TrainStep, state: TrainState, batches: _Batches, count: int, interrupted: Interrupted) -> Run:
    group, leaves = batches.at_once(count)
    try:
        stacked = _stacked(leaves, batches.structure) if leaves else None
    except ValueError:  # for unequal shapes
        stacked = None
    if stacked is None:
        return _stepped(step, state, group, lambda: False)
    state, metrics = _scan_of(step)(state, stacked)
    return state, jax.device_get(metrics)


def _stepped(step: TrainStep, state: TrainState, batches: Iterable[Any], interrupted: Interrupted) -> Run:
    collected = []
    for batch in batches:
        state, metrics = step(state, batch)
        collected.append(metrics)
        if interrupted() and jax.process_count() == 1:  # several processes leave together, at their visit
            break
    if not collected:
        return None
    return state, _stacked(jax.device_get(jax.tree.leaves(collected)), jax.tree.structure(collected[0]))


def _stacked(leaves: list[Any], structure: Any) -> Any:
    """Trees of one structure as one tree with a leading axis, from the leaves of all; on the device where they are."""
    columns = [leaves[place :: structure.num_leaves] for place in range(structure.num_leaves)]
    return structure.unflatten(
        [(_stack_on_device if isinstance(column[0], jax.Array) else np.stack)(column) for column in columns]
    )


_stack_on_device = jax.jit(jnp.stack)


@lru_cache(maxsize=64)  # so that a second fit with the step (the next epoch) compiles nothing
def _scan_of(step: TrainStep) -> Callable[[TrainState, Any], tuple[TrainState, StepMetrics]]:
    return jax.jit(partial(jax.lax.scan, step), donate_argnums=0)
