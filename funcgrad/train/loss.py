"""The loss function of a user, called in one form and checked.

The one way in: whatever a loss function takes and returns, the rest of the package sees an `Outcome`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from funcgrad.train.accumulation import MEAN, Accumulated
from funcgrad.train.precision import Policy
from funcgrad.train.shards import gathered

LossFn = Callable[..., Any]


class Outcome(NamedTuple):
    """What one call of a loss function gave."""

    loss: Accumulated[jax.Array]  # a weight of None where the function returned a mean
    aux: Any
    collections: Any


def call(
    loss_fn: LossFn, params: Any, batch: Any, rng: Any, collections: Any, *, has_aux: bool, policy: Policy | None
) -> Outcome:
    """Call `loss_fn(params, batch[, rng][, collections])` and take its result apart.

    Raises:
        TypeError: if the function takes or returns something else than it should.
    """
    params = gathered(params, None if policy is None else policy.compute)
    if policy is not None:
        params, batch = policy.to_compute((params, batch))
    result = _called(loss_fn, "loss_fn", (params, batch), rng=rng, collections=collections)
    loss, aux, changed = _taken_apart(result, has_aux, collections is not None)
    loss = _checked(loss)
    return Outcome(loss if policy is None else policy.to_output(loss), aux, _like(collections, changed))


def call_plain(metric_fn: LossFn, params: Any, batch: Any, collections: Any, policy: Policy | None) -> Any:
    """Call `metric_fn(params, batch[, collections])`; what it returns is left as it is.

    Raises:
        TypeError: if the function takes other arguments.
    """
    if policy is not None:
        params, batch = policy.to_compute((params, batch))
    return _called(metric_fn, "metric_fn", (params, batch), collections=collections)


def refuse_mean(loss: Accumulated[Any], reason: str) -> None:
    """Raise a TypeError if a loss function returned a mean where sums have to be added."""
    if loss.weight is None:
        raise TypeError(f"loss_fn returned one number, but {reason}, which takes sums. {MEAN}")


def _called(function: LossFn, name: str, always: tuple[Any, Any], **given: Any) -> Any:
    """The function's result on params, batch, and those of the other arguments that there are, by position."""
    inputs = dict(zip(("params", "batch"), always, strict=True))
    inputs |= {key: value for key, value in given.items() if value is not None}
    try:
        inspect.signature(function).bind(*inputs.values())
    except TypeError as error:
        form = f"{name}({', '.join(inputs)})"
        raise TypeError(f"{name} cannot be called as {form}: {error}. {_advice(name, inputs)}") from None
    return function(*inputs.values())


def _advice(name: str, inputs: dict[str, Any]) -> str:
    if "collections" in inputs:
        return f"Give {name} {len(inputs)} arguments in this order, or create the state without collections."
    if "rng" in inputs:
        return f"Give {name} a third argument, or create the state without rng."
    return f"If {name} needs random numbers, create the state with rng=jax.random.key(0)."


def _taken_apart(result: Any, has_aux: bool, has_collections: bool) -> tuple[Any, Any, Any]:
    names = ["loss", *["aux"] * has_aux, *["collections"] * has_collections]
    if len(names) == 1:
        return result, None, None
    if not isinstance(result, tuple) or len(result) != len(names):
        options = ["has_aux=True"] * has_aux + ["a state with collections"] * has_collections
        raise TypeError(
            f"loss_fn returned {_kind(result)}, but {' and '.join(options)} expects the "
            f"{'pair' if len(names) == 2 else 'triple'} ({', '.join(names)}). "
            f"Return all of them, or drop {' or '.join(name.removeprefix('a state with ') for name in options)}."
        )
    parts = dict(zip(names, result, strict=True))
    return parts["loss"], parts.get("aux"), parts.get("collections")


def _checked(loss: Any) -> Accumulated[jax.Array]:
    if isinstance(loss, Accumulated):
        _check_number(loss.total, "the total")
        if jnp.shape(loss.weight) != () or loss.weight is None:
            raise TypeError(f"loss_fn returned the weight {loss.weight}, expected one number. Use weighted_sum.")
        return loss
    _check_number(loss, "")
    return Accumulated(loss, None)


def _check_number(loss: Any, part: str) -> None:
    what = f"loss_fn returned {part} of" if part else "loss_fn returned"
    if loss is None:
        raise TypeError("loss_fn returned None, expected one number or an Accumulated. Is its `return` missing?")
    if isinstance(loss, tuple):
        raise TypeError(
            f"loss_fn returned {_kind(loss)}, expected one number or an Accumulated. If it is (loss, aux), say "
            "has_aux=True; if it is (sum, weight), return Accumulated(sum, weight)."
        )
    if jnp.shape(loss) != ():
        raise TypeError(
            f"{what} shape {jnp.shape(loss)}, expected one number (shape ()). "
            "Reduce it in loss_fn, for example with .mean() or with weighted_sum(losses, weights)."
        )
    if not jnp.issubdtype(jnp.result_type(loss), jnp.floating):
        raise TypeError(
            f"{what} dtype {jnp.result_type(loss)}, expected a floating dtype. "
            "Integers have no gradient: compute the loss in float32."
        )


def _like(before: Any, after: Any) -> Any:
    """The collections that came back, in the dtypes they went in with; a step must not change their form."""
    if jax.tree.map(jnp.shape, before) != jax.tree.map(jnp.shape, after):
        raise TypeError(
            f"loss_fn returned collections of the form {jax.tree.map(jnp.shape, after)}, but the state holds "
            f"{jax.tree.map(jnp.shape, before)}. Return all of them, changed or not."
        )
    return jax.tree.map(lambda old, new: jnp.asarray(new, old.dtype), before, after)


def _kind(value: Any) -> str:
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a {type(value).__name__}"
