"""Assertions about sums: no split, scale or number of devices changes the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.testing._comparison import assert_close
from funcgrad.train import DataParallel, accumulate, mean, unscale

LossFn = Callable[..., Any]
Split = Sequence[Sequence[int]]


def assert_accumulation_invariant(
    loss_fn: LossFn, params: Any, batch: Any, splits: Iterable[Split] | None = None
) -> None:
    """Assert that a batch in parts has the loss and the gradient of the batch as a whole.

    Args:
        loss_fn: `loss_fn(params, batch)` that returns sums, as `funcgrad.train.weighted_sum` makes them.
        params: pytree of floating arrays.
        batch: pytree of arrays with the examples as leading axis.
        splits: each is a list of lists of row numbers; by default halves, single rows, uneven parts and an empty one.
            `funcgrad.testing.strategies.splits` draws any others.

    Raises:
        AssertionError: if the parts do not add up; the text names the split.
        TypeError: if `loss_fn` returns a mean.

    Example:
        >>> from funcgrad.train import weighted_sum
        >>> assert_accumulation_invariant(lambda w, x: weighted_sum((w - x) ** 2), jnp.ones(()), jnp.arange(4.0))
    """
    sums_of = jax.jit(accumulate(loss_fn))
    rows = jax.tree.leaves(batch)[0].shape[0]
    whole = _finished(sums_of(params, batch))
    for split in _some_splits(rows) if splits is None else splits:
        parts = [sums_of(params, jax.tree.map(lambda leaf, part=part: leaf[_index(part)], batch)) for part in split]
        total = parts[0]
        for part in parts[1:]:
            gradient = type(total.gradient)(total.gradient.sums.plus(part.gradient.sums))
            total = total._replace(loss=total.loss.plus(part.loss), gradient=gradient)
        assert_close(
            _finished(total),
            whole,
            f"In parts of rows {[list(map(int, part)) for part in split]} the batch has another loss or gradient: "
            "loss_fn does not return sums. Return weighted_sum(losses, weights) over examples or tokens, and let no "
            "example depend on the others.",
        )


def assert_loss_scale_invariant(
    loss_fn: LossFn, params: Any, batch: Any, scales: Iterable[float] = (1.0, 8.0, 2.0**15)
) -> None:
    """Assert that the gradient after unscaling does not depend on the loss scale.

    Args:
        loss_fn: as for `assert_accumulation_invariant`.
        params: pytree of floating arrays.
        batch: one batch.
        scales: the loss scales to try.

    Raises:
        AssertionError: if a scale changes the gradient, or makes it overflow.
    """
    sums_of = jax.jit(accumulate(loss_fn))
    expected = mean(sums_of(params, batch).gradient).tree
    for scale in scales:
        scaled = sums_of(params, batch, scale=jnp.float32(scale)).gradient
        assert_close(
            mean(unscale(scaled)).tree,
            expected,
            f"At loss scale {scale} the gradient is another: it overflows there, or loss_fn has a gradient of its own "
            "(jax.custom_vjp) that is not linear in what comes in.",
        )


def assert_same_on_devices(loss_fn: LossFn, params: Any, batch: Any, devices: Iterable[int] | None = None) -> None:
    """Assert that devices which share a batch find the loss and the gradient that one device finds.

    Args:
        loss_fn: as for `assert_accumulation_invariant`.
        params: pytree of floating arrays.
        batch: pytree of arrays; every number of devices has to divide its leading axis.
        devices: how many; by default all that there are. A CPU has several after
            `XLA_FLAGS=--xla_force_host_platform_device_count=8`.

    Raises:
        AssertionError: if they differ.
        ValueError: if there are not so many devices.
    """
    there = jax.devices()
    sums_of = accumulate(loss_fn)
    one = _finished(jax.jit(sums_of)(params, batch))
    for count in [len(there)] if devices is None else devices:
        if count > len(there):
            raise ValueError(f"devices asks for {count}, but there are {len(there)}. Set XLA_FLAGS before JAX starts.")
        shared = jax.jit(DataParallel.over(there[:count]).over_devices(sums_of))
        assert_close(
            _finished(shared(params, batch, rng=None, collections=None, scale=None)),
            one,
            f"{count} devices find another loss or gradient than one: loss_fn does not return sums, or it looks at "
            "the whole batch. Return weighted_sum(losses, weights).",
        )


def _finished(sums: Any) -> tuple[Any, Any]:
    return sums.loss.finish(), mean(sums.gradient).tree


def _index(part: Sequence[int]) -> np.ndarray:
    return np.asarray(part, int)


def _some_splits(rows: int) -> list[Split]:
    numbers = list(range(rows))
    half, third = rows // 2, max(1, rows // 3)
    return [
        [numbers[:half], numbers[half:]],
        [[number] for number in numbers],
        [numbers[:third], [], numbers[third:]],
        [numbers[1::2], numbers[0::2]],
    ]
