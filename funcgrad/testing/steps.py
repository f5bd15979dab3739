"""Assertions about a training step: it is a pure function, compiled once, and nothing leaks into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from funcgrad.testing._comparison import assert_equal, own

Step = Callable[[Any, Any], tuple[Any, Any]]


def assert_step_is_pure(step: Step, state: Any, batch: Any) -> None:
    """Assert that equal arguments give equal bits.

    Args:
        step: `(state, batch) -> (state, metrics)`; it may donate its state.
        state: where to begin; it is copied and stays usable.
        batch: one batch.

    Raises:
        AssertionError: if two calls differ, or if the step writes into NumPy arrays of the batch.

    Example:
        >>> assert_step_is_pure(lambda state, batch: (state + batch, {}), jax.numpy.ones(()), 2.0)
    """
    before = own(batch)
    first = step(own(state), batch)
    assert_equal(batch, before, "The step changed the batch it was given: it must only read it.")
    assert_equal(
        step(own(state), batch),
        first,
        "Two calls with equal arguments differ: the step reads or keeps something outside of them. Put counters, "
        "random keys and statistics into the state.",
    )


def assert_gradients_are_fresh(step: Step, state: Any, batches: Sequence[Any]) -> None:
    """Assert that a step does not depend on the batches that other calls have seen.

    Args:
        step: `(state, batch) -> (state, metrics)`.
        state: where to begin; it is copied.
        batches: two at least; the first is compared before and after the others.

    Raises:
        AssertionError: if gradients of earlier calls are still in this one.
        ValueError: if there are fewer than two batches.
    """
    if len(batches) < 2:
        raise ValueError(
            f"batches has {len(batches)} batch, expected two at least: one to compare, one to come between."
        )
    first = step(own(state), batches[0])
    for batch in batches[1:]:
        step(own(state), batch)
    assert_equal(
        step(own(state), batches[0]),
        first,
        "The same step after other batches is another: gradients pile up outside of the state. Compute them with "
        "jax.grad inside the step, or clear what accumulates them.",
    )


def assert_compiles_once(step: Any, state: Any, batches: Sequence[Any]) -> None:
    """Assert that steps over these batches are one program.

    Args:
        step: a function under `jax.jit`, such as `make_train_step` returns.
        state: where to begin; it is copied.
        batches: of one shape; the state goes from one to the next.

    Raises:
        AssertionError: if a later batch compiled again.
        TypeError: if the step is not under `jax.jit`.
    """
    if not hasattr(step, "_cache_size"):
        raise TypeError(f"step is a {type(step).__name__}, expected a function under jax.jit. Wrap it: jax.jit(step).")
    before, current = step._cache_size(), own(state)
    for index, batch in enumerate(batches):
        current, _ = step(current, batch)
        programs = step._cache_size() - before
        if programs > 1:
            raise AssertionError(
                f"Batch {index} compiled a program of its own: its shapes or dtypes, or those of the state, are not "
                f"those of the batch before ({_forms(batches[index - 1])} and {_forms(batch)}). Pad batches to one "
                "shape with weight 0, and create the state with arrays of fixed dtypes."
            )


def assert_no_leak(step: Step, evaluate: Callable[[Any], Any], state: Any, batches: Sequence[Any]) -> None:
    """Assert that evaluating between steps changes no bit of training.

    Args:
        step: `(state, batch) -> (state, metrics)`.
        evaluate: a function of the state; what it returns is ignored.
        state: where to begin; it is copied.
        batches: for the steps.

    Raises:
        AssertionError: if a run with evaluation ends elsewhere.
    """
    alone, watched = own(state), own(state)
    for batch in batches:
        alone, _ = step(alone, batch)
        evaluate(watched)
        watched, _ = step(watched, batch)
    assert_equal(
        watched,
        alone,
        "Training with evaluation in between ends elsewhere: evaluation leaves gradients, statistics or draws "
        "behind. Let it read the state and return its metrics, with nothing else in common.",
    )


def _forms(batch: Any) -> Any:
    return jax.tree.map(lambda leaf: f"{jax.numpy.result_type(leaf)}{list(jax.numpy.shape(leaf))}", batch)
