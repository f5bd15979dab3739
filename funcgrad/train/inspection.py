"""Gradients for people who look: of each example, and the norm of each leaf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.train.accumulation import Accumulated
from funcgrad.train.loss import call


def per_example_gradients(loss_fn: Callable[..., Any], params: Any, batch: Any) -> Any:
    """Return the gradient of each example's own loss.

        g_i = d loss_fn(params, batch[i : i + 1]) / d params

    Args:
        loss_fn: `loss_fn(params, batch)`, as for `make_train_step`. It is called with batches of one example. Sums
            are not divided: the gradients add up to that of the batch's sum.
        params: pytree of floating arrays.
        batch: pytree of arrays with the examples as leading axis.

    Returns:
        A pytree like `params` whose leaves have the examples as leading axis.

    Example:
        >>> per_example_gradients(lambda w, x: ((w * x) ** 2).sum(), jnp.float32(1), jnp.array([1.0, 3.0])).tolist()
        [2.0, 18.0]
    """

    def total(params: Any, example: Any) -> Any:
        one = jax.tree.map(lambda leaf: leaf[None], example)
        loss: Accumulated[Any] = call(loss_fn, params, one, None, None, has_aux=False, policy=None).loss
        return loss.total

    return jax.vmap(jax.grad(total), in_axes=(None, 0))(params, batch)


def leaf_norms(tree: Any) -> dict[str, jax.Array]:
    """Return the 2-norm of each leaf under its path.

    Args:
        tree: pytree of arrays: gradients, updates or parameters.

    Returns:
        A flat dict, in the order of the leaves; 16-bit leaves are squared in float32.

    Example:
        >>> {path: float(norm) for path, norm in leaf_norms({"w": jnp.array([3.0, 4.0])}).items()}
        {"['w']": 5.0}
    """
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path): _norm(leaf) for path, leaf in leaves}


def _norm(leaf: Any) -> jax.Array:
    return jnp.linalg.norm(jnp.ravel(leaf).astype(jnp.promote_types(leaf.dtype, jnp.float32)))
