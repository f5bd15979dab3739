"""funcgrad's trajectories on the problem of `optimizer_cases.py`, through the transformation and through the rule."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optimizer_cases import OPTIONS, gradients, start_of

from funcgrad import optim
from funcgrad.optim import Rule


def rule_of(name: str) -> Rule:
    return getattr(optim, f"{name.upper()}_RULE")


def options_of(name: str, index: int) -> dict[str, Any]:
    """All options of a case, defaults included, under PyTorch's names."""
    return {**rule_of(name).defaults, **OPTIONS[name][index]}


def transformation(name: str, options: dict[str, Any]) -> optax.GradientTransformation:
    """The transformation with options under PyTorch's names."""
    rate = {"learning_rate": options["lr"]} if "lr" in options else {}
    return getattr(optim, name.lower())(**rate, **{key: value for key, value in options.items() if key != "lr"})


def transformation_of(name: str, index: int) -> optax.GradientTransformation:
    return transformation(name, OPTIONS[name][index])


def start(name: str, dtype: Any = float) -> dict[str, jax.Array]:
    return {leaf: jnp.asarray(value, dtype) for leaf, value in start_of(name).items()}


def gradient_at(name: str, index: int, params: dict[str, jax.Array], step: int) -> dict[str, jax.Array]:
    """The problem's gradients, computed in float64 and rounded to the dtype of the parameters."""
    exact = gradients(name, index, {leaf: np.asarray(param, np.float64) for leaf, param in params.items()}, step)
    return {leaf: jnp.asarray(grad, params[leaf].dtype) for leaf, grad in exact.items()}


def tree_trajectory(name: str, index: int, steps: int, dtype: Any = float) -> tuple[dict[str, np.ndarray], Any]:
    """Each parameter after each step, of shape (steps, *shape), and the final state of the tree."""
    optimizer, params = transformation_of(name, index), start(name, dtype)
    state, update, history = optimizer.init(params), jax.jit(optimizer.update), []
    for step in range(steps):
        updates, state = update(gradient_at(name, index, params, step), state, params)
        params = optax.apply_updates(params, updates)
        history.append(jax.tree.map(lambda param: np.asarray(param, np.float64), params))
    return jax.tree.map(lambda *values: np.stack(values), *history), state


def leaf_states(name: str, state: Any) -> dict[str, np.ndarray]:
    """The state_dict entries of every parameter as `leaf.key`, from the state of the tree."""
    rule = rule_of(name)
    entries = {}
    for key, value in rule.to_dict(state).items():
        per_leaf = dict.fromkeys(start_of(name), value) if key in rule.counters else value
        arrays = {leaf: array for leaf, array in per_leaf.items() if array is not None}
        entries |= {f"{leaf}.{key}": np.asarray(array, np.float64) for leaf, array in arrays.items()}
    return entries
