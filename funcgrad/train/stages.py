"""Stages of a gradient: Scaled, Summed, Mean, Clipped, and the functions from one to the next.

Each function takes one stage only, so a wrong order is an error of the type checker and of the first call. The order:
`apply_gradients(optimizer, clip(mean(unscale(gradient)), by), ...)`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp
import optax

from funcgrad.train.accumulation import Accumulated
from funcgrad.train.arguments import accepted
from funcgrad.train.precision import unscaled

T = TypeVar("T")


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Scaled(Generic[T]):
    """The summed gradient of a loss that was multiplied by a loss scale."""

    sums: Accumulated[T]
    scale: jax.Array  # float32[]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Summed(Generic[T]):
    """The gradient of a sum over examples or tokens, with their weight."""

    sums: Accumulated[T]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Mean(Generic[T]):
    """The gradient of the mean loss: what an optimizer takes."""

    tree: T


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Clipped(Generic[T]):
    """The gradient of the mean loss after clipping: what an optimizer takes too."""

    tree: T


_ORDER = (Scaled, Summed, Mean, Clipped)
_LEAVING = {Scaled: "unscale", Summed: "mean", Mean: "clip"}  # the call that leads on from a stage


def unscale(gradient: Scaled[T]) -> Summed[T]:
    """Return the gradient divided by its loss scale.

    Raises:
        TypeError: if the gradient is at another stage.
    """
    _expect("unscale", gradient, Scaled)
    return Summed(Accumulated(unscaled(gradient.sums.total, gradient.scale), gradient.sums.weight))


def mean(gradient: Summed[T]) -> Mean[T]:
    """Return the gradient divided by its weight: the one division of the whole window.

    Raises:
        TypeError: if the gradient is at another stage.
    """
    _expect("mean", gradient, Summed)
    return Mean(gradient.sums.finish())


def clip(gradient: Mean[T], by: optax.GradientTransformation) -> Clipped[T]:
    """Return the gradient clipped.

    Args:
        gradient: the gradient of the mean loss.
        by: a transformation without state, such as `funcgrad.optim.clip_by_global_norm(1.0)`.

    Raises:
        TypeError: if the gradient is at another stage.
        ValueError: if the transformation has state.
    """
    _expect("clip", gradient, Mean)
    tree: Any = gradient.tree
    memory = by.init(tree)
    if jax.tree.leaves(memory):
        raise ValueError(
            "clip was given a transformation that keeps state, which would be lost. Clip by a rule without memory, "
            "or put this one before the optimizer with optax.chain."
        )
    clipped: Any = by.update(tree, memory)[0]
    return Clipped(clipped)


def apply_gradients(
    optimizer: optax.GradientTransformation, gradient: Mean[T] | Clipped[T], opt_state: Any, params: T, **extra: Any
) -> tuple[T, Any, T]:
    """Return the next parameters, the next optimizer state and the updates between.

    Args:
        optimizer: an optax transformation.
        gradient: the gradient of the mean loss; each leaf is handed over in the dtype of its parameter.
        opt_state: the optimizer's state.
        params: the parameters.
        **extra: what an optimizer may want beside them, such as `value`, the loss; what it does not take is left out.

    Raises:
        TypeError: if the gradient is still scaled or still a sum.
        ValueError: if the state is that of another optimizer, or of other parameters.
    """
    _expect("apply_gradients", gradient, Mean, Clipped)
    tree: Any = params
    _check_fit(opt_state, jax.eval_shape(optimizer.init, tree))
    grads = jax.tree.map(lambda grad, param: grad.astype(param.dtype), gradient.tree, tree)
    updates: Any
    updates, opt_state = optimizer.update(grads, opt_state, tree, **accepted(optimizer.update, extra))
    following: Any = optax.apply_updates(tree, updates)
    return following, opt_state, updates


def _check_fit(opt_state: Any, expected: Any) -> None:
    """Some optimizers take the state of another one and go wrong in silence."""
    if _form(opt_state) != _form(expected):
        raise ValueError(
            f"the optimizer state is a {_outline(opt_state)}, but for these parameters this optimizer keeps a "
            f"{_outline(expected)}. Create the state with the step's optimizer: TrainState.create(params, optimizer)."
        )


def _form(tree: Any) -> tuple[Any, list[Any]]:
    return jax.tree.structure(tree), [jnp.shape(leaf) for leaf in jax.tree.leaves(tree)]


def _outline(tree: Any) -> str:
    shapes = jax.tree.map(lambda leaf: f"{jnp.result_type(leaf)}{list(jnp.shape(leaf))}", tree)
    return textwrap.shorten(str(shapes), 300, placeholder=" …")


def _expect(function: str, gradient: Any, *wanted: type) -> None:
    if isinstance(gradient, wanted):
        return
    expected = " or ".join(stage.__name__ for stage in wanted)
    raise TypeError(
        f"{function} was given {_described(gradient)}, expected one that is {expected}. {_advice(gradient, wanted[0])}"
    )


def _described(gradient: Any) -> str:
    if isinstance(gradient, _ORDER):
        return f"a gradient that is {type(gradient).__name__}"
    return f"a {type(gradient).__name__} without a stage"


def _advice(gradient: Any, wanted: type) -> str:
    if not isinstance(gradient, _ORDER):
        return f"If it is one, say so: {wanted.__name__}(...)."
    here, there = _ORDER.index(type(gradient)), _ORDER.index(wanted)
    if here >= there:
        return f"It has been through {_LEAVING[wanted]} already: drop one of the two calls."
    missing = [_LEAVING[stage] for stage in _ORDER[here:there]]
    return f"Call {' and then '.join(missing)} on it first."
