"""The training step: one pure function from a state and a batch to the next state.

A gradient exists only between `value_and_grad` and `update`; there is nowhere for it to pile up.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.train.state import TrainState


class StepMetrics(NamedTuple):
    """What one step reports; a field that was not asked for is None and costs nothing."""

    loss: Any  # float[]
    aux: Any = None  # whatever loss_fn returned beside the loss
    grad_norm: Any = None  # float[], 2-norm of all gradients together
    update_norm: Any = None  # float[], 2-norm of what was added to the parameters


TrainStep = Callable[[TrainState, Any], tuple[TrainState, StepMetrics]]


def make_train_step(
    loss_fn: Callable[..., Any],
    optimizer: optax.GradientTransformation,
    *,
    has_aux: bool = False,
    norms: bool = False,
) -> TrainStep:
    """Return the compiled step `(state, batch) -> (next state, metrics)` of gradient descent on `loss_fn`.

        g = d loss_fn(params, batch) / d params;    params' = params + optimizer.update(g)

    Args:
        loss_fn: `loss_fn(params, batch)`, or `loss_fn(params, batch, rng)` for a state that holds an `rng`. It
            returns one floating number, already averaged as it should be.
        optimizer: an optax transformation.
        has_aux: whether `loss_fn` returns `(loss, aux)`; aux is any pytree and is reported in the metrics.
        norms: whether the metrics hold the norms of the gradient and of the update.

    Returns:
        A function under `jax.jit` that donates its state: use the state that it returns, never the one it was given.

    Raises:
        TypeError: at the first call, if the parameters are not all floating, or if `loss_fn` takes or returns
            something else than described.

    Example:
        >>> optimizer = optax.sgd(0.1)
        >>> step = make_train_step(lambda w, x: (w * x) ** 2, optimizer)
        >>> state, metrics = step(TrainState.create(jnp.float32(1), optimizer), jnp.float32(2))
        >>> float(metrics.loss), round(float(state.params), 4)
        (4.0, 0.2)
    """

    def loss_and_aux(params: Any, *inputs: Any) -> tuple[Any, Any]:
        loss, aux = _split(loss_fn(params, *inputs), has_aux)
        _check_loss(loss)
        return loss, aux

    def train_step(state: TrainState, batch: Any) -> tuple[TrainState, StepMetrics]:
        _check_params(state.params)
        inputs = _loss_inputs(loss_fn, state, batch)
        (loss, aux), grads = jax.value_and_grad(loss_and_aux, has_aux=True)(state.params, *inputs)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        metrics = StepMetrics(loss, aux, *(map(optax.tree.norm, (grads, updates)) if norms else ()))
        return TrainState(params, opt_state, state.rng, state.step + 1), metrics

    return jax.jit(train_step, donate_argnums=0)


def _loss_inputs(loss_fn: Callable[..., Any], state: TrainState, batch: Any) -> tuple[Any, ...]:
    inputs = (batch,) if state.rng is None else (batch, jax.random.fold_in(state.rng, state.step))
    try:
        inspect.signature(loss_fn).bind(state.params, *inputs)
    except TypeError as error:
        raise TypeError(_wrong_signature(error, state.rng is not None)) from None
    return inputs


def _wrong_signature(error: TypeError, has_rng: bool) -> str:
    given = "(params, batch, rng)" if has_rng else "(params, batch)"
    advice = (
        "Give loss_fn a third argument, or create the state without rng."
        if has_rng
        else "If loss_fn needs random numbers, create the state with rng=jax.random.key(0)."
    )
    return f"loss_fn cannot be called as loss_fn{given}: {error}. {advice}"


def _split(result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if isinstance(result, tuple) and len(result) == 2:
        return result
    raise TypeError(
        f"loss_fn returned {_kind(result)}, but has_aux=True expects the pair (loss, aux). "
        "Return both, or drop has_aux."
    )


def _check_loss(loss: Any) -> None:
    if isinstance(loss, tuple):
        raise TypeError(
            f"loss_fn returned {_kind(loss)}, expected one number. "
            "If it is (loss, aux), pass has_aux=True to make_train_step."
        )
    if jnp.shape(loss) != ():
        raise TypeError(
            f"loss_fn returned shape {jnp.shape(loss)}, expected one number (shape ()). "
            "Reduce it in loss_fn, for example with .mean()."
        )
    if not jnp.issubdtype(jnp.result_type(loss), jnp.floating):
        raise TypeError(
            f"loss_fn returned dtype {jnp.result_type(loss)}, expected a floating dtype. "
            "Integers have no gradient: compute the loss in float32."
        )


def _check_params(params: Any) -> None:
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            raise TypeError(
                f"params{jax.tree_util.keystr(path)} has dtype {leaf.dtype}, expected a floating dtype. Only floating "
                "parameters can be trained: cast it, or hand it to loss_fn in the batch."
            )


def _kind(value: Any) -> str:
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a {type(value).__name__}"
