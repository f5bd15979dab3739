"""Optax transformations made from rules.

The state of a tree is the rule's own NamedTuple: a tree in each field that belongs to a parameter, and one scalar in
each field that only counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._rule import Rule


class ScheduledState(NamedTuple):
    """State of an optimizer one of whose hyperparameters follows a schedule."""

    step_count: jax.Array  # int32 scalar: updates so far
    inner: Any  # the state of the rule


def make_transformation(rule: Rule, **hyper: Any) -> optax.GradientTransformation:
    """An optax transformation that applies a rule to each leaf of a tree.

    Args:
        rule: The update of one parameter.
        **hyper: Hyperparameters of the rule; a callable is a schedule from the number of updates so far to the value.

    Returns:
        A transformation whose `update` needs the parameters.

    Raises:
        ValueError: If a hyperparameter is out of range, with PyTorch's text.
    """
    rule.validate(**hyper)
    schedules = {name: value for name, value in hyper.items() if callable(value)}
    if not schedules:
        return _map_over_tree(rule, hyper)

    def at(count: jax.Array) -> optax.GradientTransformation:
        return _map_over_tree(rule, {**hyper, **{name: schedule(count) for name, schedule in schedules.items()}})

    def init(params: optax.Params) -> ScheduledState:
        count = jnp.zeros((), jnp.int32)
        return ScheduledState(count, at(count).init(params))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, ScheduledState]:
        updates, inner = at(state.step_count).update(updates, state.inner, params)
        return updates, ScheduledState(state.step_count + 1, inner)

    return optax.GradientTransformation(init, update)


def _map_over_tree(rule: Rule, hyper: dict[str, Any]) -> optax.GradientTransformation:
    def init(params: optax.Params) -> Any:
        leaves, treedef = jax.tree.flatten(params)
        states = [rule.init(jnp.asarray(leaf), **hyper) for leaf in leaves]
        return _join(rule, states, treedef, empty=rule.init(jnp.zeros((1, 1)), **hyper))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        if params is None:
            raise ValueError(f"{rule.name} needs the parameters: call optimizer.update(grads, state, params).")
        leaves, treedef = jax.tree.flatten(params)
        rows = zip(treedef.flatten_up_to(updates), _split(rule, state, treedef), leaves, strict=True)
        results = [rule.update(jnp.asarray(grad), row, jnp.asarray(leaf), **hyper) for grad, row, leaf in rows]
        updates = treedef.unflatten([update for update, _ in results])
        return updates, _join(rule, [next_state for _, next_state in results], treedef, empty=state)

    return optax.GradientTransformation(init, update)


def _join(rule: Rule, states: Sequence[Any], treedef: Any, empty: Any) -> Any:
    """One state of trees from the states of the leaves, in order; like `empty` when there is no leaf."""

    def field(name: str) -> Any:
        values = [getattr(state, name) for state in states or [empty]]
        if name in rule.counters or all(value is None for value in values):
            return values[0]
        return treedef.unflatten(values if states else [])

    return rule.state(*map(field, empty._fields))


def _split(rule: Rule, state: Any, treedef: Any) -> list[Any]:
    """The state of each leaf, in order, from a state of trees."""

    def column(name: str) -> list[Any]:
        value = getattr(state, name)
        if name in rule.counters or value is None:
            return [value] * treedef.num_leaves
        return treedef.flatten_up_to(value)

    return [rule.state(*row) for row in zip(*map(column, state._fields), strict=True)]
