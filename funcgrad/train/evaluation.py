"""Evaluation: metrics as sums over all batches, divided once; no gradient and no change of the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax

from funcgrad.train.accumulation import Accumulated
from funcgrad.train.loss import call_plain
from funcgrad.train.micro_batches import is_sum
from funcgrad.train.precision import Policy
from funcgrad.train.state import TrainState

EvalStep = Callable[[TrainState, Any], Any]


def make_eval_step(metric_fn: Callable[..., Any], *, policy: Policy | None = None) -> EvalStep:
    """Return the compiled function `(state, batch) -> sums of metrics`.

    Args:
        metric_fn: `metric_fn(params, batch)`, or `metric_fn(params, batch, collections)` for a state that holds them.
            It returns a pytree of `Accumulated`, as `weighted_sum` makes them. It draws nothing at random.
        policy: the dtypes of computation.

    Returns:
        A pure function; the state is not donated and stays usable.

    Raises:
        TypeError: at the first call, if `metric_fn` returns something that is not a sum, or takes other arguments.

    Example:
        >>> import jax.numpy as jnp, optax
        >>> from funcgrad.train import weighted_sum
        >>> step = make_eval_step(lambda w, x: {"error": weighted_sum(abs(w - x))})
        >>> state = TrainState.create(jnp.float32(0), optax.sgd(0.1))
        >>> evaluate(step, state, [jnp.array([1.0, 2.0]), jnp.array([6.0])])
        {'error': 3.0}
    """

    @jax.jit
    def eval_step(state: TrainState, batch: Any) -> Any:
        sums = call_plain(metric_fn, state.params, batch, state.collections, policy)
        _check_sums(sums)
        return sums

    return eval_step


def evaluate(step: EvalStep, state: TrainState, batches: Iterable[Any]) -> Any:
    """Return the metrics over all batches as floats, of the structure that the metric function returned.

    Args:
        step: what `make_eval_step` returned.
        state: read, not changed.
        batches: of any sizes; each size is compiled once. The device is waited for once, at the end.

    Raises:
        ValueError: if there is no batch.
    """
    total = None
    for batch in batches:
        sums = step(state, batch)
        total = sums if total is None else _plus(total, sums)
    if total is None:
        raise ValueError("batches was empty, expected at least one batch. An iterator that was used up gives nothing.")
    return jax.tree.map(float, jax.tree.map(lambda leaf: leaf.finish(), jax.device_get(total), is_leaf=is_sum))


@jax.jit
def _plus(total: Any, sums: Any) -> Any:
    return jax.tree.map(Accumulated.plus, total, sums, is_leaf=is_sum)


def _check_sums(sums: Any) -> None:
    for path, leaf in jax.tree_util.tree_leaves_with_path(sums, is_leaf=is_sum):
        if not is_sum(leaf) or leaf.weight is None:
            raise TypeError(
                f"metric_fn returned a {type(leaf).__name__} at metrics{jax.tree_util.keystr(path)}, expected an "
                "Accumulated. Return weighted_sum(values, weights), so that batches of any size can be added up."
            )
